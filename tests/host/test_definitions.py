"""Files of hosts and machines: every mistake with its line, its rule and the fix; nothing outside their folder."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from isa.errors import SourceError, TraplineError, UsageError
from monitor.host import Capacity, Definition, DiskPart, Host, State, read_capacity, read_definition
from monitor.host.definition import beside, check_name
from tests.host.hosts import WORDS, define, image, opened
from tests.planting import Patch
from trapline.hosting import archive, defining

MISTAKES = {
    'guest = "echo"\nstorage = -1\n': "web.toml:2:1: error: `storage` must be from 0 to 67,108,864, not -1",
    'guest = "echo"\nimage = "a.s"\n': "web.toml:1:1: error: a machine has a `guest` or an `image`, one of them",
    "storage = 1024\n": "a machine has a `guest` or an `image`, one of them",
    'guest = "echo"\nstorag = 1\n': "web.toml:2:1: error: there is no `storag` here",
    'guest = "echo"\nname = "../up"\n': "web.toml:2:1: error: '../up' is no name",
    'image = "../a.s"\n': "web.toml:1:1: error: `../a.s` is not beside this file",
    'guest = "echo"\ninput = "/etc/passwd"\n': "web.toml:2:1: error: `/etc/passwd` is not beside this file",
    'guest = "echo"\n[[disks]]\n': "web.toml:2:3: error: a disk has `blocks`, a `file`, `folder` or `volume`, one",
    'guest = "echo"\n[[disks]]\nblocks = 99999\n': "web.toml:3:1: error: `blocks` must be from 0 to 65,536, not 99,999",
    'guest = "echo"\n[[disks]]\nblocks = 1\n[[disks]]\nblocks = 1\n': "there is room for 1 disk, and these are 2",
    'guest = "echo"\n[[disks]]\nfolder = ".."\n': "web.toml:3:1: error: `..` is not beside this file",
    'guest = "echo"\n[[disks]]\nfolder = "a"\nread_only = false\n': "web.toml:4:1: error: what a guest writes does not",
    "guest = \n": "web.toml:1:9: error: this is no TOML",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_a_definition_has_its_place(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_definition("web.toml", text.encode())
    assert MISTAKES[text] in caught.value.render()


def test_a_definition_and_a_capacity_are_read() -> None:
    text = 'guest = "echo"\nseed = 7\n[[disks]]\nblocks = 4\nread_only = true\nqueue = true\n'
    disks = (DiskPart(4, "", read_only=True, queue=True),)
    assert read_definition("dir/web.toml", text.encode()) == Definition("web", "echo", disks=disks, seed=7)
    assert read_capacity("host.toml", b"processors = 3\n") == Capacity(processors=3)
    with pytest.raises(SourceError, match="`patch` is not known"):  # right for some guests only
        read_capacity("host.toml", b'monitor = "patch"\n')
    with pytest.raises(SourceError, match="`processors` must be from 1 to 64, not 65"):
        read_capacity("host.toml", b"processors = 65\n")


@pytest.mark.parametrize("name", ["", "a/b", "..", "-x", "A", "a" * 64, "a\n", "a\0"])
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no name"):
        check_name(name)


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret").write_text("secret")
    os.symlink("../secret", inside / "keys")
    (inside / "own").write_text("own")
    assert beside(str(inside / "web.toml"), "own", 3) == str(inside.resolve() / "own")
    with pytest.raises(TraplineError, match="`keys` leads out of"):
        beside(str(inside / "web.toml"), "keys", 100)
    with pytest.raises(TraplineError, match="is larger than 2 bytes"):
        beside(str(inside / "web.toml"), "own", 2)
    (inside / "host.toml").write_text("")
    os.symlink(tmp_path / "elsewhere", inside / "objects.db")
    with pytest.raises(TraplineError, match="is a link"):
        Host(str(inside))


def test_a_host_takes_no_more_than_it_has_room_for(tmp_path: Path) -> None:
    with opened(tmp_path, storage=2 * WORDS, disks=3 * 512, machines=3) as host:
        define(host)
        with pytest.raises(TraplineError, match="the disks of big take 1,024 bytes, and the host has 1,536"):
            define(host, "big")
        for name in ("b", "c"):
            host.define(Definition(name, "told", storage=WORDS), image())
        with pytest.raises(TraplineError, match="the host has 3 machines"):
            host.define(Definition("d", "told", storage=WORDS), image())
        with pytest.raises(TraplineError, match="is to have 4,096 words, and the host has 2,048"):
            host.resize("b", 4 * WORDS)
        host.start("web")
        host.start("b")
        with pytest.raises(TraplineError, match="c needs 1,024 words, and 0 of 2,048 are left") as caught:
            host.start("c")
        assert caught.value.help == "kill or save a machine that is on, or give the host more"
        host.save("b")
        host.start("c")
        with pytest.raises(TraplineError, match="needs 1,024 words"):
            host.restore("b")
        with pytest.raises(TraplineError, match="has not taken what was sent"):
            host.send("c", bytes(1 << 17))


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(TraplineError, match=f"is in use by process {os.getpid()}"):
        opened(tmp_path)
    opened(tmp_path).close()
    with pytest.raises(TraplineError, match="is no host"):
        Host(str(tmp_path / "nothing"))


# ---- folders


def site(path: Path) -> Path:
    (path / "site" / "sub").mkdir(parents=True)
    (path / "site" / "b.txt").write_bytes(b"second\n")
    (path / "site" / "sub" / "a.txt").write_bytes(b"x" * 700 + b"\n")
    (path / "site" / "empty").write_bytes(b"")
    (path / "web.toml").write_text('guest = "files"\n[[disks]]\nfolder = "site"\n')
    return path / "web.toml"


def test_a_guest_reads_the_files_of_a_folder(tmp_path: Path) -> None:
    path = site(tmp_path)
    with opened(tmp_path / "host", disks=1 << 16) as host:
        record = defining.define(host, str(path))
        assert record.definition.disks == (DiskPart(20, "site", read_only=True, folder=True),)
        host.start("web")
        host.run(100_000)
        printed = b"b.txt: 7 octets\nsecond\nempty: 0 octets\nsub/a.txt: 701 octets\n" + b"x" * 700 + b"\n"
        assert (host.machine("web").state, host.output("web")) == (State.HALTED, printed)
        os.utime(tmp_path / "site" / "b.txt", (1, 1))
        (tmp_path / "more.toml").write_bytes(path.read_bytes())
        assert defining.define(host, str(tmp_path / "more.toml")).point.disks == record.point.disks
    with tarfile.open(fileobj=io.BytesIO(archive.archived(str(tmp_path / "site"), defining._read, 1 << 20))) as found:
        assert found.getnames() == ["b.txt", "empty", "sub/a.txt"]


def test_what_cannot_be_an_archive_is_refused(tmp_path: Path, monkeypatch: Patch) -> None:
    path = site(tmp_path)
    with opened(tmp_path / "host") as host:
        for name, why in (("n" * 101, "cannot be in an archive"), ("link", "is a link, or no file")):
            there = tmp_path / "site" / name
            there.write_bytes(b"") if "n" in name[:1] else there.symlink_to("/etc/passwd")
            with pytest.raises(TraplineError, match=why):
                defining.define(host, str(path))
            there.unlink()
        monkeypatch.setattr(archive, "MOST_FILES", 2)
        with pytest.raises(TraplineError, match="has more than 2 files"):
            defining.define(host, str(path))
        monkeypatch.setattr(defining, "MOST_BYTES", 1 << 9)
        with pytest.raises(TraplineError, match="is larger than 512 bytes"):
            defining.define(host, str(path))
        (tmp_path / "out").symlink_to("/etc")
        path.write_text('guest = "files"\n[[disks]]\nfolder = "out"\n')
        with pytest.raises(TraplineError, match="`out` leads out of"):
            defining.define(host, str(path))
        path.write_text('guest = "files"\n[[disks]]\nfolder = "web.toml"\n')
        with pytest.raises(TraplineError, match="there is no folder `web"):
            defining.define(host, str(path))
        assert host.machines() == []
