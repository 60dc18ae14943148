"""What a technique is: when a virtual machine may run directly, and what is changed in its storage beforehand.

Nothing else tells one kind of monitor from another. Whenever the virtual machine may not run directly it is
interpreted, by the bare machine's engine on its own state and storage: that is always right, and never efficient.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from isa.description import Isa
from isa.ir.nodes import Expr
from isa.machine import Machine

Condition = Callable[[Isa], Expr]


class Replaced(NamedTuple):
    """A word of storage, and the word of the program that it stands for."""

    word: int
    was: int


Standing = Mapping[int, tuple[int, int]]  # by place, as `Replaced`
Preparation = Callable[[Machine, Standing, frozenset[str] | None], Standing]


def nothing(machine: Machine, standing: Standing, culprits: frozenset[str] | None) -> Standing:
    """A guest's program stays as it is."""
    return {}


@dataclass(frozen=True, slots=True)
class Technique:
    """`name` is what users say, and `summary` what it means.

    `direct` gives one bit of IR over a machine's states: whether a virtual machine that is in such a state may run
    directly. It looks only at what a direct run cannot change without a trap, nor time by itself: the mode, relocation,
    resources. `monitor.core` traces it, so engines and proofs read the same.

    `preparation` says which words in a machine's storage stand for others when a program is there, loaded or restored:
    some of those that it brings so itself (`standing`), or others that are put there. The monitor does what they stand
    for, step by step. For that a technique may have to know the `culprits`, instructions that must not run directly:
    one that `asks` is told by `told`. What it `assumes` of guests is for people to read, and for whoever watches them.
    """

    name: str
    summary: str
    direct: Condition = field(repr=False)
    preparation: Preparation = field(default=nothing, repr=False)
    asks: bool = False
    culprits: frozenset[str] | None = None
    assumes: tuple[str, ...] = ()

    @property
    def replaces(self) -> bool:
        """Whether anything in a program may stand for something else: then the technique rests on the program too."""
        return self.preparation is not nothing

    def prepare(self, machine: Machine, standing: Standing) -> Standing:
        """What of a program stands for other words in the end. Raises MachineError if that cannot be."""
        return self.preparation(machine, standing, self.culprits)

    def told(self, culprits: Iterable[str]) -> "Technique":
        """The same, for a machine that has these culprits."""
        return replace(self, culprits=frozenset(culprits)) if self.asks else self
