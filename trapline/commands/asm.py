"""Assemble a source file into an image.

examples:
  trapline asm first.s                   writes first.image
  trapline asm first.s -o out.image
  trapline asm first.s --listing         shows addresses, words and source lines
  trapline asm first.s --define LIMIT=9  as if `.equ LIMIT, 9` stood above it
"""

import argparse
import os

from trapline.options import add_define_option, add_machine_option, written
from trapline.running.claims import claim

SUMMARY = "assemble a source file into an image"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="an assembly file (.s), or a shipped guest")
    parser.add_argument(
        "-o", "--output", type=written, metavar="IMAGE", help="where the image goes (default: SOURCE with .image)"
    )
    parser.add_argument("--listing", action="store_true", help="print the listing; no image is written without -o")
    add_machine_option(parser)
    add_define_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.assembler import listing
    from isa.assembler.image_format import save_image
    from isa.errors import UsageError
    from trapline.output import emit_json
    from trapline.running.programs import find

    program = find(arguments.source, arguments.isa, arguments.define)
    if program.guest is None:
        raise UsageError(f"{arguments.source} is an image already", "`trapline dis` turns it into text")
    if not arguments.output and not arguments.listing:
        arguments.output = written(_beside(program.name, arguments.source))
    claim(arguments)
    path = arguments.output
    if path:
        save_image(program.image, path)
    if arguments.json:
        segments = [{"address": s.address, "words": list(s.words)} for s in program.image.segments]
        words = sum(len(s.words) for s in program.image.segments)
        facts = {"machine": program.isa.name, "image": path or None, "entry": program.image.entry, "words": words}
        emit_json({**facts, "segments": segments, "symbols": program.image.symbols})
    elif arguments.listing:
        print(listing(program.image), end="")
    else:
        print(f"{path}: {sum(len(s.words) for s in program.image.segments)} words for {program.isa.name}")
    return 0


def _beside(name: str, source: str) -> str:
    """`dir/first.image` for `dir/first.s`; a shipped guest's image goes to the current directory."""
    return f"{os.path.splitext(source)[0]}.image" if source.endswith(".s") else f"{name}.image"
