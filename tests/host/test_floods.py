"""Nobody's excess is anybody else's trouble: guests that print and write without end, clients that ask without end and
never read an answer."""

import os
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from isa.assembler.assembly import assemble
from isa.machines.catalogue import find
from monitor.host import Definition, DiskPart, State
from tests.host.hosts import WORDS, check_objects, opened
from tests.host.test_served import Lookup, served
from tests.host.test_served import folder as folder
from tests.planting import Patch
from trapline.cli import main
from trapline.hosting.daemon.client import Answered, asked, serving

pytestmark = pytest.mark.long

BLOCKS = 8
QMP = b'{"execute": "qmp_capabilities"}'
LOUD = "start: addi r1, r1, 1\n out r1, r0\n j start\n"  # prints for ever
# Writes other words to every block of its disk, for ever.
GREEDY = f"""
        .org 16
start:  addi r13, r13, 1
        sw   r13, 512(r0)
        set  r2, {BLOCKS - 1}
        and  r3, r13, r2
        set  r2, 2
        out  r3, r2             # the block
        set  r2, 3
        set  r3, 512
        out  r3, r2             # the address
        set  r2, 4
        set  r3, 2
        out  r3, r2             # write
        set  r3, 1
busy:   in   r1, r2
        beq  r1, r3, busy
        j    start
"""


def bytes_kept(path: Path, text: str, runs: int = 30) -> list[int]:
    """How much a host's objects take after each of so many runs of a guest."""
    found = []
    with opened(path) as host:
        image = assemble(find("g3"), text, "guest.s")
        host.define(Definition("one", "guest", storage=WORDS, disks=(DiskPart(blocks=BLOCKS),)), image)
        host.start("one")
        for _ in range(runs):
            host.run(500)
            found.append(int(host.objects._file.execute("SELECT sum(length(data)) FROM objects").fetchone()[0]))
        assert host.machine("one").state is State.RUNNING
        check_objects(host)
    return found


@pytest.mark.parametrize("text", [LOUD, GREEDY], ids=["loud", "greedy"])
def test_a_guest_without_measure_does_not_fill_the_host(text: str, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr("isa.devices.transcript.KEPT", 1024)
    monkeypatch.setattr("isa.devices.transcript.PIECE", 256)
    monkeypatch.setattr("monitor.host.objects.SPARE", 12)
    found = bytes_kept(tmp_path / "right", text)
    assert max(found[15:]) < 1.2 * max(found[:15])
    monkeypatch.setattr("monitor.host.objects.SPARE", 1 << 30)  # and if nothing were taken away?
    assert bytes_kept(tmp_path / "wrong", text)[-1] > 1.5 * max(found)


def test_who_asks_without_end_and_never_reads_keeps_nobody_waiting(folder: Path) -> None:
    with served(folder) as (process, _):
        held = []
        for name, ask in (("api.sock", b"GET /v1/machines HTTP/1.1\r\nHost: h\r\n\r\n"), ("qmp.sock", QMP)):
            other = socket.socket(socket.AF_UNIX)
            other.connect(str(folder / "run" / name))
            other.settimeout(0.5)
            sent = 0
            with pytest.raises(OSError):  # one day nobody listens to it any more, until it reads
                while sent < 1 << 26:
                    sent += other.send(ask * 100)
            held.append(other)
        with Lookup(folder) as known:
            assert known == {}
        assert resident(process.pid) < 300 << 20
        for other in held:
            other.close()


def test_a_flood_of_verbs_is_answered_or_refused_and_guests_go_on(folder: Path) -> None:
    (folder.parent / "loud.s").write_text(LOUD)
    (folder.parent / "loud.toml").write_text('image = "loud.s"\n')
    for name in ("loud", "web"):
        assert main(["host", "define", "s", f"{name}.toml"]) == 0
    assert main(["host", "start", "s", "loud"]) == 0
    with served(folder):

        def one(number: int) -> str:
            verb = ("start", "pause", "resume", "kill")[number % 4]
            connection = serving(str(folder))
            assert connection is not None
            try:
                return str(asked(connection, "POST", f"/v1/{verb}", ["web"])["machines"][0]["state"])
            except Answered as error:
                return str(error.exit_code)

        before = steps(folder)
        with ThreadPoolExecutor(16) as pool:
            found = Counter(pool.map(one, range(100)))
        assert sum(found.values()) == 100 and set(found) <= {"running", "idle", "paused", "defined", "1"}
        assert found["running"] and found["1"]
        assert steps(folder) > before


def steps(folder: Path) -> int:
    connection = serving(str(folder))
    assert connection is not None
    return int(asked(connection, "GET", "/v1/machines/loud")["steps"])


def resident(pid: int) -> int:
    """Bytes of a process that are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
