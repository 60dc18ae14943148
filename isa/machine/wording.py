"""From records to text, many at a time: what a record says is put into words once, and then looked up.

`Wording` is what of a machine shows in its traces. It can be made of a description, or of the header of a file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct, iter_unpack

from isa.description import Isa
from isa.machine.records import BEGINS, Kind, Records
from isa.machine.state import layout_of

_LAST = max(BEGINS)
_PAIR = Struct("<QQ")
MOST = 1 << 18  # texts that are kept: bounds what a program that writes itself can use


@dataclass(frozen=True, slots=True)
class Wording:
    """The digits of a word, the names of causes, and those of the slots of the state; what has no name is not shown.

    `mnemonic` of a word at a pc and `source` of a place are there if they shall stand behind each word, in brackets.
    """

    digits: int
    causes: dict[int, str]
    slots: tuple[str, ...]
    mnemonic: Callable[[int, int], str] | None = None
    source: Callable[[int], str] | None = None

    def piece(self, kind: int, first: int, second: int) -> str:
        """What a record says, with a blank before it."""
        match kind:
            case Kind.STEP:
                return self._fetched(first, second) + self._placed(first)
            case Kind.MOVED:
                return self._fetched(first, second)
            case Kind.UNFETCHED:
                return f" {first:0{self.digits}x} -"
            case Kind.PLACE:
                return self._placed(first)
            case Kind.TRAP:
                return f" trap {self.causes.get(first) or first} {second:x}"
            case Kind.SEND | Kind.RECV:
                return f" {'send' if kind == Kind.SEND else 'recv'} {first} {second:x}"
        return f" {self.slots[first]}={second:x}" if first < len(self.slots) else ""

    def _fetched(self, pc: int, word: int) -> str:
        said = f" [{self.mnemonic(word, pc)}]" if self.mnemonic is not None else ""
        return f" {pc:0{self.digits}x} {word:0{self.digits}x}{said}"

    def _placed(self, place: int) -> str:
        said = self.source(place) if self.source is not None else ""
        return f" [{said}]" if said else ""


class Text:
    """Makes text of records, in one wording."""

    def __init__(self, wording: Wording) -> None:
        self._pieces = tuple(_Pieces(wording, kind) for kind in Kind)

    def of(self, records: Records) -> bytes:
        """The lines, each with its end."""
        pieces = self._pieces
        found = [
            f"\n{step}{pieces[kind][said]}" if kind <= _LAST else pieces[kind][said]
            for step, kind, said in iter_unpack("<QB16s", records)
        ]
        return f"{''.join(found)[1:]}\n".encode("ascii", "backslashreplace") if found else b""


class _Pieces(dict[bytes, str]):
    """What records of one kind say, by their two numbers."""

    def __init__(self, wording: Wording, kind: Kind) -> None:
        super().__init__()
        self._wording, self._kind = wording, kind

    def __missing__(self, said: bytes) -> str:
        if len(self) >= MOST:
            self.clear()
        self[said] = text = self._wording.piece(self._kind, *_PAIR.unpack(said))
        return text


@lru_cache(maxsize=64)
def wording_of(isa: Isa) -> Wording:
    """The wording of a machine, without mnemonics and source lines."""
    causes = {number: name for name, number in reversed(isa.cause.members.items())}
    return Wording((isa.word + 3) // 4, causes, layout_of(isa).names)
