"""The console: arrivals by step, its status, output kept exactly, sinks that fail, live input and its recording."""

import os
import resource
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.devices import Console, Descriptor, DeviceFailure, Live, Replay, Script
from isa.devices import read_input as read
from isa.devices.console import ENDED, WAITING
from isa.devices.recording import Arrival, Recorder, load_recording
from isa.errors import TraplineError


def act(console: Console, now: int) -> bool:
    return console.act(now, None)


def drain(console: Console) -> bytes:
    return bytes(iter(lambda: console.recv(0, 0) if console.recv(1, 0) & WAITING else -1, -1))


def test_characters_arrive_one_per_interval_and_the_end_one_later() -> None:
    console = Console(Script(b"ab"))
    assert (console.deadline(), console.recv(1, 0)) == (0, 0)
    assert act(console, 0)
    assert (console.deadline(), console.recv(1, 0)) == (100, WAITING)
    assert act(console, 100)
    assert drain(console) == b"ab"
    assert (console.deadline(), console.recv(1, 199)) == (200, 0)
    assert act(console, 200)
    assert (console.deadline(), console.recv(1, 200), console.recv(0, 200)) == (None, ENDED, 0)
    assert not act(console, 300)


def test_the_end_is_not_reported_while_a_character_waits() -> None:
    console = Console(Script(b"a"))
    assert act(console, 100)
    assert console.recv(1, 100) == WAITING
    assert console.recv(0, 100) == ord("a")
    assert console.recv(1, 100) == ENDED


def test_no_input_has_ended_and_interrupts_nobody() -> None:
    console = Console()
    assert (console.recv(1, 0), console.deadline(), act(console, 10)) == (ENDED, None, False)


