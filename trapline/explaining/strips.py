"""Programs that need no assembly, for measuring any machine: the same words again and again, from one place on.

Which words there are is found by trial, on the reference engine: those that a machine gets through one after the other,
from its state after reset, with nothing in its registers.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import cycle, islice

from isa.description import Instruction, Isa, Role
from isa.devices import Ports
from isa.engines.choice import REFERENCE, bare
from isa.errors import MachineError
from isa.ir.nodes import Behaviour, Recv, Send, Store, nodes
from isa.machine import Machine, Reason, Storage, least_storage
from monitor.monitor import tower
from trapline.running.rig import plenty

LENGTH = {REFERENCE: 1 << 10}  # words of a strip at most, by engine: what is slow needs fewer
USUAL = 1 << 14
WARM = 20  # runs, after which the reference engine has its blocks
FEW = 256  # of one that is tried; and of one in which each word is an exit, since a monitor counts them by places
SECONDS, TURNS = 0.01, 5  # how long is measured at least, and how often; the least counts
STAYS = (Role.MODE, Role.BASE, Role.BOUND, Role.ENABLE, Role.HALT)  # what a step must leave as it is
Words = Sequence[int]


@lru_cache(maxsize=8)
def plain(isa: Isa) -> tuple[int, ...]:
    """Ordinary instructions that write no storage and go straight on together, a word of each."""
    from isa.engines.reference.steps import steps_of

    found = [i for i in isa.instructions.values() if steps_of(isa).translator.plain(i.name)]
    passing: tuple[int, ...] = ()
    for instruction in found:
        if not any(isinstance(effect, Store) for effect in instruction.behaviour.effects):
            more = [(*passing, word) for word in _words(instruction)]
            passing = next(
                (words for words in more if Strip(isa, words, REFERENCE, length=FEW).goes_through()), passing
            )
    return passing


def sending(isa: Isa, ports: Callable[[], Ports], heard: Callable[[Ports], int]) -> int | None:
    """A word that sends one to these devices, each time, so that they hear so many."""
    for instruction in isa.instructions.values():
        if any(isinstance(e, Send) for e in instruction.behaviour.effects):
            for word in _words(instruction):
                made = Strip(isa, [word], REFERENCE, ports(), length=FEW)
                if made.goes_through() and heard(made.machine.ports) == made.length:
                    return word
    return None


def emulated(isa: Isa) -> int | None:
    """A word that traps in user mode and does nothing but go on in supervisor mode, so that a monitor emulates it."""
    from monitor.statistics import Decision

    for instruction in isa.instructions.values():
        if instruction.behaviour.traps and not _asks(instruction.behaviour):
            word = _passing(isa, instruction)
            if word is None:
                continue
            made = Strip(isa, [word], REFERENCE, None, 1, FEW)
            if made.goes_through() and made.exits() == {Decision.EMULATED: made.length}:
                return word
    return None


def trapping(isa: Isa) -> int | None:
    """A word with which storage is full if every step traps, and the trap's new state leads to the next."""
    unassigned = (w for w in (0, (1 << isa.word) - 1, *(1 << bit for bit in range(isa.word))))
    return next((word for word in unassigned if trapped(isa, word, REFERENCE).retired == 0), None)


def trapped(isa: Isa, word: int, engine: str, monitors: int = 0) -> Machine:
    """A machine whose storage is full of a word, after a few steps."""
    made = _machine(isa, engine, None, monitors)
    made.storage.write(0, [word] * made.storage.size)
    made.run(FEW)
    return made


class Strip:
    """Words that follow on each other, the same ones again and again, `length` in all if that is given. Raises
    MachineError for a machine that has no room for them, or is refused by the monitor."""

    def __init__(
        self, isa: Isa, words: Words, engine: str, ports: Ports | None = None, monitors: int = 0, length: int = 0
    ) -> None:
        self.machine = _machine(isa, engine, ports, monitors)
        self.start = -(-least_storage(isa) // 16) * 16
        self.length = min(length or LENGTH.get(engine, USUAL), self.machine.storage.size - self.start) & ~1
        if self.length < len(words):
            raise MachineError(f"{isa.name} has no room for {len(words)} words", "give it more storage")
        self.machine.storage.write(self.start, list(islice(cycle(words), self.length)))
        self.machine.state[isa.pc] = self.start
        self._begins = {name: self.machine.state[name] for name in self.machine.state.layout.slots}

    def run(self, steps: int) -> bool:
        """From the beginning, so many steps; whether all of them went straight on, and nothing trapped."""
        machine, state = self.machine, self.machine.state
        for name, value in self._begins.items():
            state[name] = value
        retired = machine.retired
        end = machine.run(steps)
        straight = state[machine.isa.pc] == self.start + steps
        return end.reason is Reason.BUDGET and machine.retired - retired == steps and straight

    def goes_through(self) -> bool:
        """Whether that is so of all its words, and each leaves the machine in its mode."""
        places = [p.state for role in STAYS for p in self.machine.isa.roles[role]]
        return self.run(self.length) and all(self.machine.state[name] == self._begins[name] for name in places)

    def exits(self) -> dict[object, int]:
        """How many exits of each kind there were to the monitor."""
        statistics = self.machine.statistics  # type: ignore[attr-defined]
        return {decision: count for decision, count in statistics.by_decision().items() if count}

    def nanoseconds(self) -> float:
        """Of one step: what a run of so many costs more than one of half as many: each costs something besides."""
        steps = FEW
        while self._warm(steps) < 1e9 * SECONDS and steps < self.length:
            steps = min(2 * steps, self.length)
        more = least(partial(self.run, steps)) - least(partial(self.run, steps // 2))
        return max(0.0, more / (steps - steps // 2))

    def _warm(self, steps: int) -> float:
        """Nanoseconds of a run of so many steps, once an engine has made what it makes of code that runs often."""
        for _ in range(WARM):
            self.run(steps)
        return least(partial(self.run, steps), 1)


def least(play: Callable[[], object], turns: int = TURNS) -> float:
    """Nanoseconds of processor time that something takes, the least of several turns."""
    times, found = 1, list[float]()
    while len(found) < turns:
        began = time.process_time()
        for _ in range(times):
            play()
        taken = time.process_time() - began
        if taken < SECONDS:
            times *= 2
        else:
            found.append(1e9 * taken / times)
    return min(found)


def _machine(isa: Isa, engine: str, ports: Ports | None, monitors: int) -> Machine:
    words = plenty(isa)
    if monitors:
        return tower(isa, words, monitors, ports, engine=engine)
    return bare(isa, Storage(isa.word, words), ports, engine=engine)


def _passing(isa: Isa, instruction: Instruction) -> int | None:
    """A word of the instruction that goes through."""
    return next(
        (word for word in _words(instruction) if Strip(isa, [word], REFERENCE, length=FEW).goes_through()), None
    )


def _words(instruction: Instruction) -> Iterator[int]:
    """Words of it to be tried: with ones as operands, and with zeros."""
    for value in (1, 0):
        yield instruction.match | sum(use.deposit(value) for use in instruction.uses)


def _asks(behaviour: Behaviour) -> bool:
    asked = any(isinstance(node, Recv) for node in nodes(*behaviour.expressions()))
    return asked or any(isinstance(effect, Send) for effect in behaviour.effects)
