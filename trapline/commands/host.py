"""A host of virtual machines: defined once, and then started, paused, saved, copied and brought back, in a folder DIR
(docs/host.md); what a host promises its machines (docs/scheduling.md); and many servers on few hosts
(docs/consolidate.md).

exit code: 0 done; 1 a machine does not take the verb in its state, or a promise is not kept; 3 what is asked for cannot
be had; 4 a promise stayed open.

examples:
  trapline host define servers web.toml
  trapline host start servers web
  trapline host run servers --steps 1000000
  trapline host list servers
  trapline host prove shares --mutants
  trapline host promise shares web:weight=3 db:reserve=20000 batch:cap=50000
  trapline host consolidate servers.toml --svg hosts.svg
"""

import argparse
from importlib import import_module
from types import ModuleType

from trapline.hosting import performing
from trapline.hosting.verbs import VERBS

SUMMARY = "virtual machines that are kept, what may be done with them, and what they are promised"
# Those of `trapline.serving` are the others.
HERE = ("demo", "serve", "events", "migrate", "receive", "top", "attach", "metrics", "shot", "recording", "seat")
SAME = {"recording": "shot"}  # in the module of another
OTHERS = {
    "demo": "four servers and a noisy neighbour: promises kept, one moved, one killed, one brought back",
    "serve": "let a host run by itself, and ask it through sockets (docs/host-interface.md)",
    "events": "what happened to the machines of a host",
    "migrate": "move a machine to another host while it runs (docs/migration.md)",
    "receive": "take machines that other hosts send",
    "top": "what the machines are doing, as it goes on (docs/watching.md)",
    "attach": "a machine's console, until one detaches",
    "shot": "what a machine's screen shows, as a picture (docs/screens.md)",
    "recording": "what was done at its keyboard and pointer, to be replayed (docs/screens.md)",
    "seat": "where a machine's screen is to be seen, and how one is let in (docs/screens.md)",
    "metrics": "the machines in numbers, as Prometheus reads them",
    "prove": "prove what each policy promises, for all states",
    "promise": "what machines can be promised together, and how long each waits at most",
    "consolidate": "servers on as few hosts as their service levels allow, and what came of it",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verbs = {name: verb.summary for name, verb in VERBS.items()}
    for name, summary in {**verbs, **performing.LOOKS, **OTHERS}.items():
        action = actions.add_parser(name, help=summary, description=summary, formatter_class=parser.formatter_class)
        if name in OTHERS:
            _module(name).configure(action)
        else:
            performing.configure(name, action)
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    if arguments.action in OTHERS:
        code: int = _module(arguments.action).run(arguments)
        return code
    performing.run(arguments)
    return 0


def _module(name: str) -> ModuleType:
    return import_module(f"trapline.{'hosting' if name in HERE else 'serving'}.{SAME.get(name, name)}")
