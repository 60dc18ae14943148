"""A folder handed in as one file: it is graded as the folder would be, and no archive does any harm."""

import json
import stat
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from isa.errors import TraplineError
from tests.planting import Bugs, Planted, must_catch
from trapline.cli import main
from trapline.labs import archive
from trapline.labs.archive import packed, unpacked
from trapline.labs.folder import start
from trapline.labs.reading import find

HALF = bytes(archive.LARGEST // 2 + 1)
bugs = Bugs()


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def zipped(*files: tuple[str | ZipInfo, bytes]) -> bytes:
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as made:
        for name, data in files:
            made.writestr(name, data)
    return whole.getvalue()


def link(name: str, goal: bytes) -> tuple[ZipInfo, bytes]:
    info = ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, goal


@pytest.mark.parametrize("within", ["", "ann/"])
def test_what_was_packed_is_there_again(within: str) -> None:
    files = {"a.s": "halt\n", "deep/b.s": "ä\n"}
    inside = {f"{within}{name}": text for name, text in files.items()}
    assert unpacked("x.zip", packed(inside)) == {name: text.encode() for name, text in files.items()}
    assert packed(inside) == packed(dict(reversed(inside.items())))


def test_an_archive_is_graded_as_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ann", "bob"):
        start(find("0"), str(tmp_path / "made" / name), name)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ann.zip").write_bytes(packed(texts(tmp_path / "made" / "ann")))
    (tmp_path / "class" / "bad.zip").write_bytes(b"PK")
    (tmp_path / "made" / "bob").rename(tmp_path / "class" / "bob")
    assert main(["lab", "grade", "0", str(tmp_path / "class"), "--json"]) == 1
    ann, bad, bob = json.loads(capsys.readouterr().out)["submissions"]
    assert (ann["student"], ann["seed"], ann["points"]) == ("ann", "ann", bob["points"])
    assert [c["status"] for c in ann["checks"]] == [c["status"] for c in bob["checks"]]
    assert (bad["student"], bad["status"], bad["points"]) == ("bad", "broken", 0) and "bad.zip: it is" in bad["reason"]
    (failed,) = (check for check in ann["checks"] if check["status"] == "failed")
    assert failed["counterexample"]["source"].startswith("<console.s>") or str(tmp_path) in str(failed)
    assert "trapline-lab-" not in json.dumps(ann)


def test_what_is_handed_in_anew_is_another_question(tmp_path: Path) -> None:
    path, lab = tmp_path / "ann.zip", find("0")
    path.write_bytes(packed({"hello.s": "halt\n"}))
    before = archive.digest_of(str(path), lab)
    path.write_bytes(packed({"hello.s": "nop\n"}))
    assert archive.digest_of(str(path), lab) not in (before, "")


def test_a_damaged_one_is_told() -> None:
    good = packed({"a.s": "halt\n" * 100})
    for data in (b"", b"PK\3\4", good[:-10], good[:40] + b"\0\0\0\0" + good[44:]):
        with pytest.raises(TraplineError, match=r"^x\.zip: it is damaged"):
            unpacked("x.zip", data)


@bugs.caught_by(lambda: names_lead_nowhere())
def believe_names(patch: pytest.MonkeyPatch) -> None:
    import re

    patch.setattr(archive, "_NAME", re.compile(".*"))


def names_lead_nowhere() -> None:
    for name in ("/etc/x", "a//b", "a\\b", "x" * 300, "/".join("abcdefghijkl")):
        with pytest.raises(TraplineError, match="leads elsewhere"):
            unpacked("x.zip", zipped((name, b"")))


@pytest.mark.parametrize("name", ["../a.s", "a/../../b", "./a"])
def test_no_name_leads_out(name: str) -> None:
    with pytest.raises(TraplineError, match="leads elsewhere"):
        unpacked("x.zip", zipped((name, b"")))


@bugs.caught_by(lambda: bombs_are_refused())
def unpack_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(archive, "LARGEST", 1 << 40)


def bombs_are_refused() -> None:
    with pytest.raises(TraplineError, match="its files have more than"):
        unpacked("x.zip", zipped(("a", HALF), ("b", HALF)))


def test_links_doubles_and_crowds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraplineError, match="is no file"):
        unpacked("x.zip", zipped(link("a.s", b"/etc/passwd")))
    with pytest.warns(UserWarning), pytest.raises(TraplineError, match="is there twice"):
        unpacked("x.zip", zipped(("a.s", b"1"), ("a.s", b"2")))
    with pytest.raises(TraplineError, match="more than 500 files"):
        unpacked("x.zip", zipped(*((f"{n}.s", b"") for n in range(501))))
    with pytest.raises(TraplineError, match="cannot unpack 'a/b'"):
        archive.lay({"a": b"", "a/b": b""}, str(tmp_path / "new"))


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    must_catch(bug, monkeypatch, (pytest.fail.Exception,))
