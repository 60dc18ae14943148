"""Devices on a whole machine: exact timing however a run is cut up, failures that end it, and snapshots of it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import BLOCK, Console, Disk, Live, MemoryBacking, Ports, RandomSource, Replay, Script
from isa.devices.disk import DURATION
from isa.devices.recording import Arrival
from isa.engines.choice import bare
from isa.errors import TraplineError
from isa.machine import Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from isa.machine.trace import each_line
from isa.machines.catalogue import find

G3 = find("g3")
SIZE = 4096

POLL = """
        .org 16
start:  set r2, 2
        set r3, 3
        set r4, 4
        set r5, 512
        set r8, 1
        out r5, r2              # storage address
        out r8, r3              # block
        out r8, r4              # read it
        set r7, 0
wait:   addi r7, r7, 1          # how long it took, in rounds of three steps
        in  r6, r4
        beq r6, r8, wait
        lw  r9, 512(r0)
        halt
"""

SPIN = """
        .org 16
start:  set r2, 2
        set r4, 4
        set r5, 512
        set r8, 1
        out r5, r2
        out r8, r4              # read block 0
        set r7, 0
wait:   addi r7, r7, 1          # nothing here touches a port
        rpnd r6
        andi r6, r6, 4
        beqz r6, wait
        halt
"""

WAIT = """
        .org 16
start:  set r2, 2
        set r4, 4
        set r5, 512
        set r8, 1
        out r5, r2
        out r8, r4
1:      idle                    # the console wakes it as well
        rpnd r6
        cpnd r6
        andi r6, r6, 4
        beqz r6, 1b
        halt
"""

ECHO = """
        .org 16
start:  set r2, 1
        set r5, 5
loop:   idle
        set r6, -1
        cpnd r6
next:   in  r3, r2
        set r4, 2
        beq r3, r4, done
        beqz r3, loop
        in  r6, r0
        out r6, r0
        in  r7, r5              # and something random
        out r7, r0
        b   next
