"""The assembler and the disassembler of every machine, derived from its description.

    assemble(isa, text, name) -> Image           assemble_file(isa, path) -> Image


Reading order: `tokens`, `expressions`, `templates`, `fitting`, `syntax` (one machine's), `symbols`, `macros`,
`layout` with `directives` (first pass), `emission` (second pass), `image`, `disassembly`.
"""

from isa.assembler.assembly import assemble, assemble_file
from isa.assembler.image import Image, ImageError, Line, Segment

__all__ = ["Image", "ImageError", "Line", "Segment", "assemble", "assemble_file"]
