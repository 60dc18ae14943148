"""What went out of a machine does not go out again, and what is changed in the past is a branch."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guests.catalogue import find
from isa.assembler import assemble
from isa.devices import BLOCK, Disk, Live, MemoryBacking, Ports, Script, standard
from isa.devices.backing import FileBacking
from isa.devices.inputs import Input
from isa.devices.recording import Recorder, load_recording
from isa.engines.choice import REFERENCE, bare
from isa.machine import Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from isa.machine.trace import TraceLine, each_line
from monitor import ExitEvent, VirtualMachine
from monitor.history import HistoryError
from monitor.history.cuts import fresh
from monitor.monitor import tower
from tests.guests.boot import image_of
from tests.isa.alarm import Alarm
from tests.machines_to_test import G3
from tests.monitor.history_checks import build, kept_everywhere, small_stretches, whole
from tests.program_strategies import programs

SIZE, STRIDE = 1024, 4 * BLOCK
SMALL = 160  # words of the machine of a random program
ECHO = """
        .org 16
start:  set  r6, 1              # adds up the characters that come in
1:      in   r1, r6
        andi r2, r1, 1
        beqz r2, 1b
        in   r1, r0
        out  r1, r0
        add  r5, r5, r1
        b    1b
"""
WRITING = """
        .org 16                 # writes the number of each round into a block, and prints a letter
start:  set  r7, 2
        set  r8, 3
        set  r9, 4
1:      addi r1, r1, 1
        sw   r1, 600(r0)
        set  r2, 600
        out  r2, r7
        andi r3, r1, 3
        out  r3, r8
        set  r2, 2
        out  r2, r9
2:      in   r2, r9
        addi r2, r2, -1
        beqz r2, 2b
        addi r4, r1, 64
        out  r4, r0
        b    1b
