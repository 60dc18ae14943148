"""Show what a file is that Trapline has written: a saved machine, an image, or a recording of input. Nothing is run.

Of a saved machine it shows of which machine it is, where it stands and, with `--dump`, its state.

examples:
  trapline show os.saved --dump registers,storage[0:16]
  trapline show first.image
"""

import argparse

from trapline.options import add_machine_option, read
from trapline.state.choice import add_dump_option

SUMMARY = "show what a saved machine, an image or a recording is"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=read, metavar="SAVED", help="a saved machine, an image, or a recording")
    add_machine_option(parser)
    add_dump_option(parser, "of a saved machine")


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from trapline.output import emit_json
    from trapline.state.saved_files import kind_of, show

    kind = kind_of(arguments.file)
    if kind != "machine" and arguments.dump is not None:
        raise UsageError(
            f"{arguments.file} is {'an' if kind == 'image' else 'a'} {kind}, which has no state", "leave `--dump` away"
        )
    facts, lines = show(arguments.file, kind, arguments.isa, arguments.dump)
    if arguments.json:
        emit_json(facts)
    else:
        print("\n".join(lines))
    return 0
