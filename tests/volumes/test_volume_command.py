"""`trapline volume`: docs/volumes.md is true, and what cannot be done is told."""

import json
import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from monitor.volumes.opening import open_volume
from monitor.volumes.qcow2 import create
from tests.clients import client
from tests.trapline.test_monitors_doc import check
from tests.volumes.images import shown_by
from trapline.cli import main
from trapline.volumes.verbs import VERBS

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_the_manual_says_of_images(capfd: Capture) -> None:
    check("volumes.md", "Images", capfd)


def test_what_the_manual_says_of_several_parts(here: Path, capfd: Capture) -> None:
    text = (Path(__file__).parents[2] / "docs" / "volumes.md").read_text()
    (here / "web.toml").write_text(text.partition("```toml\n")[2].partition("```")[0])
    check("volumes.md", "Several parts", capfd)


def test_a_volume_of_parts_is_kept_while_they_fail(here: Path, capfd: Capture) -> None:
    (here / "v.toml").write_text('level = "mirrored"\nsize = 65536\nparts = ["one", "two"]\n')
    told(capfd, "volume make v.toml")
    assert main(["run", "disk", "--disk", "v.toml"]) == 0
    held = shown_by("v.toml")
    assert held.strip(b"\0")
    (here / "one").unlink()
    capfd.readouterr()
    assert told(capfd, "volume status v.toml", 1)["parts"] == ["lost", "good"]
    assert shown_by("v.toml") == held
    assert told(capfd, "volume fail v.toml 1", 3)
    assert told(capfd, "volume rebuild v.toml 0")["parts"] == ["good", "good"]
    with open("two", "r+b") as file:
        file.seek(-65536, 2)
        file.write(b"rot!")
    assert told(capfd, "volume scrub v.toml")["repaired"] == 1
    (here / "two").unlink()
    assert shown_by("v.toml") == held
    assert told(capfd, "volume rebuild v.toml 7", 3)


def test_a_thin_volume_that_is_full_stops_the_guest_and_goes_on_when_it_has_grown(here: Path, capfd: Capture) -> None:
    told(capfd, "volume create a.thin 640K --pool 128K")
    assert told(capfd, "volume info a.thin")["free"] == 65536
    with closing(open_volume("a.thin")) as volume:
        volume.write(200_000, b"other")
    assert main(["run", "disk", "--disk", "a.thin", "--save", "half"]) == 3
    assert "is full" in capfd.readouterr().err
    told(capfd, "volume grow a.thin 256K")
    assert main(["run", "--resume", "half", "--disk", "a.thin"]) == 0
    assert "4 blocks written and read back" in capfd.readouterr().out
    with closing(open_volume("a.thin")) as volume:
        assert volume.read(200_000, 5) == b"other"


def told(capfd: Capture, command: str, code: int = 0) -> dict[str, object]:
    assert main([*command.split(), "--json"]) == code
    found: dict[str, object] = json.loads(capfd.readouterr().out)
    return found


def test_an_image_is_made_looked_at_changed_and_moved(here: Path, capfd: Capture) -> None:
    (here / "base").write_bytes(bytes(range(256)) * 1024)
    told(capfd, "volume create top.qcow2 --on base --cluster 4K")
    facts = told(capfd, "volume info top.qcow2")
    assert (facts["format"], facts["size"], facts["cluster"], facts["on"]) == ("qcow2", 262144, 4096, "base")
    assert told(capfd, "volume snapshot top.qcow2 take one")["snapshots"]
    assert told(capfd, "volume rebase top.qcow2")["taken"] == 262144
    assert told(capfd, "volume snapshot top.qcow2 revert one")["snapshots"]
    assert told(capfd, "volume commit top.qcow2", 3)
    told(capfd, "volume convert top.qcow2 copy.qcow2")
    assert shown_by("copy.qcow2") == bytes(262144)  # the snapshot was of the empty overlay, which stands on nothing now
    assert told(capfd, "volume check copy.qcow2") == {"file": "copy.qcow2", "errors": [], "leaks": []}
    assert told(capfd, "volume map copy.qcow2")["extents"] == [{"start": 0, "length": 262144, "zero": True}]


