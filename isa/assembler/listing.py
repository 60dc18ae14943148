"""The listing of an image: address, word, source line; what macros and pseudo-instructions made stands under the line
that invoked them, after a `+`. Labels and constants follow at the end."""

from collections.abc import Iterator

from isa.assembler.image import Image, Line, printable


def listing(image: Image) -> str:
    """The listing as text, one row per word; a run of words without a line of their own is one row."""
    rows = _Rows(image)
    for address, word in image.words():
        rows.word(address, word)
    rows.gap()
    return "".join(f"{row}\n" for row in (*rows.found, *_symbols(image)))


class _Rows:
    """The rows so far, and what the last of them showed. Widths of columns are in characters."""

    def __init__(self, image: Image) -> None:
        self.found: list[str] = []
        self._lines = image.lines
        self._digits = (image.word + 3) // 4
        self._number = len(str(max((line.line for line in image.lines.values()), default=1)))
        self._last: Line | None = None
        self._skipped = 0

    def word(self, address: int, word: int) -> None:
        """One word of the image, in order of address."""
        line = self._lines.get(address)
        if line is None:
            self._skipped += 1
            return
        self.gap()
        self._heading(line)
        place = f"{address:0{self._digits}x}  {word:0{self._digits}x}"
        if line is self._last:
            self._add(place, None, "")
        elif line.expansion:
            self._add(place, None, f"  + {line.expansion}")
        else:
            self._add(place, line.line, line.text)
        self._last = line

    def gap(self) -> None:
        """The words without a line since the last row."""
        if self._skipped:
            self._add("", None, f"... {self._skipped} more word{'s' if self._skipped > 1 else ''}")
        self._skipped = 0

    def _heading(self, line: Line) -> None:
        """The file, if it is another one than before; the line whose expansion begins."""
        last = self._last
        if last is None or last.file != line.file:
            self.found.append(f"{_printable(line.file)}:")
        if line.expansion and (last is None or (last.file, last.line) != (line.file, line.line)):
            self._add("", line.line, line.text)

    def _add(self, place: str, number: int | None, text: str) -> None:
        shown = "" if number is None else number
        self.found.append(f"{place:{2 * self._digits + 2}}  {shown:>{self._number}}  {_printable(text)}".rstrip())


def _symbols(image: Image) -> Iterator[str]:
    if image.symbols:
        yield ""
    for name, value in sorted(image.symbols.items()):
        kind = "constant" if name in image.constants else "label"
        yield f"{value:#x}  {kind}  {_printable(name)}" if value >= 0 else f"{value}  {kind}  {_printable(name)}"


def _printable(text: str) -> str:
    return printable(text).expandtabs(8)
