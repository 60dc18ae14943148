"""Volumes that follow the disks of machines: never ahead, made good by the next process, and whole while a part is
lost."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from isa.errors import SourceError, TraplineError
from monitor.host import Definition, DiskPart, Host, State
from monitor.host.contents import BLOCK, FAN, Contents
from monitor.host.copies import Copies
from monitor.host.definition import read_definition
from monitor.host.objects import Objects
from monitor.volumes.opening import open_volume
from tests.host.hosts import WORDS, folder, image, opened
from tests.host.moving import moved
from tests.planting import Patch
from trapline.cli import main

Capture = pytest.CaptureFixture[str]
GROUP = 'level = "mirrored"\nsize = 1024\nchunk = 512\nparts = ["a", "b"]\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The folder of a host with a mirrored volume of two blocks."""
    folder(tmp_path / "host")
    (tmp_path / "host" / "web.toml").write_text(GROUP)
    assert main(["volume", "make", str(tmp_path / "host" / "web.toml")]) == 0
    return tmp_path / "host"


def held(path: Path, name: str = "web.toml") -> bytes:
    with closing(open_volume(str(path / name), writable=False)) as volume:
        return volume.read(0, volume.size)


def define(host: Host, name: str = "web", volume: str = "web.toml") -> None:
    data = held(Path(host.folder), volume)
    wanted = Definition(name, "told", storage=WORDS, disks=(DiskPart(volume=volume),))
    host.define(wanted, image(), disks=[data])


def disk(host: Host, name: str = "web") -> bytes:
    return host.contents.get(host.machine(name).point.disks[0])


def written(host: Host, typed: bytes = b"w") -> bytes:
    """What the disk holds after it was written to."""
    host.send("web", typed)
    host.run(2000)
    return disk(host)


def test_a_volume_follows_the_disk_there_and_back(path: Path) -> None:
    with opened(path) as host:
        define(host)
        host.start("web")
        host.run(100)
        host.snapshot("web", "before")
        first = written(host)
        assert held(path) == first != bytes(1024)
        assert written(host) == held(path) != first
        host.revert("web", "before")
        assert held(path) == bytes(1024) and host.copies.behind == {}


def test_one_part_may_be_lost_and_comes_back(path: Path, capfd: Capture) -> None:
    with opened(path) as host:
        define(host)
        host.start("web")
        written(host)
        (path / "a").unlink()
        found = written(host)
        assert held(path) == found and host.copies.behind == {}
        assert main(["volume", "status", str(path / "web.toml")]) == 1
        assert main(["volume", "rebuild", str(path / "web.toml"), "0"]) == 0
        (path / "b").unlink()
        assert held(path) == found


def test_who_can_write_nothing_goes_on_and_says_so(path: Path) -> None:
    with opened(path) as host:
        define(host)
        host.start("web")
        kept = [(path / part).rename(path / f"{part}.away") for part in "ab"]
        found = written(host)
        assert host.machine("web").state is State.IDLE and disk(host) == found != bytes(1024)
        assert "web.toml is behind" in host.copies.behind["web"]
        for part in kept:
            part.rename(part.with_suffix(""))
        host.run(1)
        assert held(path) == found and host.copies.behind == {}


def test_what_a_killed_process_left_is_made_good(path: Path, monkeypatch: Patch) -> None:
    with opened(path) as host:
        define(host)
        host.start("web")
        with monkeypatch.context() as patch:
            patch.setattr(Copies, "bring", lambda copies, records: None)  # it was killed before that
            found = written(host)
        assert held(path) != found
    with opened(path) as host:
        host.run(1)
        assert held(path) == found


def test_each_volume_is_one_machines(path: Path, tmp_path: Path) -> None:
    with opened(path) as host:
        define(host)
        with pytest.raises(TraplineError, match="which web has"):
            define(host, "other")
        host.clone("web", "copy")
        assert [part.volume for part in host.machine("copy").definition.disks] == [""]
        host.start("web")
        written(host)
        (tmp_path / "second").mkdir()
        with opened(tmp_path / "second") as second:
            moved(host, second)
            assert [part.volume for part in second.machine("web").definition.disks] == [""]
        define(host, "other")


def test_a_file_says_which_and_nothing_outside(path: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "told.s").write_text("start: halt\n")
    (tmp_path / "m.toml").write_text('image = "told.s"\n[[disks]]\nvolume = "web.toml"\n')
    assert main(["host", "define", str(path), str(tmp_path / "m.toml")]) == 0
    assert main(["host", "show", str(path), "m"]) == 0 and "2 blocks, also in web.toml" in capfd.readouterr().out
    (path / "out.toml").symlink_to(tmp_path / "m.toml")
    (tmp_path / "n.toml").write_text('image = "told.s"\n[[disks]]\nvolume = "out.toml"\n')
    assert main(["host", "define", str(path), str(tmp_path / "n.toml")]) == 3
    assert "leads out of" in capfd.readouterr().err
    for wrong in ('volume = "../x"', 'volume = "a"\nfile = "b"', 'volume = "a"\nblocks = 2'):
        with pytest.raises(SourceError):
            read_definition("m.toml", f'guest = "echo"\n[[disks]]\n{wrong}\n'.encode())


def changes(random: Random, size: int) -> Iterator[dict[int, bytes]]:
    last = -(-size // BLOCK)
    for _ in range(8):
        numbers = {random.randrange(last) for _ in range(random.randrange(4))}
        blocks = {n: bytes([random.randrange(3)]) * min(BLOCK, size - n * BLOCK) for n in numbers}
        yield blocks


def test_differences_are_all_that_differs_and_no_more(tmp_path: Path) -> None:
    random = Random(1)
    contents = Contents(Objects(str(tmp_path / "objects.db")))
    for size in (0, 1, BLOCK, 3 * BLOCK + 7, (FAN + 3) * BLOCK, FAN * FAN * BLOCK + 1):
        old = contents.made(size, {})
        for blocks in changes(random, size) if size else ():
            new = contents.changed(old, blocks)
            before, now = contents.get(old), contents.get(new)
            found = dict(contents.differences(old, new))
            assert found == {n: b for n, b in blocks.items() if before[n * BLOCK : (n + 1) * BLOCK] != b}
            assert all(now[n * BLOCK : n * BLOCK + len(b)] == b for n, b in found.items())
            old = new


@pytest.mark.parametrize(
    ("place", "bug", "check"),
    [
        ("Contents.differences", lambda *_: iter(()), test_a_volume_follows_the_disk_there_and_back),
        ("copies.Copies._compared", lambda *_: iter(()), test_who_can_write_nothing_goes_on_and_says_so),
    ],
)
def test_planted_bugs_are_caught(
    place: str, bug: object, check: Callable[[Path], None], path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(f"monitor.host.{'contents.' * place.startswith('C')}{place}", bug)
    with pytest.raises(AssertionError):
        check(path)
