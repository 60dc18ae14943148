"""The listing of an image: address, word, source line; what macros and pseudo-instructions made stands under the line
that invoked them, after a `+`. Labels and constants follow at the end."""

from collections.abc import Iterator

from isa.assembler.image import Image, Line


def listing(image: Image) -> str:
    """The listing as text, one row per word; a run of words without a line of their own is one row."""
    return "".join(f"{row}\n" for row in (*_rows(image), *_symbols(image)))


class _Columns:
    """Widths of the columns, in characters."""

    def __init__(self, image: Image) -> None:
        self.digits = (image.word + 3) // 4
        self.number = len(str(max((line.line for line in image.lines.values()), default=1)))

    def row(self, address: int | None, word: int | None, number: int | None, text: str) -> str:
        parts = (
            f"{'' if address is None else format(address, f'0{self.digits}x'):{self.digits}}",
            f"{'' if word is None else format(word, f'0{self.digits}x'):{self.digits}}",
            f"{'' if number is None else number:>{self.number}}",
            _printable(text),
        )
        return "  ".join(parts).rstrip()


def _rows(image: Image) -> Iterator[str]:
    columns = _Columns(image)
    file = ""
    invocation: tuple[str, int] | None = None
    shown: Line | None = None
    skipped = 0
    for address, word in image.words():
        line = image.lines.get(address)
        if line is None:
            skipped += 1
            continue
        if skipped:
            yield columns.row(None, None, None, _skipped(skipped))
            skipped = 0
        if line.file != file:
            file = line.file
            yield f"{_printable(file)}:"
        if line is shown:
            yield columns.row(address, word, None, "")
        elif line.expansion:
            if invocation != (line.file, line.line):
                yield columns.row(None, None, line.line, line.text)
            yield columns.row(address, word, None, f"  + {line.expansion}")
        else:
            yield columns.row(address, word, line.line, line.text)
        invocation, shown = (line.file, line.line), line
    if skipped:
        yield columns.row(None, None, None, _skipped(skipped))


def _skipped(count: int) -> str:
    return f"... {count} more word{'s' if count > 1 else ''}"


def _symbols(image: Image) -> Iterator[str]:
    if image.symbols:
        yield ""
    for name, value in sorted(image.symbols.items()):
        kind = "constant" if name in image.constants else "label"
        yield f"{value:#x}  {kind}  {_printable(name)}" if value >= 0 else f"{value}  {kind}  {_printable(name)}"


def _printable(text: str) -> str:
    """Text from a source or an image, fit for a terminal."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "." for c in text.expandtabs(8))
