"""What happened last before a step: the cause of the last trap, the monitor's decision at the last exit.

No machine remembers either, so a history is asked: once for a whole row of steps, and what is known is kept.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from isa.machine import Machine
from isa.machine.records import RECORD, Kind
from monitor.history import History, HistoryError
from monitor.history.looks import of_kind
from monitor.history.passes import Reader, Seen, Told, in_passing
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision, ExitEvent

NOTHING = -1  # where nothing happened yet
DECISIONS = {decision.value: number for number, decision in enumerate(Decision)}
FEW = 1 << 12  # steps that are looked back at first; twice as many each time


class _Happened(Seen):
    """Steps at which it happened, and what it was."""

    def __init__(self) -> None:
        self.what: dict[int, int] = {}

    @abstractmethod
    def watch(self, machine: Machine, told: Told) -> Reader | None: ...


class _Causes(_Happened):
    """Causes of traps, by the description's numbers."""

    def watch(self, machine: Machine, told: Told) -> Reader:
        return self._trapped

    def _trapped(self, records: bytes) -> Iterator[int]:
        for at in of_kind(records, Kind.TRAP):
            step, _, self.what[step], _ = RECORD.unpack_from(records, at * RECORD.size)
            yield step


class _Decisions(_Happened):
    """Decisions at exits, by the numbers of `DECISIONS`. That a run of the machine below was long enough is none of the
    guest's, and depends on how one looks."""

    def watch(self, machine: Machine, told: Told) -> None:
        if not isinstance(machine, VirtualMachine):
            raise HistoryError("a machine under no monitor has no exits", "run it under one")

        def tell(event: ExitEvent) -> None:
            if event.vm is machine and event.decision is not Decision.SCHEDULED:
                step = event.step - (event.decision is Decision.EMULATED)
                self.what[step] = DECISIONS[event.decision.value]
                told(step)

        machine.monitor.subscribers.append(tell)


KINDS: dict[str, type[_Happened]] = {"cause": _Causes, "decision": _Decisions}


class Lasts:
    """Answers for one history, as long as nothing in it is changed. `name` is of `KINDS`."""

    def __init__(self, history: History, name: str) -> None:
        self.history, self._kind = history, KINDS[name]
        self._known = (history.first, NOTHING)  # what was last before that step
        self._barren = history.first  # nothing happened before this step

    def before(self, steps: Sequence[int]) -> list[int]:
        """What was last before each of these steps, which are in order and known."""
        if not steps:
            return []
        value = self._before(steps[0])
        happened = self._kind()
        inside = in_passing(self.history, [happened], steps[0], steps[-1])[0] if steps[-1] > steps[0] else []
        found, at = list[int](), 0
        for step in steps:
            while at < len(inside) and inside[at] < step:
                value, at = happened.what[inside[at]], at + 1
            found.append(value)
        self._known = steps[-1], value
        return found

    def _before(self, step: int) -> int:
        """What was last before a step: looked for backwards, up to where it is known."""
        known, value = self._known if self._known[0] <= step else (self.history.first, NOTHING)
        known, size, stop = max(known, min(self._barren, step)), FEW, step
        while stop > known:
            start = max(known, stop - size)
            happened = self._kind()
            inside = in_passing(self.history, [happened], start, stop)[0]
            if inside:
                return happened.what[inside[-1]]
            stop, size = start, 2 * size
        if value == NOTHING:
            self._barren = max(self._barren, step)
        return value
