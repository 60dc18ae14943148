"""Texts that a user wrote, descriptions and assembly alike: UTF-8, with a byte order mark or not, any line ends."""

from isa.errors import Diagnostic, Source, SourceError, Span

_MARK = "\ufeff"


def decoded(name: str, data: bytes) -> Source:
    """The text of a file. Raises SourceError, with the line, for bytes that are not UTF-8."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _not_text(name, data, error) from None
    return Source(name, plain(text.removeprefix(_MARK)))


def _not_text(name: str, data: bytes, error: UnicodeDecodeError) -> SourceError:
    readable = plain(data.decode(errors="replace"))
    before = plain(data[: error.start].decode())
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    span = Span(Source(name, readable), line, column, column + 1)
    rule = f"the file is not text: byte {data[error.start]:#04x} is not UTF-8"
    return SourceError((Diagnostic(span, rule, "save it as UTF-8"),))


def plain(text: str) -> str:
    """The text with `\n` at the end of every line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
