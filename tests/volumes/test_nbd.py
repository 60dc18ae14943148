"""NBD: real clients find what is there, and a client that talks nonsense, half of it, or not at all, hurts nobody."""

import errno
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from monitor.clients import CLIENTS, Connection
from monitor.volumes import nbd
from monitor.volumes.file import HostFile
from monitor.volumes.nbd import Export, Server, Session
from monitor.volumes.opening import create_overlay, open_volume
from monitor.volumes.qcow2 import create
from monitor.volumes.volume import Volume
from tests.clients import client
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import sized

SIZE = 1 << 20


@contextmanager
def served(folder: Path, volume: Volume, patience: float = 20.0) -> Iterator[Path]:
    """A server of one volume, called `disk`; where its socket lies."""
    path = folder / "s"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        server = Server(listener, [Export("disk", volume)], patience)
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield path
        finally:
            server.close()
            thread.join()


def raw(folder: Path, data: bytes = bytes(SIZE), writable: bool = True) -> HostFile:
    (folder / "disk").write_bytes(data)
    return HostFile(str(folder / "disk"), writable)


def ran(command: str, *words: str, package: str = "libnbd-bin", code: int = 0) -> str:
    found = subprocess.run([client(command, package), *words], capture_output=True, text=True, timeout=60)
    assert found.returncode == code, found.stderr
    return found.stdout + found.stderr


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Volume]:
    create(str(tmp_path / "base.qcow2"), SIZE)
    create_overlay(str(tmp_path / "top.qcow2"), "base.qcow2")
    with closing(open_volume(str(tmp_path / "top.qcow2"))) as volume:
        yield volume


def test_nbdinfo_and_nbdcopy(tmp_path: Path, image: Volume) -> None:
    data = bytearray(SIZE)
    data[100_000:300_000] = Random(1).randbytes(200_000)
    (tmp_path / "in").write_bytes(data)
    with served(tmp_path, image) as path:
        uri = f"nbd+unix:///disk?socket={path}"
        told = ran("nbdinfo", uri)
        for line in (f"export-size: {SIZE}", "can_flush: true", "can_multi_conn: true", "base:allocation"):
            assert line in told
        assert 'export="disk"' in ran("nbdinfo", "--list", uri)
        ran("nbdcopy", str(tmp_path / "in"), uri)
        ran("nbdcopy", uri, str(tmp_path / "out"))
        assert (tmp_path / "out").read_bytes() == data
        stretches = [line.split() for line in ran("nbdinfo", "--map", uri).splitlines()]
        assert [words[1:] for words in stretches] == [
            ["65536", "3", "hole,zero"],
            ["262144", "0", "data"],
            ["720896", "3", "hole,zero"],
        ]
        ran("nbdinfo", f"nbd+unix:///other?socket={path}", code=1)


