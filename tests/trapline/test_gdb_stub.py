"""The stub of gdb's protocol, byte for byte: hostile clients, Ctrl-C, all kinds of memory; and where it stops, held
against a run that was written down step by step."""

import os
import random
import socket
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from isa.errors import UsageError
from isa.machines.catalogue import find
from tests.planting import Bugs, Planted, must_catch, passes
from tests.trapline.remote_client import COUNTER, FOR_EVER, LOOP, Client, debugger, served
from trapline.cli import main
from trapline.debugging.words import Debugger
from trapline.remote import wire
from trapline.remote.moves import Moves
from trapline.remote.serving import listener_at, over
from trapline.remote.target import Target
from trapline.remote.wire import escaped, framed, unescaped

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]
BUGS = Bugs()
caught_by = BUGS.caught_by
END = 60  # the step at which the program halts


# ---- where it stops


class Step(NamedTuple):
    pc: int
    writes: bool  # the counter


Stops = list[tuple[int, str]]  # where the machine stands, and why


def steps(depth: int) -> list[Step]:
    """All of the run, singly. Each write of the counter changes it."""
    made, found = debugger(depth).machine, list[Step]()
    while not made.halted:
        pc, before = made.state["pc"], made.storage.read(COUNTER, 1)
        made.run(1)
        assert isinstance(pc, int)
        found.append(Step(pc, made.storage.read(COUNTER, 1) != before))
    return found


def forwards(run: list[Step], pc: int) -> Stops:
    """What gdb stops for on its way to the end. It takes a write without the watchpoint, and asks again behind it."""
    found: Stops = []
    passed = True  # the breakpoint at the step to come, as at the beginning
    for number, step in enumerate(run):
        if step.pc == pc and not passed:
            found.append((number, "swbreak"))
        if step.writes:
            found.append((number, "watch"))
        passed = step.writes
    return found


def backwards(run: list[Step], pc: int) -> Stops:
    found: Stops = []
    for number, step in reversed([*enumerate(run)]):
        if step.writes:
            found.append((number + 1, "watch"))
        elif step.pc == pc:
            found.append((number, "swbreak"))
    return found


def followed(client: Client, made: Debugger, go: str, by: str) -> Stops:
    """What a client hears that does as gdb does."""
    found: Stops = []
    while "replaylog" not in (answer := client.ask(go)):
        assert go == "bc" or made.history.newest == made.machine.steps  # nothing ahead is known
        why = answer[3:].partition(":")[0]
        found.append((made.machine.steps, why))
        if why == "watch":
            assert answer.startswith(f"T05watch:{4 * COUNTER:x};")
            client.ask(f"z2,{4 * COUNTER:x},4")
            client.ask(by)
            client.ask(f"Z2,{4 * COUNTER:x},4")
    return found


PCS = ((0, LOOP), (0, LOOP + 1), (0, LOOP + 2), (1, LOOP + 1))  # before the write, at it, and behind it


def stops_are_where_single_steps_find_them() -> None:
    run = steps(0)
    assert len(run) == END and run == steps(1)
    for depth, pc in PCS:
        made = debugger(depth)
        with served(made) as client:
            assert client.ask(f"Z0,{4 * pc:x},4") == "OK" == client.ask(f"Z2,{4 * COUNTER:x},4")
            assert followed(client, made, "vCont;c", "vCont;s:1") == forwards(run, pc)
            assert made.machine.halted and made.history.newest == END
            assert followed(client, made, "bc", "bs") == backwards(run, pc)
            assert made.machine.steps == 0 and not made.history.branches


def test_stops_are_where_single_steps_find_them() -> None:
    passes(stops_are_where_single_steps_find_them)


@caught_by(stops_are_where_single_steps_find_them)
def a_write_is_looked_for_behind_instead_of_ahead(monkeypatch: Patch) -> None:
    rightly = Moves._writes
    monkeypatch.setattr(Moves, "_writes", lambda moves, backwards: rightly(moves, not backwards))


@caught_by(stops_are_where_single_steps_find_them)
def a_breakpoint_goes_before_the_write_that_is_undone(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Moves, "_reached", lambda moves, backwards: moves._broken() or moves._writes(backwards))


@caught_by(stops_are_where_single_steps_find_them)
def to_look_ahead_counts_as_a_step(monkeypatch: Patch) -> None:
    rightly = Moves._writes

    def writes(moves: Moves, backwards: bool) -> bytes:
        here, found = moves.machine.steps, rightly(moves, backwards)
        moves.history.go(here + 1)
        moves.history.go(here)
        return found

    monkeypatch.setattr(Moves, "_writes", writes)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


