"""A host of virtual machines, and what it promises them. docs/scheduling.md explains the policies.

exit code: 0 done; 1 a promise is not kept; 3 what is asked for cannot be promised; 4 a promise stayed open.

examples:
  trapline host prove
  trapline host prove shares --mutants
  trapline host promise shares web:weight=3 db:reserve=20000 batch:cap=50000
"""

import argparse
from importlib import import_module

SUMMARY = "what virtual machines are promised, and the proof that it is kept"
ACTIONS = {
    "prove": "prove what each policy promises, for all states",
    "promise": "what machines can be promised together, and how long each waits at most",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, summary in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary, formatter_class=parser.formatter_class)
        import_module(f"trapline.serving.{name}").configure(action)
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    code: int = import_module(f"trapline.serving.{arguments.action}").run(arguments)
    return code
