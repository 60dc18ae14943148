"""Words that native code puts down for devices that merely store them: the same comes of them as if each had been sent,
whoever looks, and whenever. And that devices keep the promise on which this rests."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from isa.assembler import assemble
from isa.devices import Console, Device, Ports
from isa.devices.backing import MemoryBacking
from isa.devices.disk import Disk
from isa.devices.inputs import Script
from isa.devices.polling import MOST, NOTES, SAID, Polls
from isa.engines.native.frame import Frame
from isa.machine import Machine, Reason, Storage
from isa.machine.trace import each_line
from monitor.techniques import HYBRID, INTERPRET, TRAP, Monitors
from tests.engines.differential import shown
from tests.engines.engines import STEPPING, Factory
from tests.engines.fresh import watched
from tests.engines.test_native_polling import NATIVE
from tests.isa.alarm import Alarm
from tests.machines_to_test import G3
from tests.monitor.native_checks import SIZE, tall
from tests.planting import Bugs, Planted, must_catch

pytestmark = pytest.mark.long

Patch = pytest.MonkeyPatch
PRINT = "start: set r2, 64\n set r8, 900\n1: addi r2, r2, 1\n out r2, r0\n addi r8, r8, -1\n bnez r8, 1b\n halt"
# Two ports in turn, with questions in between, then one that is sent to twice, and a command that takes what is there.
WRITE = """
start:  set r8, 40
        set r1, 2
        set r2, 3
        set r3, 4
1:      out r8, r1              # an address
        out r8, r0
        out r8, r2              # a block
        add r4, r8, r8
        out r4, r2
        in  r5, r3
        out r4, r1
        out r0, r3              # no command
        in  r5, r3
        addi r8, r8, -1
        bnez r8, 1b
        halt
"""
TOWERS: tuple[Monitors, ...] = (0, 1, 2, (HYBRID,), (TRAP, INTERPRET))


class Paper:
    """A sink that holds so many characters; when the host has made room, as many again."""

    def __init__(self, room: int) -> None:
        self.room, self.data = room, b""

    def write(self, data: bytes) -> None:
        if len(self.data) == self.room:
            self.room *= 2
            raise OSError(28, "No space left on device")
        self.data += data


def outfit(sink: Paper | None = None) -> Ports:
    console = Console(Script(b"abc", interval=500), sink)
    return Ports({0: console, 2: Disk(MemoryBacking(bytes(1 << 12)), G3.word, duration=9), 5: Alarm([70])})


def machine(engine: Factory, monitors: Monitors, source: str, ports: Ports) -> Machine:
    made: Machine
    if monitors:
        made = tall(G3, monitors, engine, lambda: ports)
    else:
        made = Machine(G3, Storage(G3.word, SIZE), ports, engine=engine)
    made.load(assemble(G3, source, "test"))
    return made


def same(monitors: Monitors, source: str, look: Callable[[Machine], object], *budgets: int) -> list[list[object]]:
    """Both engines' machines, looked at after each run in the same way; what was seen."""
    found = []
    for engine in (NATIVE, STEPPING):
        made, seen = machine(engine, monitors, source, outfit()), list[object]()
        for budget in budgets:
            made.run(budget)
            seen.append(look(made))
        found.append([*seen, shown(made)])
    assert found[0] == found[1]
    return found


def output(made: Machine) -> bytes:
    console = made.ports.find(Console)
    assert console is not None
    return console.output


def printing_is_the_same(monitors: Monitors = 0) -> None:
    same(monitors, PRINT, output, 9000)
    random = Random(len(repr(monitors)))
    same(monitors, PRINT, output, *(random.randint(1, 300) for _ in range(30)))


def two_ports_are_the_same(monitors: Monitors = 0) -> None:
    same(monitors, WRITE, shown, 30, 1, 1, 1, 1, 1, 2000)


