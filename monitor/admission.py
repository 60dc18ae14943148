"""Which machines a monitor of this kind can work on, checked on the description before the first guest runs.

What is checked here is what the monitor *assumes* of a machine: a time law, a quiet reset state, and that `@base`
adds and `@bound` counts. Whether the instructions satisfy Theorem 1 is another question: a machine that fails it is
admitted, and then diverges or is caught by the audit, which is worth seeing.
"""

from dataclasses import dataclass
from random import Random

from isa.description import Isa, Role
from isa.engines.reference.steps import Function, Steps
from isa.errors import MachineError
from isa.ir.fold import const, either
from isa.ir.nodes import Element, Load, nodes
from isa.machine.state import MachineState
from isa.machine.time import COUNT_WIDTH, NEVER, Time, law_of
from isa.passes.normal import bits_read
from isa.passes.partition import ordinary_bits
from monitor.compiled import CompiledCore
from monitor.core import Core

SAMPLES = 400


def admit(core: Core, compiled: CompiledCore, steps: Steps) -> None:
    """Raises MachineError with the reason if the machine is refused. Where nothing ever runs directly, nothing is
    assumed."""
    if compiled.never:
        return
    ready(core)
    _check_condition(core)
    if steps.fetch_index is None:
        raise MachineError(
            f"the fetch of {core.isa.name} is not a relocated access to storage", "let `execute` read through the view"
        )
    _check_relocation(core, compiled, steps)


def _check_condition(core: Core) -> None:
    """Whether the virtual machine may run directly must not change while it does."""
    isa, looks = core.isa, bits_read([core.condition])
    passing = {(s.name, low + bit) for s in isa.scalars() for low, width in ordinary_bits(s) for bit in range(width)}
    files = any(isinstance(node, Element | Load) for node in nodes(core.condition))
    if files or looks & passing or law_of(isa).moves(core.condition):
        raise MachineError(
            f"when a machine like {isa.name} may run directly under {core.technique.name} changes while it does",
            "let it depend on mode, relocation, and scalars that neither the guest nor time changes",
        )


def ready(core: Core) -> None:
    """Raises MachineError if direct runs on the machine could not be timed or kept quiet, in any mode."""
    _check_quiet(core, law_of(core.isa))


def _check_quiet(core: Core, time: Time) -> None:
    """With every resource parked, the prologue must never trap, however long it runs: direct runs end only as the
    monitor wants."""
    isa = core.isa
    horizon = time.horizon()
    if horizon is None or core.real(horizon) is not const(COUNT_WIDTH, NEVER):
        raise MachineError(
            f"{isa.name} is not quiet after reset: its prologue could trap with every resource at its reset value",
            "let `on reset` disable interrupts and stop the timer",
        )


def _check_relocation(core: Core, compiled: CompiledCore, steps: Steps) -> None:
    """On sampled states: the composed relocation admits the same addresses as the virtual one, and leads to the same
    words. `trapline prove` decides the same for all states."""
    isa, random = core.isa, Random(0)
    word = isa.fetch.word
    assert isinstance(word, Load)
    parts = (either(*(t.guard for t in isa.fetch.traps)), word.index)
    if any(isinstance(node, Load) for node in nodes(*parts)):
        raise MachineError(
            f"the relocation of {isa.name} looks into storage, where a guest could change it without a trap",
            "let it depend on @base, @bound and the mode alone",
        )
    access = steps.values("access", parts)
    virtual, real = MachineState(steps.layout), MachineState(steps.layout)
    for _ in range(SAMPLES):
        below, offset, size = _window(isa, random)
        _fill(isa, virtual, random, (below, offset, size))
        if not compiled.direct(virtual.block):
            continue
        compiled.hand_down(virtual.block, real.block, offset, size)
        wanted = _place(access, virtual, size, offset)
        found = _place(access, real, below, 0)
        if wanted != found:
            raise MachineError(
                f"the relocation of {isa.name} does not compose: @base must add and @bound must count, in both modes",
                f"with {_shown(isa, virtual)} an access leads to word {wanted} below, but composed to {found}",
            )


def _window(isa: Isa, random: Random) -> tuple[int, int, int]:
    """The size of a machine, and the offset and size of a window in it."""
    top = (1 << isa.word) - 1
    below = random.choice([top, top >> 1, random.randint(64, top)])
    offset = random.randint(1, below - 16)
    return below, offset, random.randint(8, below - offset)


def _fill(isa: Isa, state: MachineState, random: Random, corners: tuple[int, ...]) -> None:
    """Random values everywhere; in pc and relocation, values around the corners."""
    top = (1 << isa.word) - 1
    near = [0, 1, top, top - 1, *corners, *(c - 1 for c in corners), *(c + 1 for c in corners), random.randint(0, top)]
    for scalar in isa.scalars():
        state[scalar.name] = random.getrandbits(scalar.width)
    for role in (Role.PC, Role.BASE, Role.BOUND):
        state[isa.the(role).state] = random.choice(near)


def _place(access: Function, state: MachineState, size: int, offset: int) -> int | None:
    """Where in the machine below an access leads, None if it traps."""
    trapped, index = access(state.block, None, _Sized(size))
    return None if trapped else index + offset


@dataclass(frozen=True, slots=True)
class _Sized:
    """As much of an engine as the view asks for."""

    size: int


def _shown(isa: Isa, state: MachineState) -> str:
    places = [isa.the(role).state for role in (Role.PC, Role.BASE, Role.BOUND)]
    return ", ".join(f"{name} = {state.block[state.layout.slots[name].first]:#x}" for name in dict.fromkeys(places))