done:   halt
"""


def machine(program: str, ports: Ports | None = None) -> Machine:
    made = bare(G3, Storage(G3.word, SIZE), ports or outfit())
    made.load(assemble(G3, program, "guest"))
    return made


def outfit(text: bytes = b"hello") -> Ports:
    disk = Disk(MemoryBacking(bytes(range(256)) * 4), G3.word)
    return Ports({0: Console(Script(text)), 2: disk, 5: RandomSource(G3.word, 1)})


def console_of(made: Machine) -> Console:
    console = made.ports.find(Console)
    assert console is not None
    return console


def outcome(made: Machine) -> tuple[object, ...]:
    """All that a later step or a user could tell."""
    return made.steps, made.retired, made.state.block.tolist(), bytes(made.storage.cells), made.ports.save()


def finished(made: Machine, budget: int = 100_000) -> tuple[object, ...]:
    assert made.run(budget).reason is Reason.HALT
    return outcome(made)


def test_a_command_ends_exactly_after_its_duration() -> None:
    """The command is sent by step 7 and ends at the boundary before step 7 + 200; what polls sees it in step 207 at
    the earliest: `in` is in steps 10, 13, ... and first sees the end in step 208, in round 67."""
    made = machine(POLL)
    finished(made)
    assert made.state["x"][7] == (7 + DURATION - 10 + 2) // 3 + 1  # type: ignore[index]
    assert made.state["x"][9] == int.from_bytes(bytes(range(256))[:4], "little")  # type: ignore[index]


def test_an_interrupt_of_the_disk_is_seen_at_its_step() -> None:
    """Sent by step 5; `rpnd` is in steps 8, 12, ... and first sees the bit in step 208, in round 51."""
    made = machine(SPIN)
    finished(made)
    assert made.state["x"][7] == (5 + DURATION - 8 + 3) // 4 + 1  # type: ignore[index]


def test_an_idle_machine_skips_to_the_end_of_a_command() -> None:
    """Woken at step 205: `rpnd`, `cpnd`, `andi`, `beqz` and `halt` follow the `idle` that then goes on."""
    made = machine(WAIT, Ports({2: Disk(MemoryBacking(bytes(4 * BLOCK)), G3.word)}))
    finished(made)
    assert made.steps == 5 + DURATION + 6


Programs = st.sampled_from([POLL, SPIN, WAIT, ECHO])


@given(Programs, st.lists(st.integers(1, 300), min_size=1, max_size=5), st.booleans())
def test_how_a_run_is_cut_up_makes_no_difference(program: str, budgets: list[int], traced: bool) -> None:
    whole, pieces = machine(program), machine(program)
    if traced:
        pieces.trace = each_line(lambda line: None)
    for budget in budgets * 1000:
        if pieces.run(budget).reason is Reason.HALT:
            break
    assert outcome(pieces) == finished(whole)


@given(Programs, st.integers(0, 600))
def test_a_snapshot_at_any_step_has_the_same_future(program: str, steps: int) -> None:
    made = machine(program)
    made.run(steps)
    copy = machine("start: halt", outfit(b"other"))
    Snapshot.from_bytes(Snapshot.take(made).to_bytes()).apply(copy)
    assert outcome(copy) == outcome(made)
    assert finished(copy) == finished(made)


def test_live_input_replays_to_the_same_state() -> None:
    live = Live()
    made = machine(ECHO, Ports({0: Console(live), 5: RandomSource(G3.word, 1)}))
    arrivals = []
    for budget, typed in ((37, b"a"), (5000, b"bc"), (61, b"d")):
        made.run(budget)
        live.feed(typed)
        arrivals += [Arrival(made.steps, character) for character in typed]
    live.close()
    arrivals.append(Arrival(made.steps, None))
    recorded = finished(made)[:4], console_of(made).output
    again = machine(ECHO, Ports({0: Console(Replay(tuple(arrivals))), 5: RandomSource(G3.word, 1)}))
    assert (finished(again)[:4], console_of(again).output) == recorded


def test_a_machine_without_input_that_waits_for_it_is_idle_and_not_hung() -> None:
    made = machine(ECHO, Ports({0: Console(Live())}))
    assert made.run(10**9).reason is Reason.IDLE
    assert made.steps < 100


class Flaky:
    """A sink that is full while `full` is true."""

    def __init__(self) -> None:
        self.full, self.taken = True, b""

    def write(self, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.taken += data


def test_a_full_output_ends_the_run_before_its_step_and_a_continuation_prints_all() -> None:
    sink = Flaky()
    ports = Ports({0: Console(Script(b"hello"), sink), 5: RandomSource(G3.word, 1)})
    made = machine(ECHO, ports)
    for _ in range(3):
        before = made.steps
        end = made.run(100_000)
        assert end.reason is Reason.DEVICE and "No space left" in end.detail
        assert made.steps == before + end.steps
    saved = Snapshot.take(made).to_bytes()
    sink.full = False
    result = finished(made)
    assert result == finished(machine(ECHO, Ports({0: Console(Script(b"hello")), 5: RandomSource(G3.word, 1)})))
    assert sink.taken == console_of(made).output

    other = Flaky()
    other.full = False
    continued = machine(ECHO, Ports({0: Console(sink=other), 5: RandomSource(G3.word)}))
    Snapshot.from_bytes(saved).apply(continued)
    assert finished(continued) == result and other.taken == sink.taken


def test_a_failed_disk_command_ends_the_run_and_is_done_by_a_continuation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").write_bytes(bytes(range(256)) * 4)

    def with_file() -> Machine:
        from isa.devices import open_disk

        return machine(POLL, Ports({2: open_disk(str(tmp_path / "disk"), G3.word)}))

    expected = finished(with_file())
    made = with_file()
    os.rename(tmp_path / "disk", tmp_path / "away")
    end = made.run(100_000)
    assert end.reason is Reason.DEVICE and "No such file" in end.detail and made.steps == 7 + DURATION
    os.rename(tmp_path / "away", tmp_path / "disk")
    assert finished(made) == expected


# ---- snapshot files


@pytest.fixture
def saved() -> bytes:
    made = machine(ECHO)
    made.run(333)
    return Snapshot.take(made).to_bytes()


def test_a_snapshot_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "machine.snapshot"
    made = machine(ECHO)
    Snapshot.take(made).save(str(path))
    before = path.read_bytes()
    made.run(100)

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TraplineError, match=r"cannot save the machine to .*: No space left"):
            Snapshot.take(made).save(str(path))
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == [path.name]
    Snapshot.take(made).save(str(path))
    assert Snapshot.load(str(path)) == Snapshot.take(made)


def test_files_that_are_no_snapshot(tmp_path: Path) -> None:
    for content, message in (
        (b"", "is not a snapshot"),
        (b"\x7fELF" * 20, "is not a snapshot"),
        (b"TRAP", "truncated"),
    ):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(TraplineError, match=message):
            Snapshot.load(str(tmp_path / "file"))
    with pytest.raises(TraplineError, match="No such file"):
        Snapshot.load(str(tmp_path / "missing"))
    with pytest.raises(TraplineError, match="cannot read the snapshot"):
        Snapshot.load(str(tmp_path))


@given(st.data())
def test_a_damaged_snapshot_is_refused(data: st.DataObject) -> None:
    made = machine(ECHO)
    made.run(333)
    whole = Snapshot.take(made).to_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(changed), whole[:place], whole + b"x"):
        with pytest.raises(TraplineError, match="the snapshot"):
            Snapshot.from_bytes(damaged)


def forged(saved: bytes, change: Callable[[Snapshot], object]) -> Snapshot:
    """The snapshot with something changed that the checksum does not know of."""
    snapshot = Snapshot.from_bytes(saved)
    change(snapshot)
    return Snapshot.from_bytes(snapshot.to_bytes())


FORGERIES: dict[str, Callable[[Snapshot], object]] = {
    "its `pc` is not one": lambda s: s.state.update(pc=[1 << 32]),
    "its `x` is not one": lambda s: s.state.update(x=[0] * 15),
    "no `y`": lambda s: s.state.update(y=[0]),
    "its `psw` is not one": lambda s: s.state.pop("psw"),
    "there is no page 4": lambda s: s.pages.update({4: [0] * 1024}),
    "there is no page 0 of 3": lambda s: s.pages.update({0: [0] * 3}),
    "a word of page 0 is too wide": lambda s: s.pages.update({0: [1 << 32] * 1024}),
    "its seeded choices": lambda s: s.choices is not None and s.choices.clear(),
}


@pytest.mark.parametrize("message", FORGERIES)
def test_a_forged_snapshot_is_refused_with_the_machine_unchanged(saved: bytes, message: str) -> None:
    made = machine(POLL)
    before = outcome(made)
    with pytest.raises(TraplineError, match=message):
        forged(saved, FORGERIES[message]).apply(made)
    assert outcome(made) == before


def test_a_register_that_always_reads_as_zero_cannot_be_forged(saved: bytes) -> None:
    with pytest.raises(TraplineError, match="its `x` is not one"):
        forged(saved, lambda s: s.state.update(x=[5] * 16)).apply(machine(POLL))


def test_a_snapshot_for_another_machine_is_refused(saved: bytes) -> None:
    snapshot = Snapshot.from_bytes(saved)
    with pytest.raises(TraplineError, match="the snapshot is of g3, and this machine is g3_sgdt"):
        snapshot.apply(bare(find("g3_sgdt"), Storage(32, SIZE), outfit()))
    with pytest.raises(TraplineError, match="has 4096 words of storage, and this machine 2048"):
        snapshot.apply(bare(G3, Storage(32, 2048), outfit()))
    with pytest.raises(TraplineError, match="saved with other devices"):
        snapshot.apply(bare(G3, Storage(32, SIZE)))
