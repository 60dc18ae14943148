"""The chain of traps: which traps the machine has not come back from, as a debugger shows a stack of calls.

Nobody writes such a chain down, so it is found in the history. A trap is open while the machine has been, since then,
in modes of more privilege alone; one that a mode takes to itself, while neither its instruction nor the next one has
been executed again. So the chain ends at the least privileged mode, or where nothing is known any more.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from isa.assembler.image import Line
from isa.machine.records import RECORD, Kind, Recorder, Trace
from monitor.history.cuts import cut_before
from monitor.history.looks import AnyOf, Executes, of_kind
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision, ExitEvent
from trapline.debugging.debugged import Debugged
from trapline.state.standing import mode_of

FARTHEST = 1 << 20  # steps that are looked back for the traps before
STRETCH = 1 << 14  # of them at first; twice as many each time
MOST = 64  # traps that are looked at


class Frame(NamedTuple):
    """Where one mode stands, or the monitor. `trapped` is the cause for which it was left, empty for the one that runs;
    `decision` is the monitor's."""

    title: str
    step: int
    pc: int
    place: int | None
    line: Line | None
    mode: str
    trapped: str
    decision: str


class _Trap(NamedTuple):
    step: int
    cause: int
    pc: int
    place: int | None


def frames(debugged: Debugged) -> list[Frame]:
    """The chain at the present step, the one that runs first."""
    exits = _exits_ahead(debugged)
    with debugged.history.staying():
        guest = _standing(debugged, exits[-1].cause if exits else "")
        numbers = {id(vm): n for n, vm in enumerate(debugged.machine.hosts, 1)}
        shown = [(numbers[id(exit.vm)], exit.decision.value) for exit in reversed(exits)]
        monitors = [guest._replace(title=f"monitor {n}", mode="", trapped="", decision=what) for n, what in shown]
        return [*monitors, guest, *_open(debugged)]


def _standing(debugged: Debugged, trapped: str) -> Frame:
    """Where the machine stands now."""
    machine = debugged.machine
    mode, place = mode_of(machine), machine.engine.place()
    line = debugged.image.lines.get(place) if debugged.image and place is not None else None
    return Frame(mode, machine.steps, machine.state.block[machine.pc_slot], place, line, mode, trapped, "")


def _open(debugged: Debugged) -> Iterator[Frame]:
    """The traps that the machine has not come back from, the last first."""
    machine, here = debugged.machine, debugged.machine.steps
    ranks = {name: n for n, name in enumerate(machine.isa.modes.values)}
    lowest = _rank(ranks, mode_of(machine))  # the least privilege since
    now = machine.state.block[machine.pc_slot]
    traps = islice(_traps(debugged, here), MOST)
    while lowest < len(ranks) - 1 and (trap := next(traps, None)):
        debugged.history.go(trap.step)
        rank = _rank(ranks, mode_of(machine))
        if rank > lowest or (rank == lowest and not _again(debugged, trap, here, now)):
            debugged.history.go(trap.step)
            yield _standing(debugged, machine.isa.cause.name_of(trap.cause) or str(trap.cause))
        lowest = max(lowest, rank)


def _rank(ranks: dict[str, int], mode: str) -> int:
    """A mode without a name is taken for one of full privilege."""
    return ranks.get(mode, 0)


def _again(debugged: Debugged, trap: _Trap, here: int, now: int) -> bool:
    """Whether what trapped, or what follows it, has been executed since, or comes now."""
    back = (trap.pc, trap.pc + 1)
    since = AnyOf(tuple(map(Executes, back))).within(debugged.history, trap.step + 1, here, False)
    return now in back or since is not None


def _traps(debugged: Debugged, here: int) -> Iterator[_Trap]:
    """The traps before a step, the last first; of those of one instruction only the last."""
    seen: set[tuple[int, int | None]] = set()
    least, stop, most = max(debugged.history.first, here - FARTHEST), here, STRETCH
    while stop > least:
        start = max(least, cut_before(stop - 1), stop - most)
        for trap in reversed(_trapped(debugged, start, stop)):
            if (trap.pc, trap.place) not in seen:
                seen.add((trap.pc, trap.place))
                yield trap
        stop, most = start, 2 * most


def _trapped(debugged: Debugged, first: int, stop: int) -> list[_Trap]:
    """All traps of a stretch."""
    found: list[_Trap] = []

    def consume(view: memoryview) -> None:
        records = bytes(view)
        for at in of_kind(records, Kind.TRAP):
            step, _, cause, _ = RECORD.unpack_from(records, at * RECORD.size)
            _, kind, place, _ = RECORD.unpack_from(records, (at - 1) * RECORD.size)
            moved = kind == Kind.PLACE
            pc = RECORD.unpack_from(records, (at - 2) * RECORD.size)[2] if moved else place
            found.append(_Trap(step, cause, pc, None if kind == Kind.UNFETCHED else place))

    with debugged.history.looking(first) as machine:
        machine.trace = Trace(Recorder(consume), first, stop)
        machine.run(stop - first)
    return found


def _exits_ahead(debugged: Debugged) -> list[ExitEvent]:
    """The exits to which the step to come leads, one of each monitor, that of the lowest first."""
    history, here, found = debugged.history, debugged.machine.steps, list[ExitEvent]()
    if not isinstance(debugged.machine, VirtualMachine):
        return found
    known = history.known
    with history.held_back():
        with history.staying():
            if here == history.newest:
                history.go(here + 1)
            with history.looking(here) as machine:
                for host in machine.hosts:
                    if isinstance(host, VirtualMachine):
                        host.monitor.subscribers.append(found.append)
                machine.run(1)
        history.forget(known)
    told = {id(event.vm): event for event in reversed(found) if event.decision is not Decision.SCHEDULED}
    return [told[id(host)] for host in reversed(debugged.machine.hosts) if id(host) in told]
