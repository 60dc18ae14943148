"""The assembler and the disassembler of every machine, derived from its description.

    assemble(isa, text, name) -> Image       assemble_file(isa, path) -> Image       Image.save, Image.load
    disassemble(isa, words, origin) -> str   disassemble_image(isa, image) -> str    listing(image) -> str

Reading order: `tokens`, `expressions`, `templates`, `fitting`, `syntax` (one machine's), `symbols`, `macros`,
`layout` with `directives` (first pass), `emission` (second pass), `image`, `image_format`, `disassembly`, `listing`.
"""

from isa.assembler.assembly import assemble, assemble_file
from isa.assembler.disassembly import Disassembler, disassemble, disassemble_image
from isa.assembler.image import Image, ImageError, Line, Segment
from isa.assembler.includes import Directory
from isa.assembler.listing import listing

__all__ = [
    "Directory",
    "Disassembler",
    "Image",
    "ImageError",
    "Line",
    "Segment",
    "assemble",
    "assemble_file",
    "disassemble",
    "disassemble_image",
    "listing",
]
