"""Volumes: what virtual machines take for disks, in files of their own (docs/volumes.md). An image (.qcow2) takes the
room that was written, can stand on another file, and keeps snapshots; QEMU's tools read and write it too.

exit code: 0 done; 1 `check` found something; 3 a file cannot be used, and why.

examples:
  trapline volume create base.qcow2 64M
  trapline volume create clone.qcow2 --on base.qcow2
  trapline volume snapshot clone.qcow2 take before
  trapline volume serve clone.qcow2 --socket clone.sock
"""

import argparse

from trapline.volumes import serving
from trapline.volumes.verbs import VERBS

SUMMARY = "disks in files: images, what they stand on, snapshots, and a server"


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    told = {name: (verb.summary, verb.configure) for name, verb in VERBS.items()}
    for name, (summary, configure) in {**told, "serve": (serving.SUMMARY, serving.configure)}.items():
        action = actions.add_parser(name, help=summary, description=summary, formatter_class=parser.formatter_class)
        configure(action)
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "serve":
        return serving.run(arguments)
    from trapline.output import emit_json

    facts, lines, code = VERBS[arguments.action].perform(arguments)
    if arguments.json:
        emit_json(facts)
    else:
        print("\n".join(lines))
    return code
