"""Assembling: both passes over a text or a file."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from isa.assembler.image import Image
from isa.assembler.includes import Directory, read_source
from isa.description import Isa
from isa.errors import Diagnostic, Source, SourceError

if TYPE_CHECKING:
    from isa.assembler.definitions import Definitions
    from isa.assembler.layout import Include, Layout
    from isa.assembler.symbols import Symbols
    from isa.assembler.syntax import Syntax


class Attempt(NamedTuple):
    """What came of a text, right or wrong: how far it was laid out, what is wrong, and the image if nothing is."""

    layout: "Layout"
    diagnostics: tuple[Diagnostic, ...]
    image: Image | None


def attempt(
    isa: Isa,
    source: Source,
    include: "Include | None" = None,
    definitions: "Definitions | None" = None,
    symbols: "Callable[[Syntax], Symbols] | None" = None,
) -> Attempt:
    """Both passes over a text, whatever is wrong in it. See `assemble`; `symbols` may be told what they are asked."""
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
    if symbols is not None:
        layout.symbols = symbols(layout.syntax)
    define(layout.symbols, definitions or {})
    try:
        try:
            layout.source(source)
        except Fault as fault:
            report.add(0, fault.diagnostic)
            report.raise_if_any()
        return Attempt(layout, (), Emission(layout, report).image())
    except SourceError as error:
        return Attempt(layout, error.diagnostics, None)


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
    found = attempt(isa, Source(name, text), include, definitions)
    if found.image is None:
        raise SourceError(found.diagnostics)
    return found.image


def assemble_file(isa: Isa, path: str, root: str | None = None) -> Image:
    """As `assemble`, of a file; it may include files in or below `root`, by default the directory it is in.

    Raises SourceError, or TraplineError if the file cannot be read.
    """
    source = read_source(path)
    return assemble(isa, source.text, source.name, Directory(os.path.dirname(path) if root is None else root))
