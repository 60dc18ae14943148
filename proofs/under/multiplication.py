"""How exits multiply: what one step of a guest costs in steps of the real machine, under monitors on monitors.

A program has each kind of step once, between two labels, `at_NAME` and `to_NAME`. How many real steps pass between
them is measured at every depth. What one level predicts is made of the path of the monitor at depth 1, instruction by
instruction: at depth d the trap costs what the monitor below needs to reflect it, and each privileged instruction of
the path what it costs at depth d - 1; everything else runs directly, at one step each.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from isa.assembler import Image
from isa.encoding import decoder
from isa.errors import TraplineError
from isa.machine import Reason, Trap
from proofs.under.case import Case
from proofs.under.watching import PATIENCE, Watch

AT, TO = "at_", "to_"
LONGEST = 100_000  # steps of a path at depth 1


@dataclass(frozen=True, slots=True)
class Path:
    """What happens at depth 1: the cause of the trap, the steps of the monitor that are not privileged, and those that
    are, by instruction."""

    cause: int
    plain: int
    privileged: Counter[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of step: real steps by depth, from 0 on, and what depth 1 predicts of them."""

    name: str
    measured: tuple[int, ...]
    predicted: tuple[int, ...]


def table(image: Image, under: Callable[[int], Case], depths: int) -> list[Row]:
    """The rows of a program with such labels, to this depth; `under` makes the case of it with so many monitors.
    Raises TraplineError for a program that does not come to all of its labels."""
    first = _Walk(under(1))
    paths = {name: first.path(name) for name in first.names}
    bare = _Walk(under(0))
    causes = {name: bare.cause(name) for name in bare.names}
    by_cause = {cause: name for name, cause in causes.items() if cause is not None}
    names = {bare.instruction(name): name for name in reversed(bare.names)}
    measured = [_Walk(under(depth)).measured() for depth in range(depths + 1)]
    predicted = [dict.fromkeys(paths, 1)]
    for _ in range(depths):
        below = predicted[-1]
        costs = {instruction: below[name] for instruction, name in names.items()}
        predicted.append({name: below[by_cause[p.cause]] + _cost(p, costs) for name, p in paths.items()})
    return [Row(n, tuple(m[n] for m in measured), tuple(p[n] for p in predicted)) for n in paths]


def _cost(path: Path, costs: dict[str, int]) -> int:
    """The steps of a monitor's path on a machine on which privileged instructions cost so much."""
    return path.plain + sum(count * costs.get(name, 1) for name, count in path.privileged.items())


class _Walk:
    """A run of the program from one label to the next."""

    def __init__(self, case: Case) -> None:
        self.image, self.isa = case.image, case.isa
        self.decoder = decoder(case.isa)
        self.origin = 0
        if case.monitors:
            watch = Watch(case.machine(), case.monitors)
            self.machine, self.origin = watch.machine, watch.boot().block.window
        else:
            self.machine = case.twin(0, case.guests[0].storage)

    @cached_property
    def names(self) -> list[str]:
        """The kinds of steps, in the order of the program."""
        found = [name for name in self.image.symbols if name.startswith(AT)]
        return [name.removeprefix(AT) for name in sorted(found, key=lambda name: self.image.symbols[name])]

    def instruction(self, name: str) -> str:
        """The instruction of a kind of step; empty if its word is none."""
        word = dict(self.image.words())[self.image.symbols[AT + name]]
        found = self.decoder.find(word)
        return found.name if found else ""

    def measured(self) -> dict[str, int]:
        """How many real steps each kind takes."""
        return {name: self._to(TO + name) - begun for name, begun in self._begun()}

    def cause(self, name: str) -> int | None:
        """The cause of the trap that it is; None if it is none."""
        self._to(AT + name)
        trap = self._trap()
        return None if trap is None else trap.cause

    def path(self, name: str) -> Path:
        """What the monitor does about it."""
        self._to(AT + name)
        trap = self._trap()
        end, path = self.origin + self.image.symbols[TO + name], Path(trap.cause if trap else 0, 0, Counter())
        names: Counter[str] = Counter()
        for _ in range(LONGEST):
            if self.machine.engine.place() == end:
                privileged = {name: count for name, count in names.items() if self._privileged(name)}
                return Path(path.cause, names.total() - sum(privileged.values()), Counter(privileged))
            word = self.machine.engine.peek()
            found = self.decoder.find(word) if isinstance(word, int) else None
            names[found.name if found else ""] += 1
            self.machine.run(1)
        raise self._lost(TO + name)

    def _begun(self) -> Iterator[tuple[str, int]]:
        for name in self.names:
            yield name, self._to(AT + name)

    def _to(self, label: str) -> int:
        """Run to a label; the real steps taken by then."""
        machine, place = self.machine, self.origin + self.image.symbols[label]
        if machine.engine.place() == place:
            return machine.steps
        machine.break_places = {place}
        if machine.run(PATIENCE).reason is not Reason.BREAKPOINT:
            raise self._lost(label)
        machine.break_places = set()
        return machine.steps

    def _trap(self) -> Trap | None:
        """Take one step, and say which trap it was."""
        end = self.machine.run_to_trap(1)
        if end.trap is not None:
            self.machine.enter(end.trap)
        return end.trap

    def _privileged(self, name: str) -> bool:
        """Whether an instruction traps by itself, and not for an access."""
        return bool(name) and any(not trap.view for trap in self.isa.instructions[name].behaviour.traps)

    def _lost(self, label: str) -> TraplineError:
        return TraplineError(
            f"the program does not come to its label `{label}`", "let each kind of step come to its end"
        )
