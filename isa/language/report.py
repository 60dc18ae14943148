"""How the checker says no: `Refused` leaves the construct that is wrong, a `Report` collects it and goes on.

A phase of the checker runs to its end, so that one run shows many errors; the next phase starts only if none was
found, so that no error is a consequence of another.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from isa.errors import Diagnostic, SourceError, Span
from isa.language import limits


class Refused(Exception):
    """A construct was refused. `diagnostic` is None if what it depends on has been reported already."""

    def __init__(self, diagnostic: Diagnostic | None) -> None:
        super().__init__(diagnostic.message if diagnostic else "")
        self.diagnostic = diagnostic


def refuse(span: Span, message: str, help: str = "", *notes: tuple[Span, str]) -> Refused:
    """The exception to raise for an error at `span`."""
    return Refused(Diagnostic(span, message, help, notes))


class Report:
    """The diagnostics found so far."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.failed = False  # also true if what failed was reported elsewhere

    def add(self, refused: Refused) -> None:
        self.failed = True
        if refused.diagnostic is not None and refused.diagnostic not in self.diagnostics[: limits.DIAGNOSTICS]:
            self.diagnostics.append(refused.diagnostic)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Collect what the body refuses instead of passing it on."""
        try:
            yield
        except Refused as refused:
            self.add(refused)

    def finish_phase(self) -> None:
        """Raise SourceError if anything was found, in the order of the file."""
        if self.diagnostics:
            ordered = sorted(self.diagnostics, key=lambda d: (d.span.source.name, d.span.line, d.span.column))
            raise SourceError(tuple(ordered[: limits.DIAGNOSTICS]))