def who_looks_sees_each_word(monitors: Monitors = 0) -> None:
    seen = []
    for engine in (NATIVE, STEPPING):
        made, lines = machine(engine, monitors, WRITE, outfit()), list[object]()
        made.run(60)
        made.trace = each_line(lines.append)
        made.run(200)
        seen.append(lines)
    assert seen[0] == seen[1]


def a_snapshot_and_a_mark_have_all(monitors: Monitors = 0) -> None:
    """Whoever looks first."""
    for look in (lambda made: repr(made.ports.save()), lambda made: made.ports.mark()[1:]):
        same(monitors, PRINT, look, 100, 1000)

    def back(made: Machine) -> object:
        mark, steps = made.ports.mark(), made.steps
        made.run(100)
        after = output(made), made.ports.traffic
        made.ports.rewind(mark)
        return steps, after, output(made), made.ports.traffic

    same(monitors, PRINT, back, 100, 1000)


def who_listens_is_told_of_each(monitors: Monitors = 0) -> None:
    told: list[tuple[int, str]] = []

    def listen(made: Machine) -> list[tuple[int, str]]:
        heard = told[:]
        told.clear()
        made.ports.sent = lambda step, device: told.append((step, device.name))
        return heard

    assert len(same(monitors, WRITE, listen, 100, 900)[0][1]) > 100  # type: ignore[arg-type]


def the_host_fails_at_the_same_step(monitors: Monitors = 0) -> None:
    """Nothing goes out late, and a failure comes before the step."""
    found = []
    for engine in (NATIVE, STEPPING):
        paper, ends = Paper(300), []
        made = machine(engine, monitors, PRINT, outfit(paper))
        for budget in (500, 1000, 1000, 10, 5000):
            end = made.run(budget)
            ends.append((end.reason, end.steps, paper.data, output(made)))
        assert [end[0] for end in ends].count(Reason.DEVICE) == 2
        found.append([*ends, shown(made)])
    assert found[0] == found[1]


CHECKS = (
    printing_is_the_same,
    two_ports_are_the_same,
    who_looks_sees_each_word,
    a_snapshot_and_a_mark_have_all,
    who_listens_is_told_of_each,
    the_host_fails_at_the_same_step,
)


@pytest.mark.parametrize("monitors", TOWERS, ids=str)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_is_sent_is_the_same(check: Callable[[Monitors], None], monitors: Monitors) -> None:
    check(monitors)


def test_python_is_asked_only_where_there_is_no_room() -> None:
    made = machine(NATIVE, 0, PRINT, outfit())
    with watched() as events:
        made.run(9000)
    assert made.halted and len(output(made)) == 900
    assert events["ASK"] <= 1 + 900 // MOST


@pytest.mark.parametrize("seed", range(20))
def test_devices_keep_their_promise(seed: int) -> None:
    """Stored at once or later: nobody can tell in between, and afterwards they are the same."""
    random, now = Random(seed), 0
    twins = outfit(), outfit()
    waiting: list[tuple[Any, int, int]] = []
    for _ in range(300):
        now += random.randint(0, 5)
        port, word = random.randint(0, 5), random.randint(0, 3)
        (early, own), (late, _) = (ports._places[port] for ports in twins)
        if not isinstance(early, Alarm) and early.stores(own) and random.random() < 0.8:  # type: ignore[attr-defined]
            early.send(own, word, now)
            waiting.append((late, own, word))
        else:
            for device, at, put in waiting:
                device.store(at, [put])
            waiting.clear()
            for device in (early, late):
                device.send(own, word, now)
        told = [[_asked(device) for device in ports.devices.values()] for ports in twins]
        assert told[0] == told[1]
        if not waiting:
            assert twins[0].save() == twins[1].save()
        due = twins[0].deadline()
        if due is not None and due <= now:
            for device, at, put in waiting:
                device.store(at, [put])
            waiting.clear()
            for ports in twins:
                ports.act(now, Storage(G3.word, SIZE))


