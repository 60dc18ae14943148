"""What a technique is: when a virtual machine may run directly, and what is changed in its storage beforehand.

Nothing else tells one kind of monitor from another. Whenever the virtual machine may not run directly it is
interpreted, by the bare machine's engine on its own state and storage: that is always right, and never efficient.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from isa.description import Isa
from isa.ir.nodes import Expr
from isa.machine.machine import Loadable

Condition = Callable[[Isa], Expr]
Preparation = Callable[[Isa, Loadable], Mapping[int, int]]


def nothing(isa: Isa, image: Loadable) -> Mapping[int, int]:
    """A guest's program stays as it is."""
    return {}


@dataclass(frozen=True, slots=True)
class Technique:
    """`name` is what users say, and `summary` what it means.

    `direct` gives one bit of IR over a machine's states: whether a virtual machine that is in such a state may run
    directly. It looks only at what a direct run cannot change without a trap, nor time by itself: the mode, relocation,
    resources. `monitor.core` traces it, so engines and proofs read the same.

    `prepare` says which words of a program that is loaded are replaced, and by what: place to word. What stood there is
    in `VirtualMachine.replaced`, for whoever takes the step in which the monitor does what it would have done.
    """

    name: str
    summary: str
    direct: Condition = field(repr=False)
    prepare: Preparation = field(default=nothing, repr=False)
