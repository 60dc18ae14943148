"""Words that native code gives without Python: the same ones, at the same steps, and counted as if they had been asked
for. And that devices keep the promise on which this rests."""

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from isa.assembler import assemble
from isa.devices import Console, Ports
from isa.devices.arrivals import Arrivals
from isa.devices.backing import MemoryBacking
from isa.devices.disk import Disk
from isa.devices.inputs import Script
from isa.devices.keys import Keys, pressed
from isa.devices.polling import AFTER, MOST, NOTES, ONCE, OPEN, PAGE, SAID, WORDS, Handing, Polls, Steady
from isa.engines.native.frame import Frame
from isa.machine import Machine, Storage
from isa.machine.trace import each_line
from tests.engines.differential import shown
from tests.engines.engines import STEPPING, Factory
from tests.engines.engines import native as native_engine
from tests.engines.fresh import watched
from tests.isa.alarm import Alarm
from tests.machines_to_test import G3
from tests.monitor.native_checks import SIZE, tall
from tests.planting import Bugs, Planted, must_catch, passes

Patch = pytest.MonkeyPatch
NATIVE = native_engine(regions=False)
POLL = """
start:  set r2, 1
1:      in r3, r2
        addi r8, r8, 1
        andi r4, r3, 1
        bnez r4, take
        andi r4, r3, 2
        beqz r4, 1b
        in r6, r0
        halt
take:   in r5, r0
        in r3, r2
        add r9, r9, r3
        out r5, r0
        in r6, r0
        b 1b
"""
# Two devices in turn, more often than there is room for notes; the disk is at work, and then it is done.
BOTH = """
start:  set r2, 4
        out r2, r2
        set r8, 300
        set r1, 1
1:      in r3, r2
        in r4, r1
        in r5, r7
        in r6, r9
        set r9, 3
        addi r8, r8, -1
        bnez r8, 1b
        halt
"""
# Events that are polled for; several arrive at once.
EVENTS = """
start:  set r2, 6
        set r9, 10
1:      in r3, r2
        addi r8, r8, 1
        beqz r3, 1b
        xor r5, r5, r3
        slli r5, r5, 1
        addi r9, r9, -1
        bnez r9, 1b
        halt
"""
# The time of the day is another one each time: never at hand.
TIME = "start: set r1, 5\n set r8, 30\n1: in r3, r1\n add r4, r4, r3\n addi r8, r8, -1\n bnez r8, 1b\n halt"