def _asked(device: Device) -> list[object]:
    """What can be asked of it without changing anything."""
    steady = getattr(device, "steady", lambda port: None)
    return [device.deadline(), *(steady(port) for port in range(device.ports))]


# ---- planted bugs

BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


def taken_otherwise(patch: Patch, change: Callable[[list[tuple[int, int]]], list[tuple[int, int]]]) -> None:
    right = Polls.take
    patch.setattr(Polls, "take", lambda self: change(right(self)))


@caught_by(printing_is_the_same)
def what_is_sent_is_counted_twice(patch: Patch) -> None:
    taken_otherwise(patch, lambda notes: [n for note in notes for n in (note, note)])


@caught_by(two_ports_are_the_same)
def two_ports_are_settled_in_another_order(patch: Patch) -> None:
    taken_otherwise(patch, lambda notes: sorted(notes, key=lambda note: note[0] % SAID))


@caught_by(printing_is_the_same)
def what_is_sent_is_stored_backwards(patch: Patch) -> None:
    right = Console.store
    patch.setattr(Console, "store", lambda self, port, words: right(self, port, words[::-1]))


@caught_by(two_ports_are_the_same)
def the_first_block_is_kept_and_not_the_last(patch: Patch) -> None:
    patch.setattr(Disk, "store", lambda self, port, words: self.send(port, words[0], 0))


@caught_by(printing_is_the_same)
def the_last_word_is_lost_where_there_is_no_more_room(patch: Patch) -> None:
    right = Polls.take

    def take(self: Polls) -> list[tuple[int, int]]:
        self.table[NOTES] -= self.table[NOTES] == MOST
        return right(self)

    patch.setattr(Polls, "take", take)


@caught_by(printing_is_the_same, a_snapshot_and_a_mark_have_all)
def a_run_ends_and_nothing_is_settled(patch: Patch) -> None:
    """Only whoever asks for traffic has it settled."""
    settle = Ports.settle

    def traffic(self: Ports) -> int:
        settle(self)
        return self.counted

    patch.setattr(Ports, "traffic", property(traffic))
    patch.setattr(Ports, "settle", lambda self: None)


@caught_by(two_ports_are_the_same)
def a_command_is_sent_before_what_was_stored(patch: Patch) -> None:
    right = Ports.send

    def send(self: Ports, port: int, word: int, now: int) -> None:
        settle = self.settle
        self.settle = lambda: None  # type: ignore[method-assign]
        try:
            right(self, port, word, now)
        finally:
            self.settle = settle  # type: ignore[method-assign]

    patch.setattr(Ports, "send", send)


@caught_by(two_ports_are_the_same)
def a_command_is_stored_too(patch: Patch) -> None:
    patch.setattr(Disk, "stores", lambda self, port: True)


@caught_by(the_host_fails_at_the_same_step)
def output_is_stored_though_it_goes_elsewhere(patch: Patch) -> None:
    patch.setattr(Console, "stores", lambda self, port: True)


@caught_by(who_listens_is_told_of_each)
def nobody_is_heard_to_listen(patch: Patch) -> None:
    right = Polls.renew
    patch.setattr(Polls, "renew", lambda self, stores: right(self, True))


@caught_by(who_looks_sees_each_word)
def nobody_is_seen_to_look(patch: Patch) -> None:
    right = Frame.look
    patch.setattr(Frame, "look", lambda self, watched, awaited: right(self, False, awaited))


def test_words_of_one_port_are_stored_together() -> None:
    """So a kilobyte printed is one act of the console."""
    stored: list[int] = []

    class Counting(Console):
        def store(self, port: int, words: Sequence[int]) -> None:
            stored.append(len(words))
            super().store(port, words)

    made = machine(NATIVE, 0, PRINT, Ports({0: Counting()}))
    made.run(9000)
    assert sum(stored) > 890 and len(stored) <= 1 + 900 // MOST