@given(st.binary(max_size=20), st.integers(1, 9), st.lists(st.integers(0, 300), max_size=10))
def test_whenever_acts_happen_the_characters_are_the_same(data: bytes, interval: int, times: list[int]) -> None:
    console = Console(Script(data, interval))
    taken = b""
    for now in [*sorted(times), 1000]:
        act(console, now)
        taken += drain(console)
        assert len(taken) == min(len(data), now // interval + 1)
    assert taken == data and console.recv(1, 1000) == ENDED


def test_output_is_kept_exactly() -> None:
    console = Console()
    for word in (0, 0x1FF, 10, 13, 0xFFFF_FF80):
        console.send(0, word, 0)
    console.send(1, 65, 0)
    assert console.output == b"\x00\xff\n\r\x80"
    assert console.printed(3) == b"\r\x80"


def test_a_sink_gets_every_byte_at_once(tmp_path: Path) -> None:
    with open(tmp_path / "out", "wb", buffering=0) as file:
        console = Console(sink=file)
        for n, character in enumerate(b"hi\n", 1):
            console.send(0, character, 0)
            assert (tmp_path / "out").read_bytes() == b"hi\n"[:n]


def test_a_disk_without_room_fails_before_any_change_and_can_be_retried(tmp_path: Path) -> None:
    full = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    console = Console(sink=Descriptor(full))
    before, limits = console.save(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # no file of this process may grow
    try:
        with pytest.raises(DeviceFailure, match="console: cannot write output: File too large"):
            console.send(0, 65, 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert console.save() == before
    console.send(0, 65, 0)
    os.close(full)
    assert (tmp_path / "out").read_bytes() == console.output == b"A"


def test_a_reader_that_has_gone_is_a_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(DeviceFailure, match="Broken pipe"):
        Console(sink=Descriptor(writer)).send(0, 65, 0)
    os.close(writer)


def test_live_input_arrives_at_the_next_boundary_and_replays_exactly(tmp_path: Path) -> None:
    path = str(tmp_path / "session")
    recorder = Recorder(path)
    live = Live(recorder)
    console = Console(live)
    assert console.deadline() is None
    live.feed(b"hi")
    assert console.deadline() == 0 and console.recv(1, 700) == 0
    assert act(console, 700) and console.recv(1, 700) == WAITING and drain(console) == b"hi"
    live.feed(b"!")
    live.close()
    live.feed(b"too late")
    assert act(console, 900) and drain(console) == b"!" and console.recv(1, 900) == ENDED
    recorder.close()

    arrivals = load_recording(path)
    assert arrivals == (Arrival(700, 104), Arrival(700, 105), Arrival(900, 33), Arrival(900, None))
    replayed = Console(Replay(arrivals))
    assert replayed.deadline() == 700
    assert act(replayed, 700) and drain(replayed) == b"hi"
    assert replayed.deadline() == 900
    assert act(replayed, 900) and drain(replayed) == b"!" and replayed.recv(1, 900) == ENDED


def test_a_recording_that_cannot_be_written_stops_the_machine_and_holds_each_character_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "session")
    live = Live(Recorder(path))
    console = Console(live)
    live.feed(b"abc")
    real, calls = os.pwrite, []

    def full_after_two(fd: int, data: bytes, offset: int) -> int:
        calls.append(data)
        if len(calls) == 2:
            return real(fd, data[:5], offset)  # a short write, then a full disk
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return real(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", full_after_two)
    with pytest.raises(DeviceFailure, match="console: cannot record input: No space left"):
        act(console, 50)
    assert console.recv(1, 50) == 0 and console.deadline() == 0
    restored = Console()
    restored.restore(console.save())
    assert act(restored, 50) and drain(restored) == b"abc"
    assert act(console, 50) and drain(console) == b"abc"
    assert load_recording(path) == tuple(Arrival(50, c) for c in b"abc")


def test_a_replay_without_an_end_stays_open() -> None:
    console = Console(Replay((Arrival(3, 65),)))
    assert act(console, 3) and drain(console) == b"A"
    assert (console.deadline(), console.recv(1, 4)) == (None, 0)


def test_restored_output_is_not_printed_again(tmp_path: Path) -> None:
    console = Console(Script(b"xyz"))
    console.send(0, 65, 0)
    with open(tmp_path / "out", "wb", buffering=0) as file:
        again = Console(sink=file)
        again.restore(console.save())
        again.send(0, 66, 0)
    assert again.output == b"AB" and (tmp_path / "out").read_bytes() == b"B"


def test_a_restored_live_console_keeps_its_terminal() -> None:
    live = Live()
    console = Console(live)
    saved = Console(Live()).save()
    console.restore(saved)
    live.feed(b"a")
    assert console.input is live and console.deadline() == 0


def test_scripts_from_files(tmp_path: Path) -> None:
    (tmp_path / "script").write_bytes(b"\x00\xffa")
    console = Console(read(str(tmp_path / "script"))())
    act(console, 1000)
    assert drain(console) == b"\x00\xffa"
    with pytest.raises(TraplineError, match=r"cannot read the input .*missing: No such file"):
        read(str(tmp_path / "missing"))
    with pytest.raises(TraplineError, match="Is a directory"):
        read(str(tmp_path))
    with pytest.raises(TraplineError, match="null byte"):
        read("a\0b")


def test_a_pipe_is_read_once_and_whole(tmp_path: Path) -> None:
    """Its beginning is looked at to tell a recording from a script, and must not be lost by that."""
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    for written, kind in (
        (b"ab\n", Script),
        (b'{"trapline": "input", "version": 1}\n{"step": 7, "char": 97}\n', Replay),
    ):
        writer = Thread(target=fifo.write_bytes, args=(written,))
        writer.start()
        make = read(str(fifo))
        writer.join()
        one, two = make(), make()
        assert isinstance(one, kind) and one.arrive(10**6) == two.arrive(10**6) == (b"a" if kind is Replay else b"ab\n")


def test_a_script_file_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isa.devices.inputs.LARGEST_SCRIPT", 3)
    (tmp_path / "script").write_bytes(b"abcd")
    with pytest.raises(TraplineError, match="longer than 3 bytes"):
        read(str(tmp_path / "script"))
