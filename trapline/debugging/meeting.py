"""Conditions asked along a history: at steps that were found, or at every one."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from monitor.history.history import History
from monitor.history.passes import Question
from trapline.debugging.conditions import Condition
from trapline.debugging.lasts import Lasts

SPAN = 1 << 16  # steps that are looked at together where conditions are asked
TOLD = 1 << 10  # of them, after which whoever follows that is told


class Memory:
    """What is known of a history while a question is asked, stretch after stretch."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._lasts: dict[str, Lasts] = {}

    def before(self, names: frozenset[str], steps: Sequence[int]) -> list[dict[str, int]]:
        """What the names mean at each of the steps: see `trapline.debugging.lasts`."""
        rows = [dict[str, int]() for _ in steps]
        for name in names:
            lasts = self._lasts.setdefault(name, Lasts(self.history, name))
            for row, value in zip(rows, lasts.before(steps), strict=True):
                row[name] = value
        return rows


@dataclass(frozen=True)
class Meets(Question):
    """Steps before which a condition holds. It is asked before every one."""

    condition: Condition
    memory: Memory

    @property
    def span(self) -> int:
        return SPAN

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        return [step for step, _ in self._met(history, first, stop)]

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        if latest:
            return super().within(history, first, stop, latest)
        with closing(self._met(history, first, stop)) as met:
            return next((step for step, _ in met), None)

    def _met(self, history: History, first: int, stop: int) -> Generator[tuple[int, list[int]]]:
        return meeting(self.memory, [self.condition], [(step, [0]) for step in range(first, stop)])


def meeting(
    memory: Memory, conditions: Sequence[Condition | None], asked: Sequence[tuple[int, list[int]]]
) -> Generator[tuple[int, list[int]]]:
    """Of steps in order, with the numbers of the conditions that are asked there: where which of them hold."""
    names = frozenset(name for condition in conditions if condition for name in condition.needs)
    known = memory.before(names, [step for step, _ in asked]) if names else [{}] * len(asked)
    if not any(conditions) or not asked:
        yield from asked
        return
    with memory.history.looking(asked[0][0]) as machine:
        for count, ((step, numbers), row) in enumerate(zip(asked, known, strict=True)):
            if not count % TOLD:
                memory.history.tell(step)
            if machine.steps < step:
                machine.run(step - machine.steps)
            held = [n for n in numbers if (condition := conditions[n]) is None or condition.value(machine, row)]
            if held:
                yield step, held