"""


class Screen(io.BytesIO):
    """What a person has seen."""


def made(source: str, depth: int = 0, input: Input | None = None, path: Path | None = None) -> tuple[Machine, Screen]:
    screen = Screen()
    disk = None if path is None else Disk(FileBacking(str(path)), G3.word)
    ports = standard(G3, input=input or Script(), disk=disk, sink=screen)
    machine: Machine = tower(G3, SIZE, depth, ports) if depth else bare(G3, Storage(32, SIZE), ports)
    machine.load(assemble(G3, source, "test"))
    return machine, screen


def blocks(path: Path) -> list[int]:
    """The first word of each."""
    data = path.read_bytes()
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), STRIDE)]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    path.write_bytes(bytes(4 * STRIDE))
    return path


def round_of(machine: Machine) -> int:
    x = machine.state["x"]
    assert isinstance(x, list)
    return x[1]


@pytest.mark.parametrize("depth", [0, 1])
def test_nothing_is_printed_twice(depth: int) -> None:
    machine, screen = made(WRITING, depth)
    history = kept_everywhere(machine)
    for step in (6_000, 100, 5_000, 9_000, 8_999):
        history.go(step)
    twin, seen = made(WRITING, depth)
    fresh(twin, 9_000)
    assert screen.getvalue() == seen.getvalue() and len(seen.getvalue()) > 20


@pytest.mark.parametrize("depth", [0, 1])
def test_a_disk_is_in_the_past_as_it_was_then(depth: int, disk: Path, tmp_path: Path) -> None:
    """And its file is as it is at the newest step."""
    machine, _ = made(WRITING, depth, path=disk)
    history = kept_everywhere(machine)
    history.go(9_000)
    newest, inode = blocks(disk), disk.stat().st_mtime_ns
    device = machine.ports.find(Disk)
    assert device is not None
    for step in (1_500, 300, 4_000):
        history.go(step)
        other = tmp_path / f"other {step}"
        other.write_bytes(bytes(4 * STRIDE))
        twin, _ = made(WRITING, depth, path=other)
        fresh(twin, step)
        assert device.backing.read(0, STRIDE) + device.backing.read(STRIDE, STRIDE) == other.read_bytes()[: 2 * STRIDE]
    assert blocks(disk) == newest and disk.stat().st_mtime_ns == inode
    with history.change():
        pass
    assert disk.read_bytes() == other.read_bytes() and history.branches == [4_000]


def test_a_disk_that_somebody_else_wrote_is_not_believed(disk: Path) -> None:
    machine, _ = made(WRITING, path=disk)
    history = kept_everywhere(machine)
    history.go(9_000)
    disk.write_bytes(bytes(4 * STRIDE))
    history.go(2_000)
    with pytest.raises(HistoryError, match="somebody else has written to it"), history.change():
        pass
    assert history.go(9_000).reason is Reason.BUDGET  # nothing is read, nor written again
    end = history.go(12_000)
    assert end.reason is Reason.DEVICE and "somebody else has written to it" in end.detail


@pytest.mark.parametrize("depth", [0, 1])
def test_what_was_typed_arrives_again_and_is_recorded_once(depth: int, tmp_path: Path) -> None:
    live = Live(Recorder(str(tmp_path / "recording")))
    machine, screen = made(ECHO, depth, live)
    history = kept_everywhere(machine)
    for step, text in ((1_000, b"ab"), (6_000, b"c")):
        history.go(step)
        live.feed(text)
    history.go(9_000)
    state = whole(machine)
    for step in (500, 7_000, 2_000, 9_000):
        history.go(step)
    assert whole(machine) == state and screen.getvalue() == b"abc"
    arrivals = load_recording(str(tmp_path / "recording"))
    assert [(a.step, a.character) for a in arrivals] == [(1_000, 97), (1_000, 98), (6_000, 99)]
    history.go(3_000)
    live.feed(b"x")
    with pytest.raises(HistoryError, match="typed while the machine is in its past"):
        history.go(9_000)
    with history.change():
        pass
    assert history.branches == [3_000]
    history.go(9_000)
    arrivals = load_recording(str(tmp_path / "recording"))
    assert [(a.step, a.character) for a in arrivals] == [(1_000, 97), (1_000, 98), (3_000, 120)]
    assert screen.getvalue() == b"abcx"


@pytest.mark.parametrize("depth", [0, 1])
def test_a_machine_that_waits_for_somebody_goes_on_when_he_types(depth: int) -> None:
    live, screen, guest = Live(), Screen(), find("echo")
    ports = standard(G3, input=live, sink=screen)
    machine: Machine = tower(G3, guest.storage, depth, ports) if depth else bare(G3, Storage(32, guest.storage), ports)
    machine.load(image_of(guest, G3))
    history = kept_everywhere(machine)
    assert history.go(9_000).reason is Reason.IDLE
    live.feed(b"on\n")
    assert history.go(19_000).reason is Reason.IDLE
    assert screen.getvalue() == b"no\n"
    step, state = machine.steps, whole(machine)
    for there in (10, step, 100):
        history.go(there)
    assert history.go(19_000).reason is Reason.IDLE
    assert whole(machine) == state and screen.getvalue() == b"no\n" and history.branches == []


@pytest.mark.parametrize("depth", [0, 2])
def test_a_change_in_the_past_is_a_branch(depth: int) -> None:
    machine, screen = made(WRITING, depth)
    history = kept_everywhere(machine)
    history.go(9_000)
    before, printed = round_of(machine), len(screen.getvalue())
    history.go(5_001)
    with history.change():
        x = machine.state["x"]
        assert isinstance(x, list)
        machine.state["x"] = [x[0], x[1] + 1000, *x[2:]]
        machine.storage.store(900, 77)
    assert (history.branches, history.newest) == ([5_001], 5_001)
    history.go(9_000)
    state = whole(machine)
    assert before + 900 < round_of(machine) and len(screen.getvalue()) > printed
    history.go(5_000)
    assert round_of(machine) < 900 and machine.storage.load(900) == 0
    history.go(5_001)
    assert round_of(machine) > 900 and machine.storage.load(900) == 77
    history.go(9_000)
    assert whole(machine) == state


@pytest.mark.parametrize("depth", [0, 1])
def test_a_saved_machine_can_be_taken_up_in_a_history(depth: int) -> None:
    """As any change: what came before it is still there, the blocks of a disk too."""

    def started() -> Machine:
        ports = standard(G3, input=Live(), disk=Disk(MemoryBacking(bytes(4 * STRIDE)), G3.word))
        machine: Machine = tower(G3, SIZE, depth, ports) if depth else bare(G3, Storage(32, SIZE), ports)
        machine.load(assemble(G3, WRITING, "test"))
        return machine

    other = started()
    fresh(other, 6_000)
    saved = Snapshot.take(other)
    history = kept_everywhere(started())
    history.go(2_500)
    with history.change():
        saved.apply(history.machine)
        history.machine.steps = 2_500
    assert history.machine.ports.save() == saved.ports
    history.go(1_200)
    twin = started()
    fresh(twin, 1_200)
    assert whole(history.machine) == whole(twin)
    history.go(2_500)
    assert history.machine.ports.save() == saved.ports and bytes(history.machine.storage.cells) == bytes(
        other.storage.cells
    )


def test_a_device_that_has_no_marks_is_saved_and_restored() -> None:
    machine = bare(G3, Storage(32, SIZE), Ports({0: Alarm([40, 1_500, 3_001, 6_000, 8_191, 8_192])}))
    machine.load(assemble(G3, "start: addi r1, r1, 1\n b start", "test"))
    alarm = machine.ports.find(Alarm)
    assert alarm is not None
    history = kept_everywhere(machine)
    for step in (9_000, 2_000, 5_000, 0, 9_000):
        history.go(step)
        assert alarm.acted == [due for due in (40, 1_500, 3_001, 6_000, 8_191, 8_192) if due < machine.steps]


@pytest.mark.parametrize("depth", [0, 1, 2])
@given(data=st.data())
@settings(max_examples=8)
def test_changes_are_made_where_they_were_made(depth: int, data: st.DataObject) -> None:
    """At random steps of a random program, in the past or not, and looked at from everywhere."""
    program = data.draw(programs(G3))
    changes: list[tuple[int, int, int]] = []
    with small_stretches():
        history = kept_everywhere(build(program, depth, REFERENCE))
        for _ in range(data.draw(st.integers(1, 6))):
            history.go(data.draw(st.integers(0, 300)))
            if data.draw(st.booleans()):
                at, place = history.machine.steps, data.draw(st.integers(0, SMALL - 1))
                word = data.draw(st.integers(0, 9))
                with history.change():
                    history.machine.storage.store(place, word)
                changes = [*(change for change in changes if change[0] <= at), (at, place, word)]
            history.go(step := data.draw(st.integers(0, 300)))
            twin = build(program, depth, REFERENCE)
            for at, place, word in changes:
                if at <= step:
                    fresh(twin, at)
                    twin.storage.store(place, word)
            fresh(twin, step)
            ours, theirs = whole(history.machine), whole(twin)
            assert [name for name in theirs if ours[name] != theirs[name]] == []


def test_what_ends_a_run_between_stretches_loses_nothing() -> None:
    """Ctrl-C, for example."""

    def enough(step: int) -> None:
        if step >= 20_000:
            raise KeyboardInterrupt

    machine, screen = made(WRITING, 1)
    history = kept_everywhere(machine)
    history.progress = enough
    with pytest.raises(KeyboardInterrupt):
        history.go(90_000)
    assert machine.steps == history.newest < 30_000
    history.progress = None
    history.go(40_000)
    twin, seen = made(WRITING, 1)
    fresh(twin, 40_000)
    assert whole(machine) == whole(twin) and screen.getvalue() == seen.getvalue()


def test_nobody_is_told_twice() -> None:
    """Of exits, or of the steps that a trace has."""
    machine, _ = made(WRITING, 1)
    assert isinstance(machine, VirtualMachine)
    told: list[ExitEvent] = []
    machine.monitor.subscribe(told.append)
    history = kept_everywhere(machine)
    for step in (1_000, 200, 3_000):
        history.go(step)
    steps = [event.step for event in told]
    assert steps == sorted(steps) and len(steps) > 100
    lines: list[TraceLine] = []
    alone, _ = made(WRITING)
    alone.trace = each_line(lines.append)
    history = kept_everywhere(alone)
    for step in (1_000, 200, 3_000):
        history.go(step)
    assert [line.step for line in lines] == list(range(3_000))


def test_a_history_that_does_not_fit_says_so_and_stays() -> None:
    machine, _ = made(WRITING)
    history = kept_everywhere(machine, 1_000)
    with pytest.raises(HistoryError, match=r"the history takes [\d,]+ bytes, and may take 1,000"):
        history.go(100_000)
    step = machine.steps
    assert history.go(10).reason is Reason.BUDGET and machine.steps == 10 < step


def test_what_is_typed_in_a_change_arrives_there_and_nowhere_before() -> None:
    live = Live()
    machine, screen = made(ECHO, 1, live)
    history = kept_everywhere(machine)
    history.go(1500)
    for text in (b"he", b"y"):
        with history.change():
            live.feed(text)
    history.go(1400)
    history.go(1499)
    assert screen.getvalue() == b""
    for step in (1600, 1450, 1601):
        history.go(step)
    assert screen.getvalue() == b"hey"
    history.go(1500)
    assert machine.state["x"][5] == 0  # type: ignore[index]
