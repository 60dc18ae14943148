"""Images: what is built is read back, and whoever made a layout, nothing is read that it does not hold."""

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from guests.contained import Layer, Limits
from isa.errors import TraplineError
from tests.planting import Planted, must_catch
from tests.sizes import sized
from trapline.containers.image import CONFIG, MANIFEST, TAR, TAR_GZIP, digest_of, labels_of
from trapline.containers.layers import LARGEST
from trapline.containers.reading import read
from trapline.containers.writing import laid_out, write

LAYERS: tuple[Layer, ...] = ({"bin/a": b"\0" * 8, "x": b"text", "etc/y": b""}, {"x": None, "z": b"more"})


@pytest.mark.parametrize("name", ["image", "image.tar"])
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    limits = Limits(processes=3, window=2048, blocks=0, files=7, steps=9)
    image, files = laid_out(LAYERS, "bin/a", limits)
    write(files, str(tmp_path / name))
    found = read(str(tmp_path / name))
    assert found == image and found.layers == LAYERS and found.limits == limits
    assert found.files == {"bin/a": b"\0" * 8, "etc/y": b"", "z": b"more"}
    assert laid_out(LAYERS, "bin/a", limits)[1] == files  # and nothing of the time is in it
    with pytest.raises(TraplineError, match="is there already"):
        write(files, str(tmp_path))


# ---- layouts that somebody else made


def archive(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            info = tarfile.TarInfo(member[0]) if isinstance(member, tuple) else member
            data = member[1] if isinstance(member, tuple) else b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name: str, kind: bytes, goal: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, goal
    return info


GOOD = archive(("a", b"\0" * 8))


class Forged:
    """A layout whose every part may be another; digests and sizes fit, unless they are what is changed."""

    def __init__(self) -> None:
        self.layers = [(TAR_GZIP, gzip.compress(GOOD), GOOD)]
        self.config: dict[str, Any] = {"architecture": "g3", "os": "trapline", "config": {"Cmd": ["a"]}}
        self.manifest: dict[str, Any] = {}
        self.index: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.finish: Callable[[Path], None] = lambda path: None

    def write(self, path: Path) -> str:
        files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

        def blob(kind: str, data: bytes) -> dict[str, Any]:
            files[f"blobs/{digest_of(data).replace(':', '/')}"] = data
            return {"mediaType": kind, "digest": digest_of(data), "size": len(data)}

        layers = [blob(kind, data) for kind, data, _ in self.layers]
        diffs = [digest_of(plain) for _, _, plain in self.layers]
        config = {"rootfs": {"type": "layers", "diff_ids": diffs}, **self.config}
        manifest = {
            "schemaVersion": 2,
            "config": blob(CONFIG, json.dumps(config).encode()),
            "layers": layers,
            **self.manifest,
        }
        of = blob(MANIFEST, json.dumps(manifest).encode())
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [of], **self.index}).encode()
        write({**files, **self.files}, str(path))
        self.finish(path)
        return str(path)


def layer(data: bytes) -> Callable[[Forged], None]:
    def change(forged: Forged) -> None:
        forged.layers = [(TAR, data, data)]

    return change


def having(**parts: Any) -> Callable[[Forged], None]:
    def change(forged: Forged) -> None:
        for name, value in parts.items():
            setattr(forged, name, value)

    return change


def linked(path: Path) -> None:
    """A blob that is a link to a file elsewhere."""
    blobs = path / "blobs" / "sha256"
    one = sorted(blobs.iterdir())[0]
    (path / "outside").write_bytes(one.read_bytes())
    one.unlink()
    os.symlink(path / "outside", one)


def folder_linked(path: Path) -> None:
    (path / "blobs").rename(path / "elsewhere")
    os.symlink("elsewhere", path / "blobs")


def flipped(path: Path) -> None:
    one = max((path / "blobs" / "sha256").iterdir(), key=lambda p: p.stat().st_size)
    data = bytearray(one.read_bytes())
    data[-1] ^= 1
    one.write_bytes(data)


def bomb(forged: Forged) -> None:
    """A layer that is small, and large."""
    forged.layers = [(TAR_GZIP, gzip.compress(bytes(LARGEST + 1), 1), GOOD)]


