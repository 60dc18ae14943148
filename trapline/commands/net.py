"""Guests on a network of their own: a switch with VLANs, limits of rates, losses from a seed, captures for Wireshark,
ports that are joined to the host (docs/networks.md); and what the switch promises, proved.

exit code: 0 done; 1 a guest failed, or a promise does not hold; 3 the file, and why; 4 a promise stayed open.

examples:
  trapline net run lab.toml --capture lab.pcapng
  trapline net prove
"""

import argparse
from importlib import import_module

SUMMARY = "guests on a switch of their own, and what the switch promises"
ACTIONS = {
    "run": "run a network until nothing happens any more",
    "prove": "prove what the switch promises, for all states",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, summary in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary, formatter_class=parser.formatter_class)
        import_module(f"trapline.networking.{name}").configure(action)
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    code: int = import_module(f"trapline.networking.{arguments.action}").run(arguments)
    return code