def test_qemu_img_and_qemu_io(tmp_path: Path) -> None:
    volume = raw(tmp_path)
    with closing(volume), served(tmp_path, volume) as path:
        uri = f"nbd+unix:///disk?socket={path}"
        doings = ("write -P 3 5000 7000", "flush", "read -P 3 5000 7000", "write -z 64k 64k", "discard 128k 64k")
        said = ran("qemu-io", "-f", "raw", *(w for do in doings for w in ("-c", do)), uri, package="qemu-utils")
        assert "Pattern verification failed" not in said and said.count("ops;") == 4
        same = tmp_path / "same"
        same.write_bytes(bytes(5000) + bytes([3]) * 7000 + bytes(SIZE - 12000))
        ran("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, str(same), package="qemu-utils")
    assert (tmp_path / "disk").read_bytes() == same.read_bytes()


def test_a_volume_that_is_only_read(tmp_path: Path) -> None:
    volume = raw(tmp_path, b"x" * SIZE, writable=False)
    with closing(volume), served(tmp_path, volume) as path:
        uri = f"nbd+unix:///disk?socket={path}"
        assert "is_read_only: true" in ran("nbdinfo", uri)
        with talk(path) as peer:
            peer.go()
            for command in (nbd.WRITE, nbd.TRIM, nbd.ZEROES):
                assert peer.ask(command, 0, 512, bytes(512) if command == nbd.WRITE else b"") == errno.EPERM
    assert (tmp_path / "disk").read_bytes() == b"x" * SIZE


class Peer:
    """A client that says what it likes."""

    def __init__(self, connection: socket.socket, slowly: bool = False) -> None:
        self.connection, self.slowly = connection, slowly

    def say(self, data: bytes) -> None:
        for part in [data[i : i + 1] for i in range(len(data))] if self.slowly else [data]:
            self.connection.sendall(part)

    def hear(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.connection.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def option(self, option: int, data: bytes = b"") -> list[tuple[int, bytes]]:
        """Say one option; its answers, to the last."""
        self.say(struct.pack(">QII", nbd.OPTION, option, len(data)) + data)
        answers: list[tuple[int, bytes]] = []
        while not answers or (answers[-1][0] != nbd.ACK and not answers[-1][0] >> 31):
            _, _, kind, length = struct.unpack(">QIII", self.hear(20))
            answers.append((kind, self.hear(length)))
        return answers

    def go(self, name: bytes = b"disk") -> None:
        assert self.option(nbd.GO, struct.pack(">I", len(name)) + name + bytes(2))[-1] == (nbd.ACK, b"")

    def ask(self, command: int, offset: int, length: int, data: bytes = b"", flags: int = 0) -> int:
        """Ask for something that has no answer but a number."""
        self.say(struct.pack(">IHHQQI", nbd.REQUEST, flags, command, 7, offset, length) + data)
        magic, number, cookie = struct.unpack(">IIQ", self.hear(16))
        assert (magic, cookie) == (nbd.SIMPLE, 7)
        return int(number)

    def read(self, offset: int, length: int) -> bytes:
        assert self.ask(nbd.READ, offset, length) == 0
        return self.hear(length)


@contextmanager
def talk(path: Path, slowly: bool = False) -> Iterator[Peer]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(path))
        peer = Peer(connection, slowly)
        assert peer.hear(18) == nbd.GREETING
        peer.say(struct.pack(">I", 3))
        yield peer


def answers_are_in_order(folder: Path, slowly: bool = False) -> None:
    volume = raw(folder, bytes(range(256)) * (SIZE // 256))
    with closing(volume), served(folder, volume) as path, talk(path, slowly) as peer:
        assert peer.option(99, b"what?") == [(nbd.UNSUPPORTED, b"")]
        assert peer.option(nbd.STRUCTURED, b"x")[0][0] == nbd.INVALID
        assert peer.option(nbd.LIST) == [(nbd.SERVER, b"\0\0\0\4disk"), (nbd.SERVER, bytes(4)), (nbd.ACK, b"")]
        assert peer.option(nbd.INFO, b"\0\0\0\5wrong\0\0")[0][0] == nbd.UNKNOWN
        assert peer.option(nbd.INFO, b"\0\0\0\5")[0][0] == nbd.INVALID
        peer.go()
        assert peer.read(255, 4) == bytes((255, 0, 1, 2))
        assert peer.ask(nbd.WRITE, 10, 3, b"abc", nbd.FUA) == 0
        assert peer.read(9, 5) == b"\x09abc\x0d"
        assert peer.ask(nbd.ZEROES, 10, 2) == peer.ask(nbd.FLUSH, 0, 0) == 0
        assert peer.read(9, 5) == b"\x09\0\0c\x0d"
        assert peer.ask(nbd.READ, SIZE - 1, 2) == peer.ask(55, 0, 1) == errno.EINVAL
        assert peer.ask(nbd.WRITE, SIZE - 1, 2, b"ab") == errno.ENOSPC
        assert peer.ask(nbd.READ, 0, nbd.MOST_DATA + 1) in (errno.EOVERFLOW, errno.EINVAL)
        peer.say(struct.pack(">IHHQQI", nbd.REQUEST, 0, nbd.DISCONNECT, 0, 0, 0))
        with pytest.raises(EOFError):
            peer.hear(1)


@pytest.mark.parametrize("slowly", [False, True])
def test_answers_are_in_order(slowly: bool, tmp_path: Path) -> None:
    answers_are_in_order(tmp_path, slowly)


def flushes_are_flushes(folder: Path) -> None:
    """What was acknowledged with a flush, or with `FUA`, was flushed before the answer."""
    volume, seen = raw(folder), []
    real_flush, real_write = volume.flush, volume.write
    volume.flush = lambda: (seen.append("flush"), real_flush())[1]  # type: ignore[method-assign]
    volume.write = lambda at, data: (seen.append("write"), real_write(at, data))[1]  # type: ignore[method-assign]
    with closing(volume), served(folder, volume) as path, talk(path) as peer:
        peer.go()
        peer.ask(nbd.WRITE, 0, 1, b"a")
        assert seen == ["write"]
        peer.ask(nbd.WRITE, 0, 1, b"a", nbd.FUA)
        assert seen == ["write", "write", "flush"]
        with talk(path) as other:
            other.go()
            other.ask(nbd.FLUSH, 0, 0)
        assert seen[3:] == ["flush"]


def test_flushes_are_flushes(tmp_path: Path) -> None:
    flushes_are_flushes(tmp_path)


def test_a_host_that_fails_is_told_to_the_client_and_the_connection_goes_on(tmp_path: Path) -> None:
    volume = raw(tmp_path)

    def broken(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "full")

    with closing(volume), served(tmp_path, volume) as path, talk(path) as peer:
        peer.go()
        real, volume.write = volume.write, broken  # type: ignore[assignment,method-assign]
        assert peer.ask(nbd.WRITE, 0, 3, b"abc") == errno.ENOSPC
        volume.write = real  # type: ignore[method-assign]
        assert peer.ask(nbd.WRITE, 0, 3, b"abc") == 0
        assert peer.read(0, 3) == b"abc"


@pytest.mark.parametrize("seed", range(sized(20, 2000)))
def test_nonsense_ends_its_own_connection_alone(seed: int, tmp_path: Path) -> None:
    random, volume = Random(seed), raw(tmp_path, b"x" * SIZE)
    with closing(volume), served(tmp_path, volume, patience=0.5) as path, talk(path) as good:
        good.go()
        with suppress(OSError, EOFError, struct.error), talk(path) as bad:
            if random.random() < 0.5:
                bad.go()
            for _ in range(random.randrange(1, 4)):
                kind = random.choice((nbd.OPTION.to_bytes(8, "big"), nbd.REQUEST.to_bytes(4, "big"), b""))
                bad.say(kind + random.randbytes(random.choice((1, 12, 24, 60))))
        assert len(good.read(0, 512)) == 512


def test_half_a_message_and_a_client_that_takes_nothing_are_given_up(tmp_path: Path) -> None:
    volume = raw(tmp_path)
    with closing(volume), served(tmp_path, volume, patience=0.2) as path:
        with talk(path) as half, pytest.raises((EOFError, ConnectionError)):
            half.say(b"IHAVE")
            half.hear(1)
        with talk(path) as deaf:
            deaf.go()
            with suppress(OSError):
                for _ in range(40):
                    deaf.say(struct.pack(">IHHQQI", nbd.REQUEST, 0, nbd.READ, 1, 0, SIZE))
            with talk(path) as good:
                good.go()
                assert good.read(0, 1) == b"\0"


def one_who_says_nothing_stays(tmp_path: Path) -> None:
    volume = raw(tmp_path)
    with closing(volume), served(tmp_path, volume, patience=0.2) as path, talk(path) as peer:
        peer.go()
        time.sleep(0.5)
        assert peer.read(0, 1) == b"\0"


def test_one_who_says_nothing_between_messages_stays(tmp_path: Path) -> None:
    one_who_says_nothing_stays(tmp_path)


def test_connections_come_back_when_they_were_used_up(tmp_path: Path) -> None:
    volume = raw(tmp_path)
    with closing(volume), served(tmp_path, volume) as path:
        peers = [socket.socket(socket.AF_UNIX) for _ in range(CLIENTS + 1)]
        for peer in peers:
            peer.settimeout(20)
            peer.connect(str(path))
        heard = [peer.recv(18) for peer in peers]
        assert heard.count(b"") == 1
        for peer in peers:
            peer.close()
        for _ in range(100):
            with suppress(AssertionError, EOFError), talk(path) as again:
                again.go()
                assert again.read(0, 1) == b"\0"
                break
        else:
            raise AssertionError("nobody is let in any more")


bugs = Bugs()


def check_flushes() -> None:
    with TemporaryDirectory() as folder:
        flushes_are_flushes(Path(folder))


def check_answers() -> None:
    with TemporaryDirectory() as folder:
        answers_are_in_order(Path(folder))


def check_silence() -> None:
    with TemporaryDirectory() as folder:
        one_who_says_nothing_stays(Path(folder))


@bugs.caught_by(check_flushes)
def a_flush_that_is_only_said(patch: Patch) -> None:
    real = Session._done

    def done(self: Session, volume: Volume, command: int, flags: int, *rest: Any) -> list[tuple[int, bytes]]:
        return [] if command == nbd.FLUSH else real(self, volume, command, flags & ~nbd.FUA, *rest)

    patch.setattr(Session, "_done", done)


@bugs.caught_by(check_answers)
def an_option_that_nobody_knows_is_taken(patch: Patch) -> None:
    real = Session._reply

    def reply(self: Session, option: int, kind: int, data: bytes = b"") -> None:
        real(self, option, nbd.ACK if kind == nbd.UNSUPPORTED else kind, data)

    patch.setattr(Session, "_reply", reply)


@bugs.caught_by(check_silence)
def who_is_silent_is_gone(patch: Patch) -> None:
    patch.setattr(Connection, "wait", lambda self: None)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, OSError, EOFError, struct.error))
