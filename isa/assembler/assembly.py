"""Assembling: both passes over a text or a file."""

import os
from typing import TYPE_CHECKING

from isa.assembler.image import Image
from isa.assembler.includes import Directory, read_source
from isa.description import Isa
from isa.errors import Source

if TYPE_CHECKING:
    from isa.assembler.definitions import Definitions
    from isa.assembler.layout import Include


def assemble(
    isa: Isa,
    text: str,
    name: str = "<text>",
    include: "Include | None" = None,
    definitions: "Definitions | None" = None,
) -> Image:
    """The image of a program for `isa`. Raises SourceError with everything that is wrong in the text.

    `include(path, includer)` gives the Source of `.include "path"` in the source called `includer`, or raises
    TraplineError; of `.include <path>` the path has its brackets. Without it nothing can be included. `definitions` are
    constants from outside. Raises UsageError for one that cannot be.
    """
    # Here, since whoever finds an image that was kept does without the assembler.
    from isa.assembler.definitions import define
    from isa.assembler.directives import DIRECTIVES
    from isa.assembler.emission import Emission
    from isa.assembler.layout import Layout
    from isa.assembler.program import Report
    from isa.assembler.syntax import Syntax
    from isa.assembler.tokens import Fault

    report = Report()
    layout = Layout(Syntax(isa), report, include, DIRECTIVES)
    define(layout.symbols, definitions or {})
    try:
        layout.source(Source(name, text))
    except Fault as fault:
        report.add(0, fault.diagnostic)
        report.raise_if_any()
    return Emission(layout, report).image()


def assemble_file(isa: Isa, path: str, root: str | None = None) -> Image:
    """As `assemble`, of a file; it may include files in or below `root`, by default the directory it is in.

    Raises SourceError, or TraplineError if the file cannot be read.
    """
    source = read_source(path)
    return assemble(isa, source.text, source.name, Directory(os.path.dirname(path) if root is None else root))