def outfit() -> Ports:
    console = Console(Script(b"a line of text\n", interval=37))
    disk = Disk(MemoryBacking(bytes(1 << 12)), G3.word, duration=90)
    arrivals = [(90 * (n // 2), pressed(ord("a") + n, n % 3 != 0)) for n in range(10)]
    return Ports({0: console, 2: disk, 5: Alarm([70]), 6: Keys(Arrivals(arrivals))})


def machine(engine: Factory, depth: int, source: str) -> Machine:
    ports = outfit()
    if depth:
        made: Machine = tall(G3, depth, engine, lambda: ports)
    else:
        made = Machine(G3, Storage(G3.word, SIZE), ports, engine=engine)
    made.load(assemble(G3, source, "test"))
    return made


def same(depth: int, source: str, *budgets: int) -> None:
    machines = [machine(engine, depth, source) for engine in (NATIVE, STEPPING)]
    for made in machines:
        for budget in budgets:
            made.run(budget)
    assert shown(machines[0]) == shown(machines[1])


def polling_is_the_same(depth: int = 0) -> None:
    same(depth, POLL, 5000)
    random = Random(depth)
    same(depth, POLL, *(random.randint(1, 90) for _ in range(30)))


def events_are_the_same(depth: int = 0) -> None:
    same(depth, EVENTS, 5000)


def two_devices_are_the_same(depth: int = 0) -> None:
    same(depth, BOTH, 3000)


def a_device_that_does_not_promise_is_asked(depth: int = 0) -> None:
    same(depth, TIME, 1000)


def who_looks_sees_each_word(depth: int = 0) -> None:
    seen = []
    for engine in (NATIVE, STEPPING):
        made, lines = machine(engine, depth, POLL), list[object]()
        made.trace = each_line(lines.append)
        made.run(400)
        seen.append(lines)
    assert seen[0] == seen[1]


CHECKS = (
    who_looks_sees_each_word,
    polling_is_the_same,
    events_are_the_same,
    two_devices_are_the_same,
    a_device_that_does_not_promise_is_asked,
)


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_is_received_is_the_same(check: Callable[[int], None], depth: int) -> None:
    check(depth)


def where_no_device_is_there_is_nothing() -> None:
    """Machines without devices have one table in common, which stays empty."""
    found = []
    for engine in (NATIVE, STEPPING):
        made = Machine(G3, Storage(G3.word, SIZE), engine=engine)
        made.load(assemble(G3, BOTH, "test"))
        made.run(3000)
        found.append(shown(made))
    assert found[0] == found[1]
    assert Ports().polls == Ports({}).polls != outfit().polls


def test_where_no_device_is_there_is_nothing() -> None:
    passes(where_no_device_is_there_is_nothing)


@pytest.mark.parametrize(("source", "most"), [(POLL, 5), (EVENTS, 6)])  # of two events that come at once it is asked
def test_python_is_asked_only_where_something_comes_of_it(source: str, most: int) -> None:
    made = machine(NATIVE, 0, source)
    with watched() as events:
        made.run(5000)
    assert made.halted and made.state["x"][8] > 80
    assert events["ASK"] <= most


def test_a_word_is_handed_out_once_and_each_in_its_turn() -> None:
    console, polls = Console(), Polls()
    console._waiting += b"ab"
    for port in range(2):
        polls.received(port, console, port)
    for word in b"ab":
        polls.renew(True)
        assert polls.table[WORDS] == word and polls.table[OPEN] == 3 and polls.table[ONCE] == 1
        assert polls.table[AFTER] == (2 if word == ord("a") else 3)
        console.recv(0, 0)
    polls.renew(True)
    assert polls.table[OPEN] == 3 and polls.table[ONCE] == polls.table[PAGE] == 0


def test_a_device_that_changed_between_two_runs_is_asked_again() -> None:
    made = machine(NATIVE, 0, POLL)
    made.run(5)
    assert made.state["x"][3] == 1
    made.run(30)
    assert made.state["x"][3] == 0
    made.ports.restore(Ports.save(machine(NATIVE, 0, POLL).ports))
    console = made.ports.find(Console)
    assert console is not None
    console._waiting += b"!"
    made.run(10)
    assert made.state["x"][5] == ord("!")


@pytest.mark.parametrize("seed", range(20))
def test_devices_keep_their_promise(seed: int) -> None:
    """Whatever happened before: a steady word comes again and again, at any step, and leaves the device as it was."""
    random, ports, now = Random(seed), outfit(), 0
    for _ in range(200):
        now += random.randint(0, 20)
        due = ports.deadline()
        if due is not None and due <= now:
            ports.act(now, Storage(G3.word, SIZE))
        elif random.random() < 0.5:
            ports.send(random.randint(0, 6), random.randint(0, 3), now)
        else:
            ports.recv(random.randint(0, 6), now)
        for first, device in ports.devices.items():
            if not isinstance(device, Steady):
                continue
            for own in range(device.ports):
                word = device.steady(own)
                before = device.save()
                if word is not None:
                    assert [device.recv(own, now + later) for later in (0, 5, 1 << 40)] == [word] * 3, first
                    assert device.save() == before
            keeps_what_it_hands_out(device, now)


def keeps_what_it_hands_out(device: Any, now: int) -> None:
    """The next word comes at any step, and afterwards is steady what was said to be."""
    for asked in range(device.ports if isinstance(device, Handing) else 0):
        for later in (0, 5, 1 << 40):
            other, word = deepcopy(device), device.next(asked)
            if word is not None:
                then = [device.then(asked, own) for own in range(device.ports)]
                assert other.recv(asked, now + later) == word and device.steady(asked) is None
                assert [other.steady(own) for own in range(device.ports)] == then


# ---- planted bugs

BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


@caught_by(who_looks_sees_each_word)
def nobody_is_seen_to_look(patch: Patch) -> None:
    right = Frame.look
    patch.setattr(Frame, "look", lambda self, watched, awaited: right(self, False, awaited))


@caught_by(polling_is_the_same)
def a_word_outlives_what_a_device_does(patch: Patch) -> None:
    right = Ports.act

    def act(self: Ports, now: int, storage: Any) -> int:
        with Patch.context() as inner:
            inner.setattr(Polls, "renew", lambda self, stores: None)
            return right(self, now, storage)

    patch.setattr(Ports, "act", act)


@caught_by(polling_is_the_same)
def a_word_outlives_the_question_after_it(patch: Patch) -> None:
    right = Ports.recv

    def recv(self: Ports, port: int, now: int) -> int:
        with Patch.context() as inner:
            if port == 0:
                inner.setattr(Polls, "renew", lambda self, stores: None)
            return right(self, port, now)

    patch.setattr(Ports, "recv", recv)


@caught_by(polling_is_the_same)
def a_character_is_promised_for_ever(patch: Patch) -> None:
    def steady(self: Console, port: int) -> int:
        return (self._waiting or b"\0")[0] if port == 0 else self.recv(port, 0)

    patch.setattr(Console, "steady", steady)


@caught_by(polling_is_the_same)
def a_character_that_was_handed_out_is_kept(patch: Patch) -> None:
    right = Polls.settle

    def settle(self: Polls) -> tuple[int, bytes]:
        self._once = -1
        return right(self)

    patch.setattr(Polls, "settle", settle)


@caught_by(polling_is_the_same)
def a_character_is_said_to_wait_after_the_last(patch: Patch) -> None:
    patch.setattr(Console, "then", lambda self, asked, port: self.steady(port) if port else None)


@caught_by(events_are_the_same)
def no_event_is_said_to_wait_after_the_first(patch: Patch) -> None:
    patch.setattr(Keys, "then", lambda self, asked, port: 0)


@caught_by(where_no_device_is_there_is_nothing)
def a_device_is_taken_to_be_where_none_is(patch: Patch) -> None:
    right = Ports.recv

    def recv(self: Ports, port: int, now: int) -> int:
        word = right(self, port, now)
        self._polls.received(port, Console(), 1)
        self._polls.renew(True)
        return word

    patch.setattr("isa.devices.ports._NOTHING", Polls())
    patch.setattr(Ports, "recv", recv)


@caught_by(polling_is_the_same)
def what_native_code_took_is_not_counted(patch: Patch) -> None:
    def take(self: Polls) -> list[tuple[int, int]]:
        self.table[NOTES] = 0
        return []

    patch.setattr(Polls, "take", take)


@caught_by(polling_is_the_same)
def what_native_code_took_is_counted_once(patch: Patch) -> None:
    right = Polls.take
    patch.setattr(Polls, "take", lambda self: [(key, 1 if key < SAID else amount) for key, amount in right(self)])


@caught_by(two_devices_are_the_same)
def what_native_code_took_is_counted_in_another_order(patch: Patch) -> None:
    right = Polls.take
    patch.setattr(Polls, "take", lambda self: right(self)[::-1])


@caught_by(two_devices_are_the_same)
def the_last_note_is_lost_where_all_are_full(patch: Patch) -> None:
    right = Polls.take

    def take(self: Polls) -> list[tuple[int, int]]:
        self.table[NOTES] -= self.table[NOTES] == MOST
        return right(self)

    patch.setattr(Polls, "take", take)
