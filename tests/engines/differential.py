"""Runs hot guests on any machine with any engines, and compares all that a later step or a user could tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

from isa.description import Isa, Role
from isa.engines.choice import bare
from isa.errors import MachineError
from isa.machine import Exit, Machine
from isa.machine.storage import DIRTY
from monitor import VirtualMachine
from monitor.monitor import core_of, tower
from monitor.techniques import Monitors
from tests.engines.engines import ENGINES, STEPPING, Factory, Switch
from tests.engines.hot_programs import HotGuest, Turn

Shown = dict[str, Any]
ORACLE = {"oracle": STEPPING}


def machine_of(hot: HotGuest, depth: Monitors) -> Machine:
    """The machine that a guest starts on, with so many monitors below it."""
    guest = hot.guest
    if depth:
        machine: Machine = tower(guest.isa, guest.size, depth, guest.ports(), guest.seed)
    else:
        machine = bare(guest.isa, guest.storage(), guest.ports(), guest.seed)
    guest.start(machine)
    return machine


def deepest(isa: Isa) -> int:
    """How many monitors a machine can have below it: none if it is refused."""
    try:
        core_of(isa)
    except MachineError:
        return 0
    return 3


def shown(machine: Machine) -> Shown:
    """Everything that counts."""
    found: Shown = dict(zip(machine.state.layout.names, machine.state.block, strict=True))
    found["steps"], found["retired"], found["skipped"] = machine.steps, machine.retired, machine.skipped
    found["storage"] = crc32(machine.storage.cells)
    found["written"] = frozenset(line for line, entry in enumerate(machine.storage.lines) if entry & DIRTY)
    found["devices"], found["random"] = repr(machine.ports.save()), crc32(repr(machine.random.getstate()).encode())
    found["stopped by"] = machine.stopped_by
    if isinstance(machine, VirtualMachine):
        statistics = machine.statistics
        found["exits"], found["since"] = dict(statistics.exits), dict(statistics.since)
        found["direct"], found["interpreted"] = statistics.direct, statistics.interpreted
        below = machine.monitor.below
        found |= {f"below {name}": value for name, value in shown(below).items() if name in ACCOUNTS}
    return found


ACCOUNTS = ("steps", "retired", "skipped", "exits", "since", "direct", "interpreted", "traffic")


def play(hot: HotGuest, depth: Monitors, plan: Sequence[str], engines: Mapping[str, Factory]) -> Iterator[Shown]:
    """What the machine shows after each turn. `plan` names the engine of each turn, again and again."""
    machine = machine_of(hot, depth)
    switch = Switch(machine, engines)
    for number, turn in enumerate(hot.turns):
        switch.to(plan[number % len(plan)])
        move(machine, turn)
        ends = list(run(machine, turn.steps) if turn.whole else run_by_traps(machine, turn.steps))
        yield {"ends": [(e.reason.value, e.steps, e.retired, e.trap, e.detail) for e in ends], **shown(machine)}


def run(machine: Machine, budget: int) -> Iterator[Exit]:
    yield machine.run(budget)


def run_by_traps(machine: Machine, budget: int) -> Iterator[Exit]:
    """The same, delivering every trap from outside."""
    stop = machine.steps + budget
    while True:
        end = machine.run_to_trap(stop - machine.steps)
        yield end
        if end.trap is None:
            return
        machine.enter(end.trap)


def move(machine: Machine, turn: Turn) -> None:
    """What happens from outside before a turn. A machine that is moved elsewhere runs again if it had stopped."""
    machine.breakpoints = set(turn.breaks)
    machine.break_places = {place ^ 1 for place in turn.breaks}
    for name, value in turn.state.items():
        machine.state[name] = value
    for index, word in turn.words.items():
        machine.storage.write(index, [word])
    if turn.state:
        for place in machine.isa.roles[Role.HALT]:
            slot = machine.state.layout.slots[place.state].first
            machine.state.block[slot] &= ~(((1 << place.width) - 1) << place.low)


def difference(
    hot: HotGuest, depth: Monitors, plan: Sequence[str], engines: Mapping[str, Factory] = ENGINES
) -> tuple[int, dict[str, tuple[object, object]]] | None:
    """The first turn after which the engines' machine is not what the oracle's is, and in what."""
    expected, found = play(hot, depth, ("oracle",), ORACLE), play(hot, depth, plan, engines)
    for number, (right, wrong) in enumerate(zip(expected, found, strict=True)):
        if right["written"] <= wrong["written"]:  # comparisons of storage look at these lines: some more do no harm
            wrong["written"] = right["written"]
        if right != wrong:
            return number, {k: (right.get(k), wrong.get(k)) for k in {*right, *wrong} if right.get(k) != wrong.get(k)}
    return None


def agree(hot: HotGuest, depth: Monitors, plan: Sequence[str], engines: Mapping[str, Factory] = ENGINES) -> None:
    """Raises AssertionError with the smallest guest found for which engines differ."""
    if difference(hot, depth, plan, engines) is None:
        return
    small = shrunk(hot, depth, plan, engines)
    found = difference(small, depth, plan, engines)
    assert found is not None
    number, differing = found
    lines = [f"{name}: {right} became {wrong}" for name, (right, wrong) in sorted(differing.items())]
    told = [f"depth {depth}, engines {plan}, wrong after turn {number}:", *lines, repr(small)]
    raise AssertionError("\n".join(told))


# ---- small guests for failures

ATTEMPTS = 300


def shrunk(hot: HotGuest, depth: Monitors, plan: Sequence[str], engines: Mapping[str, Factory]) -> HotGuest:
    """The smallest guest found for which the engines still differ."""
    left, progress = ATTEMPTS, True
    while progress and left:
        progress = False
        for candidate in _smaller(hot):
            left -= 1
            if difference(candidate, depth, plan, engines) is not None:
                hot, progress = candidate, True
                break
            if not left:
                break
    return hot


def _smaller(hot: HotGuest) -> Iterator[HotGuest]:
    turns = hot.turns
    cuts = sorted({len(turns) // 2, len(turns) - 1} - {0})
    yield from (replace(hot, turns=turns[:cut]) for cut in cuts)
    for at in range(len(turns) - 1, -1, -1):
        if len(turns) > 1:
            yield replace(hot, turns=turns[:at] + turns[at + 1 :])
        yield from (replace(hot, turns=(*turns[:at], turn, *turns[at + 1 :])) for turn in _less(turns[at]))
    words = hot.guest.words
    addresses = sorted(words)
    length = len(addresses) // 2
    while length:
        for first in range(0, len(addresses), length):
            gone = set(addresses[first : first + length])
            kept = {a: w for a, w in words.items() if a not in gone}
            yield replace(hot, guest=replace(hot.guest, words=kept))
        length //= 2
    if hot.guest.text:
        yield replace(hot, guest=replace(hot.guest, text=b""))


def _less(turn: Turn) -> Iterator[Turn]:
    if turn.words:
        yield replace(turn, words={})
    for name, value in turn.state.items():
        yield replace(turn, state={n: v for n, v in turn.state.items() if n != name})
        if isinstance(value, list):
            for i in (i for i, v in enumerate(value) if v):
                yield replace(turn, state={**turn.state, name: [*value[:i], 0, *value[i + 1 :]]})
    if not turn.whole:
        yield replace(turn, whole=True)
    if turn.breaks:
        yield replace(turn, breaks=frozenset())
    if turn.steps > 1:
        yield replace(turn, steps=turn.steps // 2)
        yield replace(turn, steps=turn.steps - 1)
