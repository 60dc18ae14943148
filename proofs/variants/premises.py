"""The premises that no run shows, by trying: what a trap loses, and whether assumptions hold.

Bare and monitored machines agree where a trap loses a register, since the monitor delivers traps as the machine does;
still no supervisor could put the program back. They agree where an assumption does not hold too, as long as nothing
leans on it; still the verdict does.
"""

from random import Random

from isa.description import Isa, Place, Role
from isa.engines.choice import REFERENCE, choose
from isa.ir.nodes import Origin
from isa.machine import Machine, Storage, Trap
from isa.passes.partition import RELOCATION, arrays, ordinary_bits, places
from proofs.variants.rigs import Start
from proofs.variants.starts import Starts, assumed

TRIES = 6  # states for each thing that may be lost
STARTS, STEPS = 150, 8  # runs in which an assumption must stay, and their steps
WORDS = 40


def lost_by_trap(isa: Isa, seed: int) -> str:
    """What gets lost, with the state in which it does; empty if nothing was found."""
    random = Random(f"losing {seed}")
    make = Starts(isa, random)
    one, two = (Machine(isa, Storage(isa.word, WORDS), engine=choose(REFERENCE)) for _ in range(2))
    for name, slot, low, width in _things(isa, one):
        for _ in range(TRIES):
            start = make.start("states", WORDS)
            other = random.getrandbits(width)
            if _collide(isa, one, two, start, (slot, low, width, other), _trap(isa, random)):
                return f"{name} is lost by a trap: {other:#x} looks the same, in {start}"
    return ""


def _things(isa: Isa, machine: Machine) -> list[tuple[str, int, int, int]]:
    """(name, slot, low, width) of whatever belongs to the program that runs."""
    slots = machine.state.layout.slots
    spots = [Place(s.name, low, width) for s in isa.scalars() for low, width in ordinary_bits(s)]
    spots += places(isa, RELOCATION | {Role.MODE})
    found = [(f"{p.state}[{p.low + p.width - 1}:{p.low}]", slots[p.state].first, p.low, p.width) for p in spots]
    for file in arrays(isa, ordinary=True):
        cells = (i for i in range(file.count) if i not in file.zero)
        found += [(f"{file.name}[{i}]", slots[file.name].first + i, 0, file.width) for i in cells]
    return found


def _trap(isa: Isa, random: Random) -> Trap:
    return Trap(random.choice(list(isa.cause.members.values())), random.getrandbits(isa.info_width), Origin.BODY)


def _collide(isa: Isa, one: Machine, two: Machine, start: Start, change: tuple[int, int, int, int], trap: Trap) -> bool:
    """Whether a state, and the state with one thing changed, are the same after a trap."""
    for machine in (one, two):
        start.put(machine)
    slot, low, width, value = change
    mask = ((1 << width) - 1) << low
    two.state.block[slot] = two.state.block[slot] & ~mask | value << low
    if one.state.block == two.state.block or not (assumed(isa, one) and assumed(isa, two)):
        return False
    for machine in (one, two):
        machine.engine.enter(trap)
    return one.state.block == two.state.block and one.storage.cells == two.storage.cells


def broken_assumption(isa: Isa, seed: int) -> str:
    """How an assumption fails: after reset, or by a step from a state in which it holds; empty if none was seen to."""
    if not isa.assumptions:
        return ""
    machine = Machine(isa, Storage(isa.word, WORDS), engine=choose(REFERENCE))
    if not assumed(isa, machine):
        return "what is assumed does not hold after reset"
    make = Starts(isa, Random(f"assuming {seed}"))
    for number in range(STARTS):
        start = make.start("states" if number % 3 else "resets", WORDS)
        start.put(machine)
        if assumed(isa, machine):
            for steps in range(1, STEPS + 1):
                machine.run(1)
                if not assumed(isa, machine):
                    return f"what is assumed no longer holds after {steps} steps from {start}"
    return ""