@pytest.mark.parametrize(
    ("command", "code", "why"),
    [
        ("create new.qcow2", 3, "has a size, or it is an image"),
        ("create new 4096 --on base", 3, "has a size, or it is an image"),
        ("create new.qcow2 100", 3, "cannot have 100 bytes"),
        ("create new.qcow2 64X", 2, "`64X` is no size"),
        ("create new.qcow2 1M --cluster 5000", 3, "power of two"),
        ("create new.qcow2 1M --cluster 256", 3, "from 512"),
        ("create base 1M", 3, "base: file exists"),
        ("create is.qcow2 1M", 3, "is there already"),
        ("create no/new.qcow2 1M", 3, "cannot make the image"),
        ("create new.qcow2 --on ../base", 3, "outside of its folder"),
        ("info none", 3, "cannot open the volume none"),
        ("info .", 3, "cannot open the volume"),
        ("check base", 3, "not a qcow2 image"),
        ("info base --format qcow2", 3, "not a qcow2 image"),
        ("snapshot is.qcow2 revert none", 3, "has no snapshot 'none'"),
        ("commit is.qcow2", 3, "stands on nothing"),
        ("rebase is.qcow2 --on none", 3, "cannot open the volume"),
        ("convert base base", 2, "would overwrite"),
        ("create a.thin 1M", 3, "a thin one has a pool"),
        ("create a.thin 1G --pool 64K", 3, "needs a pool of"),
        ("create a.thin 1G --pool 64K --in base", 3, "a thin one has a pool"),
        ("create a.thin 1G --in base", 3, "base is no pool"),
        ("create a.pool 0", 3, "cannot have 0 bytes"),
        ("remove base", 3, "is no thin volume"),
        ("make none.toml", 3, "cannot read the volume none.toml"),
        ("make bad.toml", 3, "lies beside this file or below"),
        ("status base", 3, "no TOML"),
        ("grow base 100", 3, "has 4096 bytes already"),
        ("serve base", 2, "where shall it listen?"),
        ("serve base --socket no/s", 3, "cannot listen at no/s"),
        ("serve base --socket is.qcow2", 3, "cannot listen at is.qcow2"),
    ],
)
def test_what_cannot_be_done_is_told(command: str, code: int, why: str, here: Path, capfd: Capture) -> None:
    (here / "base").write_bytes(bytes(4096))
    create("is.qcow2", 65536)
    (here / "bad.toml").write_text('level = "linear"\nsize = 512\nparts = ["../a"]\n')
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    assert main(["volume", *command.split()]) == code
    assert why in capfd.readouterr().err.replace("File exists", "file exists")
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


def test_damage_has_an_exit_code(here: Path, capfd: Capture) -> None:
    create("a.qcow2", 65536)
    with open("a.qcow2", "r+b") as file:
        file.seek(3 * 65536)  # its block of counts
        file.write(b"\0\0")
    assert told(capfd, "volume check a.qcow2", 1)["errors"]


def test_a_server_is_its_users_own_and_ends_when_it_is_told_to(here: Path) -> None:
    create("a.qcow2", 1 << 20)
    words = [sys.executable, "-m", "trapline", "volume", "serve", "a.qcow2", "--socket", "s"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        uri = said.split()[-1]
        assert said.startswith("serving a.qcow2 at nbd+unix:///disk?socket=/")
        assert stat.S_IMODE((here / "s").stat().st_mode) == 0o600
        subprocess.run([client("qemu-io", "qemu-utils"), "-f", "raw", "-c", "write -P 9 0 512", uri], check=True)
        assert main(["volume", "info", "a.qcow2"]) == 3  # somebody writes it
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 143
    assert not (here / "s").exists()
    assert shown_by("a.qcow2")[:513] == b"\x09" * 512 + b"\0"


def test_the_manual_has_every_verb() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "volumes.md").read_text()
    assert all(f"`{name} " in manual or f"`{name}`" in manual for name in (*VERBS, "serve"))


@pytest.mark.parametrize("monitor", ["none", "trap"])
def test_a_guest_runs_on_an_image_as_on_a_raw_disk(monitor: str, here: Path, capfd: Capture) -> None:
    (here / "raw").write_bytes(bytes(4 * 512))
    create("a.qcow2", 4 * 512, bits=9)
    for disk in ("raw", "a.qcow2"):
        assert main(["run", "disk", "--disk", disk, "--monitor", monitor]) == 0
    assert shown_by("a.qcow2") == (here / "raw").read_bytes() != bytes(4 * 512)
    assert told(capfd_cleared(capfd), "volume check a.qcow2") == {"file": "a.qcow2", "errors": [], "leaks": []}
    assert main(["compare", "disk", "--disk", "a.qcow2"]) == 0


def capfd_cleared(capfd: Capture) -> Capture:
    capfd.readouterr()
    return capfd