HOSTILE: dict[str, tuple[Callable[[Forged], None], str]] = {
    "a path upwards": (layer(archive(("../a", b"x"))), "no name for a file"),
    "a path upwards in the middle": (layer(archive(("b/../../a", b"x"))), "no name for a file"),
    "an absolute path": (layer(archive(("/a", b"x"))), "no name for a file"),
    "no name": (layer(archive(("./", b"x"))), "no name for a file|no plain file"),
    "a long name": (layer(archive(("n" * 80, b"x"))), "no name for a file"),
    "an unprintable name": (layer(archive(("a\x1b[2J", b"x"))), "no name for a file"),
    "a link": (layer(archive(special("a", tarfile.SYMTYPE, "/etc/passwd"))), "no plain file"),
    "a hard link": (layer(archive(special("a", tarfile.LNKTYPE, "../a"))), "no plain file"),
    "a device": (layer(archive(special("a", tarfile.CHRTYPE))), "no plain file"),
    "a pipe": (layer(archive(special("a", tarfile.FIFOTYPE))), "no plain file"),
    "a file twice": (layer(archive(("a", b"x"), ("./a", b"y"))), "is there twice"),
    "too many files": (layer(archive(*((f"f{n}", b"") for n in range(300)))), "more than 256 files"),
    "too many folders": (layer(archive(*(special(f"f{n}", tarfile.DIRTYPE) for n in range(5000)))), "4096 members"),
    "no archive": (layer(b"nonsense" * 100), "no archive"),
    "a cut archive": (layer(archive(("a", b"x" * 2000))[:1024]), "cut short|no archive"),
    "headers without end": (layer(special("a", tarfile.XHDTYPE).tobuf() * 3000), "no archive"),
    "a bomb": (bomb, "larger than"),
    "no gzip": (having(layers=[(TAR_GZIP, GOOD, GOOD)]), "damaged"),
    "half a gzip": (having(layers=[(TAR_GZIP, gzip.compress(GOOD)[:-9], GOOD)]), "no end"),
    "something behind": (having(layers=[(TAR_GZIP, gzip.compress(GOOD) + b"x", GOOD)]), "something behind"),
    "another kind": (having(layers=[("application/x-zstd", GOOD, GOOD)]), "a layer is `application/x-zstd`"),
    "another diff": (having(layers=[(TAR_GZIP, gzip.compress(GOOD), b"")]), "not what its config says"),
    "nine layers": (having(layers=[(TAR, GOOD, GOOD)] * 9), "9 layers"),
    "no layers": (having(layers=[]), "no file `a`"),
    "another machine": (having(config={"architecture": "amd64", "os": "linux", "config": {"Cmd": ["a"]}}), "not for"),
    "no command": (having(config={"architecture": "g3", "os": "trapline", "config": {}}), "no command of one word"),
    "two words": (
        having(config={"architecture": "g3", "os": "trapline", "config": {"Cmd": ["a", "b"]}}),
        "no command of one word",
    ),
    "a label": (
        having(
            config={
                "architecture": "g3",
                "os": "trapline",
                "config": {"Cmd": ["a"], "Labels": {"trapline.limits.window": "-1"}},
            }
        ),
        "is no number",
    ),
    "a limit": (
        having(
            config={
                "architecture": "g3",
                "os": "trapline",
                "config": {"Cmd": ["a"], "Labels": labels_of(Limits(blocks=99))},
            }
        ),
        "`blocks` is from 0 to 32",
    ),
    "no digest": (
        having(manifest={"config": {"mediaType": CONFIG, "digest": "sha256:../../x", "size": 1}}),
        "no digest",
    ),
    "another size": (
        having(manifest={"config": {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": 1 << 40}}),
        "too large",
    ),
    "no such blob": (
        having(manifest={"config": {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": 1}}),
        "cannot read|no file",
    ),
    "layers that are no list": (having(manifest={"layers": {}}), "`layers` is a list"),
    "a size that is no number": (
        having(manifest={"config": {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": True}}),
        "whole number",
    ),
    "no manifests": (having(index={"manifests": []}), "0 images"),
    "another version": (having(files={"oci-layout": b'{"imageLayoutVersion": "2"}'}), "no layout of version"),
    "no JSON": (having(files={"index.json": b"["}), "no JSON"),
    "deep JSON": (having(files={"index.json": b"[" * 100_000}), "no JSON"),
    "a list": (having(files={"index.json": b"[]"}), "no table"),
    "a large index": (having(files={"index.json": b" " * (1 << 20) + b"{}"}), "larger than"),
    "a linked blob": (having(finish=linked), "cannot read"),
    "a linked folder": (having(finish=folder_linked), "cannot read"),
    "a changed blob": (having(finish=flipped), "not what its digest says"),
}
NIGHT = ("too many folders", "headers without end", "a large index", "deep JSON")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.nightly if name in NIGHT else ()) for name in HOSTILE]
)
def test_a_hostile_layout_is_refused(name: str, tmp_path: Path) -> None:
    change, says = HOSTILE[name]
    forged = Forged()
    assert read(forged.write(tmp_path / "good")).files == {"a": b"\0" * 8}
    change(forged)
    with pytest.raises(TraplineError, match=says):
        read(forged.write(tmp_path / "wrong"))


def test_what_a_layer_hides_is_what_lower_ones_have(tmp_path: Path) -> None:
    forged = Forged()
    lower = archive(("a", b"\0"), ("d/x", b"1"), ("d/y", b"2"), ("e/x", b"3"), ("f", b"4"))
    upper = archive(
        special("d", tarfile.DIRTYPE), ("d/.wh..wh..opq", b""), ("d/z", b"5"), (".wh.e", b""), (".wh.f", b"")
    )
    forged.layers = [(TAR, one, one) for one in (lower, upper)]
    assert read(forged.write(tmp_path / "image")).files == {"a": b"\0", "d/z": b"5"}


def check_damage(numbers: range, tmp_path: Path) -> None:
    """An archive of a layout with some octets changed is read as before, or refused, and nothing else."""
    image, files = laid_out(LAYERS, "bin/a", Limits())
    write(files, str(tmp_path / "image.tar"))
    whole = (tmp_path / "image.tar").read_bytes()
    for number in numbers:
        random, data = Random(number), bytearray(whole)
        for _ in range(random.choice([1, 1, 3, 30])):
            data[random.randrange(len(data))] = random.randrange(256)
        (tmp_path / "wrong.tar").write_bytes(data[: random.choice([len(data)] * 3 + [random.randrange(len(data))])])
        try:
            assert read(str(tmp_path / "wrong.tar")) == image, number
        except TraplineError:
            continue


@pytest.mark.parametrize("numbers", [range(sized(100, 10_000))], ids=str)
def test_a_damaged_archive_is_the_same_image_or_none(numbers: range, tmp_path: Path) -> None:
    check_damage(numbers, tmp_path)


@pytest.mark.nightly
def test_planted_a_digest_that_nobody_compares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Whatever(str):
        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = str.__hash__

    def plant(patch: pytest.MonkeyPatch) -> None:
        for module in ("blobs", "reading"):
            patch.setattr(f"trapline.containers.{module}.digest_of", lambda data: Whatever())

    must_catch(Planted("digests", plant, lambda: check_damage(range(2000), tmp_path)), monkeypatch, (AssertionError,))
