"""Guests drawn from a seed, for a student's monitor: instructions in a random state, a relocation at its corners, any
program at all.

They are made by the generator (`proofs.runs.generation`), which knows no instruction by name, and so that a monitor of
these labs can run them: nobody types, no device calls, and there is a clock only where that is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random

from isa.description import Isa, Role
from isa.encoding import decoder
from isa.engines.choice import bare
from isa.ir.nodes import Effect, Read, Write, nodes
from isa.machine import Machine, Reason
from isa.passes.normal import bits_written
from proofs.runs.generation import Generator, generator
from proofs.runs.guests import Guest

LENGTH = 8  # words of a program that is about one instruction
STEPS = 150  # of a guest
TRIES = 200  # guests that are drawn until one needs no clock


def about(isa: Isa, names: Sequence[str], random: Random, user: bool = False, clock: bool = False) -> Guest:
    """These instructions with random operands, in a random state of the supervisor or of a user. It halts behind them,
    and where its traps lead. Without a clock, nothing that a supervisor comes to asks for one: behind another
    relocation there are other words."""
    for _ in range(TRIES):
        guest = _about(isa, names, random, user, clock)
        if clock or user or not _clocked(isa).intersection(_taken(guest)):
            break
    return guest


def _about(isa: Isa, names: Sequence[str], random: Random, user: bool, clock: bool) -> Guest:
    make = generator(isa)
    words = {at: make.value(random, isa.word) for at in range(make.size)} | _vector(make, random)
    words |= {make.first + at: _word(make, names, random) for at in range(LENGTH)}
    words[make.first + LENGTH] = _stop(make, random)
    state = make.guest(random).state | _relocation(isa, 0, random.choice((make.size, make.size - 20, 1 << 20)))
    pending = 0 if clock or _frees(isa, names) else random.choice((0, random.getrandbits(16)))
    state |= _quiet(isa, random.choice((0, 1, 5, 12, 40)) if clock else 0, pending)
    state |= {isa.pc: make.first, **_status(isa, random, user, free=not pending)}
    return Guest(isa, words, state, make.size)


def cornered(isa: Isa, random: Random) -> Guest:
    """A user who reaches for every corner of what its relocation lets it have, which ends near its window's end or
    beyond it, or is so large that a sum would wrap."""
    make = generator(isa)
    size, top, half = make.size, (1 << isa.word) - 1, 1 << isa.word - 1
    base = random.choice((32, 32, size - 40, size - 12, size - 1, size, size + 1, size + 300, half, top, top - size))
    room = max(0, size - base)
    bound = random.choice((24, room, room + 1, room + 5, room - 1, room + 200, top, half, top - base, 1, 0)) & top
    edge = [min(room, bound)] * 8  # what is out of reach first
    near = [at & top for at in (*edge, bound, bound - 1, room, room - 1, room + 1, top, 0, size, -base)]
    words = {at: make.value(random, isa.word) for at in range(size)} | _vector(make, random)
    program = [_word(make, make.names("storage"), random) for _ in range(LENGTH)]
    words |= {base + at: word for at, word in enumerate(program) if base + at < size}
    state: dict[str, int | list[int]] = {
        s.name: [0, *random.choices(near, k=s.count - 1)] for s in isa.states.values() if s.role is Role.GENERAL
    }
    state |= {isa.pc: 0, **_quiet(isa, 0, 0), **_relocation(isa, base, bound)} | _status(isa, random, True, True)
    return Guest(isa, words, state, size)


def anybody(isa: Isa, random: Random, clock: bool) -> Guest:
    """Any guest that the generator makes."""
    make = generator(isa)
    for _ in range(TRIES):
        guest = make.guest(random)
        state = guest.state | _roles(isa, Role.PENDING, 0) | ({} if clock else _quiet(isa, 0, 0))
        guest = replace(guest, state=state, text=b"")
        if clock or not _clocked(isa).intersection(_taken(guest)):
            return guest
    return about(isa, make.names("storage"), random)


# ---- parts of a state and of a program


def _word(make: Generator, names: Sequence[str], random: Random) -> int:
    found = make.word_of(random, random.choice(names))
    assert found is not None, names
    return found


def _stop(make: Generator, random: Random) -> int:
    return _word(make, make.names("stop"), random)


def _vector(make: Generator, random: Random) -> dict[int, int]:
    """Traps lead to a supervisor that halts at once."""
    isa, handler = make.isa, make.first - 1
    values = {isa.pc: handler, **_relocation(isa, 0, make.size)}
    return {at: values.get(name, 0) for at, name in make.vectors.items()} | {handler: _stop(make, random)}


def _roles(isa: Isa, role: Role, value: int) -> dict[str, int]:
    return {place.state: value for place in isa.roles[role]}


def _quiet(isa: Isa, timer: int, pending: int) -> dict[str, int]:
    return _roles(isa, Role.TIMER, timer) | _roles(isa, Role.PENDING, pending)


def _relocation(isa: Isa, base: int, bound: int) -> dict[str, int]:
    return _roles(isa, Role.BASE, base) | _roles(isa, Role.BOUND, bound)


def _status(isa: Isa, random: Random, user: bool, free: bool) -> dict[str, int]:
    """A random status of this mode, with interrupts only where it is free to have them."""
    mode, status = isa.the(Role.MODE), random.getrandbits(isa.word)
    for place in (mode, *([] if free else isa.roles[Role.ENABLE])):
        status &= ~((1 << place.width) - 1 << place.low)
    modes = isa.modes.values
    wanted = [value for value in modes.values() if (value == isa.modes.guest) == user]
    return {mode.state: status | wanted[0] << mode.low}


def _frees(isa: Isa, names: Sequence[str]) -> bool:
    """Whether one of these instructions may enable interrupts."""
    free = {(place.state, place.low) for place in isa.roles[Role.ENABLE]}
    return any(free & bits_written(isa.instructions[name].behaviour) for name in names)


# ---- clocks


def _taken(guest: Guest) -> Iterator[str]:
    """The instructions at which the guest stands in its first steps."""
    machine, find = bare(guest.isa, guest.storage(), guest.ports(), engine="reference"), decoder(guest.isa).find
    guest.start(machine)
    for _ in range(2 * STEPS):
        found = find(word) if isinstance(word := machine.engine.peek(), int) else None
        if found:
            yield found.name
        if not _goes_on(machine):
            return


def _goes_on(machine: Machine) -> bool:
    return machine.run(1).reason is Reason.BUDGET


@lru_cache(maxsize=8)
def _clocked(isa: Isa) -> frozenset[str]:
    """The instructions that set the timer, or give what it says to somebody."""
    timer = isa.the(Role.TIMER).state

    def moves(effect: Effect) -> bool:
        sets = isinstance(effect, Write) and effect.state == timer
        return sets or any(isinstance(node, Read) and node.state == timer for node in nodes(effect.value))

    return frozenset(name for name, i in isa.instructions.items() if any(moves(e) for e in i.behaviour.effects))
