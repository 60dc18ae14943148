"""Disassemble an image, or a program assembled on the way, into text that assembles to the same words.

examples:
  trapline dis first.image
  trapline dis hello
"""

import argparse

from trapline.options import add_define_option, add_guest_argument, add_machine_option

SUMMARY = "disassemble an image into text that assembles to the same words"


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser)
    add_machine_option(parser)
    add_define_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.assembler.disassembly import Disassembler, disassemble_image
    from trapline.output import emit_json
    from trapline.running.programs import find

    program = find(arguments.guest, arguments.isa, arguments.define)
    image = program.image
    if arguments.json:
        dis = Disassembler(program.isa)
        rows = [{"address": a, "word": w, "text": dis.statement(w, a, image.labels)} for a, w in image.words()]
        emit_json({"machine": program.isa.name, "entry": image.entry, "words": rows})
    else:
        print(disassemble_image(program.isa, image), end="")
    return 0
