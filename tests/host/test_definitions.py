"""Files of hosts and machines: every mistake with its line, its rule and the fix; nothing outside their folder."""

import os
from pathlib import Path

import pytest

from isa.errors import SourceError, TraplineError, UsageError
from monitor.host import Capacity, Definition, DiskPart, Host, read_capacity, read_definition
from monitor.host.definition import beside, check_name
from tests.host.hosts import WORDS, define, image, opened

MISTAKES = {
    'guest = "echo"\nstorage = -1\n': "web.toml:2:1: error: `storage` must be from 0 to 67,108,864, not -1",
    'guest = "echo"\nimage = "a.s"\n': "web.toml:1:1: error: a machine has a `guest` or an `image`, one of them",
    "storage = 1024\n": "a machine has a `guest` or an `image`, one of them",
    'guest = "echo"\nstorag = 1\n': "web.toml:2:1: error: there is no `storag` here",
    'guest = "echo"\nname = "../up"\n': "web.toml:2:1: error: '../up' is no name",
    'image = "../a.s"\n': "web.toml:1:1: error: `../a.s` is not beside this file",
    'guest = "echo"\ninput = "/etc/passwd"\n': "web.toml:2:1: error: `/etc/passwd` is not beside this file",
    'guest = "echo"\n[[disks]]\n': "web.toml:2:3: error: a disk has `blocks`, or a `file`, one of them",
    'guest = "echo"\n[[disks]]\nblocks = 99999\n': "web.toml:3:1: error: `blocks` must be from 0 to 65,536, not 99,999",
    'guest = "echo"\n[[disks]]\nblocks = 1\n[[disks]]\nblocks = 1\n': "there is room for 1 disk, and these are 2",
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
