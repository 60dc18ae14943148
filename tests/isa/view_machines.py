"""Small machines that have one view each, and states of any machine in which accesses are at a corner.

`VIEWS` has ways to check an access and to place it, and what `isa.passes.windows` is to find out about each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

from isa.description import Isa
from isa.ir.fold import apply, const
from isa.ir.nodes import Expr
from isa.language import load_text
from isa.machine import Machine, Storage
from isa.machine.sizes import least_storage
from isa.machines.catalogue import find, shipped

TESTED = ["m16.isa", "hostile.isa", "corners.isa", "corners.isa:corners_split", "corners.isa:corners_wrap"]
EVERY = pytest.mark.parametrize("name", [*shipped(), *TESTED])


@cache
def described(name: str) -> Isa:
    """A shipped machine, or one of `tests/machines`."""
    return find(str(Path(__file__).parent.parent / "machines" / name) if name in TESTED else name)


_SMALL = """isa small "One view, and instructions that go through it." {{
type word = bits({width})
enum Mode  : bits(1) {{ supervisor = 0, user = 1 }}
enum Cause : bits(2) {{ illegal = 1, memory = 2, odd = 3 }}
state storage : word[]  @storage
state r       : word[4] @general
state pc      : word    @pc
state mode    : Mode    @mode
state base    : word    @base
state bound   : word    @bound
view mem[va : word] : word {{ {view} }}
on reset {{ mode <- supervisor; base <- 0; bound <- size(storage) }}
on trap(cause : Cause, info : word) {{ pc <- 0; r[3] <- info + zext(cause) }}
step {{ pc <- pc + 1; execute mem[pc] else trap illegal(insn) }}
format Z(op) = op:{width}
instr get    "" Z(0) {{ r[0] <- mem[r[1]] }}
instr put    "" Z(1) {{ mem[r[1]] <- r[0] }}
instr enter  "" Z(2) {{ let p = r[1]; pc <- mem[p]; base <- mem[p + 1]; bound <- mem[p + 2] }}
instr chase  "" Z(3) {{ mem[mem[r[1]]] <- mem[r[2]] }}
instr maybe  "" Z(4) {{ r[0] <- mem[r[1]] when r[2] == 0; mem[r[3]] <- 1 }}
instr before "" Z(5) {{ trap odd(0) when storage[base + r[1]] == 1; r[0] <- mem[r[1]] }}
instr behind "" Z(6) {{ r[0] <- mem[r[1]]; trap odd(storage[base + r[1]]) when storage[base + r[1]] == 1 }}
}}"""


@dataclass(frozen=True)
class View:
    """A body of `mem[va]`. `exact`, `conservative`: whether it has a window of that kind, and `inside` what is proved
    of it; `address` is what it compares."""

    body: str
    exact: bool = True
    inside: bool = True
    conservative: bool = True
    address: Callable[[Expr], Expr] = lambda va: va


_USUAL = "va >=u bound || base >=u size(storage) || va >=u size(storage) - base"
_OWN = "(if mode == user then base else 0)"
_THERE = "return storage[base + va]"


def _half(va: Expr) -> Expr:
    return apply("shru", va, const(va.width, 1))


VIEWS = {
    "usual": View(f"trap memory(va) when {_USUAL} {_THERE}"),
    "absolute": View("trap memory(va) when va >=u size(storage) return storage[va]"),
    "swapped": View(
        "trap memory(va) when va >=u size(storage) - base || base >=u size(storage) return storage[va + base]"
    ),
    "admitting": View(
        f"trap memory(va) when !(va <u bound && base <u size(storage) && va <u size(storage) - base) {_THERE}"
    ),
    "twice": View(f"trap memory(va) when base >u size(storage) trap odd(va) when {_USUAL} {_THERE}"),
    "supervised": View(f"trap memory(va) when mode == user || {_USUAL} {_THERE}"),
    "at_most": View(
        f"trap memory(va) when va >u bound || base >u size(storage) || va >=u size(storage) - base {_THERE}"
    ),
    "fixed": View(
        "trap memory(va) when 2 >=u size(storage) || va >=u size(storage) - 2 || mode == user && va >=u bound"
        " return storage[2 + va]"
    ),
    "by_mode": View(
        f"let own = {_OWN} let most = if mode == user then bound else size(storage)"
        f" trap memory(va) when {_USUAL.replace('base', 'own').replace('bound', 'most')} return storage[own + va]"
    ),
    "by_case": View(
        f"trap memory(va) when if mode == user then {_USUAL} else va >=u size(storage) return storage[{_OWN} + va]"
    ),
    "denied": View(
        f"trap memory(va) when !(if mode == user then !({_USUAL}) else va <u size(storage)) return storage[{_OWN} + va]"
    ),
    "in_units": View(
        f"let unit = va >>u 1 trap memory(va) when va[0] == 1 || {_USUAL.replace('va', 'unit')}"
        " return storage[base + unit]",
        address=_half,
    ),
    "unchecked": View(f"trap memory(va) when va >=u bound {_THERE}", inside=False),
    "unfit": View(f"trap memory(va) when va >=u bound || va >=u size(storage) - base {_THERE}", inside=False),
    "one_more": View(f"trap memory(va) when {_USUAL} + 1 || va >=u bound {_THERE}", inside=False),
    "elsewhere": View(f"trap memory(va) when {_USUAL} return storage[bound + va]", inside=False),
    "open": View(f"trap memory(va) when mode == user && ({_USUAL}) return storage[{_OWN} + va]", False, False),
    "above": View("trap memory(va) when va >u bound return storage[va]", False, False),
    "wrapping": View(
        "trap memory(va) when va >=u bound || base + va >=u size(storage) return storage[base + va]",
        *(False, False, False),
    ),
    "backwards": View("trap memory(va) when va <u bound return storage[va - bound]", False, False, False),
    "holed": View("trap memory(va) when va == bound return storage[va]", False, False, False),
}
EACH_VIEW = pytest.mark.parametrize("view", VIEWS)


@cache
def small(view: str, width: int) -> Isa:
    return load_text(_SMALL.format(width=width, view=VIEWS[view].body))


@cache
def machine(isa: Isa, size: int) -> Machine:
    """A machine to set and look at; it is used again."""
    return Machine(isa, Storage(isa.word, size))


def scrambled(isa: Isa, draw: Random) -> Machine:
    """A machine in a state with many small values, and many at the corners of storage and of words."""
    most = min(least_storage(isa) + 9, (1 << isa.word) - 1)
    made = machine(isa, draw.choice((least_storage(isa), most)))
    size, state = made.storage.size, made.state
    for name, slot in state.layout.slots.items():
        for cell in set(range(slot.count)) - isa.states[name].zero:
            state.block[slot.first + cell] = number(draw, size, slot.width)
    made.storage.write(0, [number(draw, size, isa.word) for _ in range(size)])
    return made


def number(draw: Random, size: int, width: int) -> int:
    kinds = (draw.randrange(size + 2), draw.randrange(size), draw.choice(corners(size, width)), draw.getrandbits(width))
    return draw.choice(kinds) & (1 << width) - 1


def corners(size: int, width: int) -> list[int]:
    top = (1 << width) - 1
    return [v & top for v in (0, 1, 2, size - 2, size - 1, size, size + 1, top - size, top - 1, top)]
