"""The state of a machine while a program of its own runs symbolically.

Storage has two regions: the program's own words, a dictionary from address to value, and the window of the guest, one
`Memory` counted from its beginning. The window lies beyond all own words, wherever it is: so nothing written in one is
read in the other, and a constant address needs no solver.

What moves by itself each step (a timer) is not written step by step, which would make a term as deep as the run is
long: `since` counts the steps (64 bits), and the description's own time law says what they made of it when somebody
asks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from isa.description import Isa
from proofs.programs.ranges import Ranges
from proofs.programs.values import Value
from proofs.terms.symbolic import Memory, Term

Initial = Callable[[int], Value]  # what an own word holds that nobody has written


@dataclass(frozen=True)
class Stir:
    """What devices did to the guest at a place that a monitor has stated, if `guard`: pending `bits` were set, and the
    words for which `moved` holds became others. `early`: before the guest's step, and not behind it."""

    guard: Term
    early: Term
    bits: Term
    moved: Callable[[Term], Term]
    word: Callable[[Term], Term]


@dataclass
class State:
    """`scalars` has the pc as well, `files` the cells of register files. `written` says which step, by its pc, wrote an
    own word last; `talked` what was sent and received: (channel, port, word or None). `looked`
    are the own words that this path or any other from the same state has read before it wrote them."""

    scalars: dict[str, Value]
    files: dict[str, list[Value]]
    initial: Initial
    window: Memory
    own: dict[int, Value] = field(default_factory=dict)
    written: dict[int, int] = field(default_factory=dict)
    talked: tuple[tuple[str, Value, Value], ...] = ()
    stirs: tuple[Stir, ...] = ()
    looked: set[int] = field(default_factory=set)
    since: Value = 0
    steps: int = 0

    def copy(self) -> "State":
        scalars, files = dict(self.scalars), {name: list(cells) for name, cells in self.files.items()}
        return State(
            scalars, files, self.initial, self.window, dict(self.own), dict(self.written), self.talked, self.stirs,
            self.looked, self.since, self.steps,
        )  # fmt: skip

    def word(self, address: int) -> Value:
        """The own word at an address."""
        if address not in self.own:
            self.looked.add(address)
            self.own[address] = self.initial(address)
        return self.own[address]

    def store(self, address: int, value: Value, by: int) -> None:
        self.own[address] = value
        self.written[address] = by


@dataclass(frozen=True)
class Setting:
    """What does not change while a program runs. Own words are those below `end`. The window is `size` words from
    `start` on, beyond them and in the storage of `whole` words. `ranges` knows what symbols lie between."""

    isa: Isa
    end: int
    start: Term
    size: Term
    whole: Term
    ranges: Ranges
