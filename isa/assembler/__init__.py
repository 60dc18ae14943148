"""The assembler and the disassembler of every machine, derived from its description.

    assemble(isa, text, name) -> Image       assemble_file(isa, path) -> Image       listing(image) -> str

`image_format` has save_image(image, path) and load_image(path) -> Image; `disassembly` has disassemble(isa, words,
origin) -> str and disassemble_image(isa, image) -> str. `assembled` keeps images of files from one process to the next.

Reading order: `tokens`, `expressions`, `templates`, `fitting`, `syntax` (one machine's), `symbols`, `macros`, `blocks`,
`words`, `layout` with `directives` and `limits` (first pass), `emission` (second pass), `image`, `image_format`,
`disassembly`, `listing`.
"""

from isa.assembler.assembly import assemble, assemble_file
from isa.assembler.image import Image, ImageError, Line, Segment
from isa.assembler.includes import Directory
from isa.assembler.listing import listing

__all__ = [
    "Directory",
    "Image",
    "ImageError",
    "Line",
    "Segment",
    "assemble",
    "assemble_file",
    "listing",
]
