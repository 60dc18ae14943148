"""Containers: groups of processes on one kernel, from images in the OCI's image layout (docs/containers.md). Virtual
machines can be held beside them.

exit code: 0 done; 1 a container failed; 3 an image or a recipe cannot be used, and why.

examples:
  trapline container build web.toml -o web
  trapline container run web=times:3 mail.tar
  trapline container pack web -o web.disk
"""

import argparse

from trapline.containers.verbs import VERBS

SUMMARY = "images in the OCI's layout, built and run as containers of one kernel"


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, verb in VERBS.items():
        action = actions.add_parser(
            name, help=verb.summary, description=verb.summary, formatter_class=parser.formatter_class
        )
        verb.configure(action)
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    from trapline.output import emit_json

    facts, lines, code = VERBS[arguments.action].perform(arguments)
    if arguments.json:
        emit_json(facts)
    else:
        print("\n".join(lines))
    return code
