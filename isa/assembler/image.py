"""What an assembler makes and a machine loads. The file format is `image_format` and docs/image-format.md."""

from collections.abc import Iterator
from functools import cached_property

from isa.classes import dataclass, field
from isa.description import Isa
from isa.display import Displayed
from isa.encoding import encoding_digest
from isa.errors import TraplineError


class ImageError(TraplineError):
    """An image that cannot be read, or that is for another machine."""


def printable(text: str) -> str:
    """The text with a dot for every character that a terminal could take for a command; tabs stay."""
    return text if text.isprintable() else "".join([c if c.isprintable() or c == "\t" else "." for c in text])


@dataclass(frozen=True, slots=True)
class Segment:
    """Words at successive addresses, the first at `address`."""

    address: int
    words: tuple[int, ...]

    @property
    def end(self) -> int:
        """The first address behind the segment."""
        return self.address + len(self.words)


@dataclass(frozen=True, slots=True)
class Line:
    """Where a word comes from. `expansion` is the statement, if a macro or a pseudo-instruction made it. All of it is
    `printable`."""

    file: str
    line: int
    text: str
    expansion: str = ""


@dataclass(frozen=True, repr=False)
class Image(Displayed):
    """A program for a machine of `word` bits. Segments are in order of address and do not overlap.

    `names` are the instructions it uses and `digest` is how they are encoded: see `encoding_digest`. `symbols` has
    labels and constants; `constants` tells which are not labels. `lines` is by address, not for every word. `code`
    tells which words are instructions, as (first address, how many), in order; `replaced` has by address what a word
    stands for (`.was`).
    """

    machine: str
    word: int
    names: tuple[str, ...]
    digest: str
    segments: tuple[Segment, ...]
    entry: int
    symbols: dict[str, int] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    lines: dict[int, Line] = field(default_factory=dict)
    code: tuple[tuple[int, int], ...] = ()
    replaced: dict[int, int] = field(default_factory=dict)

    def title(self) -> str:
        return f"image for {self.machine}"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "words", f"{sum(len(s.words) for s in self.segments):,}"
        yield "entry", f"{self.entry:#x}"

    @property
    def top(self) -> int:
        """The first address after the last word; 0 for an empty image."""
        return self.segments[-1].end if self.segments else 0

    @cached_property
    def labels(self) -> dict[int, str]:
        """A label for every address that has one, the first defined."""
        return {v: n for n, v in reversed(self.symbols.items()) if n not in self.constants}

    def words(self) -> Iterator[tuple[int, int]]:
        """(address, word) of every word, in order of address."""
        for segment in self.segments:
            yield from enumerate(segment.words, segment.address)

    def instructions(self) -> Iterator[tuple[int, int]]:
        """(address, word) of every word that was written as an instruction, in order of address."""
        words = dict(self.words())
        for first, count in self.code:
            yield from ((address, words[address]) for address in range(first, first + count))

    def check(self, isa: Isa) -> None:
        """Raises ImageError unless `isa` encodes every instruction used as the machine assembled for did."""
        if isa.word != self.word:
            message = f"the image is for {self.machine}, with words of {self.word} bits; {isa.name} has {isa.word}"
            raise ImageError(message, f"assemble the program for {isa.name}")
        missing = [name for name in self.names if name not in isa.instructions]
        if missing:
            shown = ", ".join(f"`{name}`" for name in missing[:5]) + (" and others" if len(missing) > 5 else "")
            message = f"the image is for {self.machine} and uses instructions that {isa.name} does not have: {shown}"
            raise ImageError(message, f"assemble the program for {isa.name}")
        if encoding_digest(isa, self.names) != self.digest:
            message = f"the image is for {self.machine}, and {isa.name} encodes the same instructions differently"
            raise ImageError(message, f"assemble the program for {isa.name}")