# ---- clients


GARBAGE = [
    b"",
    b"$",
    b"#",
    b"$#",
    b"-",
    b"$g#00",
    b"$g#zz",
    b"$}#7d",
    b"\x00\xff" * 500,
    b"$" + b"x" * (2 * wire.LONGEST),
    random.Random(7).randbytes(3000),
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_passed_over(garbage: bytes) -> None:
    with served(debugger()) as client:
        client.say(garbage + framed(b"?"))
        if garbage == b"$}#7d":
            assert client.packet() == ""
        while not client.packet().startswith("T05"):
            pass
        client.ask("QStartNoAckMode")
        assert client.ask("m5c,4") == "00000000"


MISTAKES = ["m", "m5c", "mzz,4", "m-4,4", "m4000,4", "mfffffffff,4", "p", "p99", "P1", "P1=zz", "P99=00", "P10=00"]
MISTAKES += ["M5c,4:00", "M5c,4:zzzzzzzz", "M3ffe,4:00000000", "M5c,ffffffff:00", "X5c,1:a", "P20=41000000", "qRcmd,zz"]
MISTAKES += ["Z0", "Z0,x,4", "Z2,4000,4", "Z9,40,4", "z0", "z2,7"]
MISTAKES += ["qXfer:features:read:target.xml:", "qXfer:features:write:::0,1"]


@pytest.mark.parametrize("packet", MISTAKES)
def test_a_mistake_is_an_error_and_changes_nothing(packet: str) -> None:
    made = debugger()
    with served(made) as client:
        before = client.ask("g"), made.machine.storage.read(0, 4096)
        assert client.ask(packet)[:1] in ("", "E")
        assert (client.ask("g"), made.machine.storage.read(0, 4096)) == before
    assert made.machine.steps == 0 == made.history.newest


def test_a_client_may_send_one_byte_at_a_time_and_ask_again() -> None:
    with served(debugger()) as client:
        for byte in framed(b"m5c,4"):
            client.say(bytes([byte]))
        assert client.packet() == "00000000"
        client.say(b"-")
        assert client.packet() == "00000000"
        client.say(b"$m5c,4#00")
        assert client.byte() == b"-"
        client.ask("QStartNoAckMode")
        client.say(b"$m5c,4#00" + framed(b"qC"))
        assert client.byte() == b"$" and client.byte() == b"Q"


def test_memory_is_bytes_of_words_anywhere() -> None:
    made, draw = debugger(), random.Random(3)
    whole = b"".join(word.to_bytes(4, "little") for word in made.machine.storage.read(0, 64))
    with served(made) as client:
        for _ in range(40):
            first, count = draw.randrange(240), draw.randrange(1, 16)
            new = draw.randbytes(count)
            assert client.ask(f"m{first:x},{count:x}") == whole[first : first + count].hex()
            assert client.ask(f"M{first:x},{count:x}:{new.hex()}") == "OK"
            whole = whole[:first] + new + whole[first + count :]
        assert client.ask("m0,100") == whole.hex()
        assert client.ask("m3ffe,8") == "0000"  # as far as there are some


def test_memory_is_what_the_program_sees() -> None:
    made = debugger()
    with served(made) as client:
        assert client.ask(f"P22={LOOP:02x}000000") == "OK" and made.machine.state["base"] == LOOP
        assert client.ask("m0,4") == made.machine.storage.read(LOOP, 1)[0].to_bytes(4, "little").hex()


def test_ctrl_c_ends_a_run_and_words_where_they_are() -> None:
    made = debugger(0, FOR_EVER, 1 << 62)
    with served(made) as client:
        assert client.ask("Z0,100,4") == "OK"
        client.say(framed(b"vCont;c"))
        while made.history.newest < 1 << 16:
            os.sched_yield()
        client.say(b"\x03")
        assert client.packet().startswith("T02")
        came, newest = made.machine.steps, made.history.newest
        assert 1 << 13 < came < newest  # what has been looked through is kept
        client.say(framed(f"qRcmd,{b'until r2 == 1'.hex()}".encode()) + b"\x03")
        assert bytes.fromhex(client.packet()[1:]) == b"interrupted\n" and client.packet() == "OK"
        assert made.machine.steps == came
        client.say(framed(b"bc") + b"\x03")
        assert client.packet()[:3] in ("T02", "T05")
    assert made.history.progress is None


def test_a_client_that_dies_while_the_machine_runs_ends_it() -> None:
    made = debugger(0, FOR_EVER, 1 << 62)
    with served(made) as client:
        client.say(framed(b"vCont;c"))
    assert made.history.progress is None


def test_a_change_in_the_past_begins_a_branch_and_says_so(capfd: Capture) -> None:
    made = debugger()
    with served(made) as client:
        client.ask("vCont;c")
        client.word("back 40")
        assert client.ask("P1=45000000") == "OK" and "a branch begins at step 20" in capfd.readouterr().err
        assert client.shown("vCont;c") == "CF\nhalted\nstep 36: halted\n"
    assert made.history.branches == [20]


def test_registers_are_read_and_written_by_number() -> None:
    made = debugger()
    with served(made) as client:
        assert client.ask("P20=64000000") == "OK" and client.ask("P21=03000000") == "OK"
        assert made.machine.state["pc"] == 25 and made.machine.state["psw"] == 3
        assert client.ask("p20") == "64000000" and client.ask("p21") == "03000000"
        assert client.ask("P0=01000000") == "OK" and client.ask("p0") == "00000000"  # always zero


# ---- the port


@contextmanager
def port(made: Debugger) -> Iterator[int]:
    with listener_at(0) as listener:
        thread = Thread(target=over, args=(listener, made, Target(made.machine.isa)), daemon=True)
        thread.start()
        number = listener.getsockname()[1]
        yield number
        with socket.create_connection(("127.0.0.1", number)) as end:
            assert Client(end).ask("k") == "OK"
        thread.join(20)
        assert not thread.is_alive()


def test_the_machine_waits_at_a_port_for_one_client_after_the_other(capfd: Capture) -> None:
    made = debugger()
    with port(made) as number:
        here = ("127.0.0.1", number)
        with socket.create_connection(here) as first:
            one = Client(first)
            assert one.ask("vCont;s").startswith("T05")
            with socket.create_connection(here) as second:
                assert "another gdb" in Client(second).packet()
            assert one.ask("vCont;s").startswith("T05")
        with socket.create_connection(here) as page:
            page.sendall(b"POST / HTTP/1.1\r\n\r\n" + framed(b"vCont;s"))
            with pytest.raises((EOFError, ConnectionError)):
                Client(page).packet()
        with socket.create_connection(here) as third:
            two = Client(third)
            assert two.word("where").startswith("step 2: ") and two.ask("D") == "OK"
    assert "the machine waits at step 2" in capfd.readouterr().err


# ---- machines


@pytest.mark.parametrize("name", ["g3", "mc68000", "pdp10", "pentium", "riscv"])
def test_a_machine_is_described_to_gdb_or_refused(name: str) -> None:
    isa = find(name)
    if isa.word != 32:
        with pytest.raises(UsageError, match="gdb has no machine like") as caught:
            Target(isa)
        assert "trapline debug" in caught.value.help and "trapline dap" in caught.value.help
        return
    described = ET.fromstring(Target(isa).xml)
    names = [reg.attrib["name"] for reg in described.iter("reg")]
    assert len(set(names)) == len(names) and {"x0", "x15", "pc"} <= {*names}
    numbers = [int(reg.attrib["regnum"]) for reg in described.iter("reg")]
    assert numbers == sorted({*numbers}) and numbers[-1] < 256


def test_bytes_that_mean_something_are_escaped() -> None:
    data = bytes(range(256))
    assert unescaped(escaped(data)) == data and not {*b"#$*"} & {*escaped(data)}


# ---- the command


def test_a_machine_that_gdb_cannot_take_is_refused_before_gdb_is_there(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "one.s").write_text("        .word 1\n")
    assert main(["gdb", str(tmp_path / "one.s"), "--isa", "pdp10", "--port", "0"]) == 2
    told = capfd.readouterr().err
    assert "gdb has no machine like pdp10" in told and "waiting" not in told


def test_the_command_refuses_what_it_cannot_do(capfd: Capture, monkeypatch: Patch) -> None:
    monkeypatch.setattr("os.isatty", lambda fd: True)
    for arguments, said in {
        "gdb hello": "stdin is a terminal",
        "gdb hello --port 65536": "not a port",
        "gdb hello --port 0 --json": "`--json` is none",
        "gdb hello --script": "`--guest` has nothing to do",
    }.items():
        assert main(arguments.split()) == 2 and said in capfd.readouterr().err
    assert main(["gdb", "--script"]) == 0 and capfd.readouterr().out.endswith("trapline.gdb\n")


def test_a_port_that_is_taken_is_told(capfd: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["gdb", "hello", "--port", str(taken.getsockname()[1])]) == 3
    assert "cannot listen at port" in capfd.readouterr().err
