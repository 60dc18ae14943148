"""A class full of hostile submissions: nobody gets in, nobody falls over, and nobody else's marks change."""

import csv
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.labs.attacks import ATTACKS, COSTLY, pipe
from tests.sizes import NIGHTLY
from trapline.cli import main
from trapline.jobs.local import Local
from trapline.jobs.results import Results
from trapline.labs import folder as folders
from trapline.labs import grading, submission
from trapline.labs.formats.gradescope import gradescope
from trapline.labs.formats.junit import junit
from trapline.labs.formats.page import page, page_names
from trapline.labs.formats.sheet import sheet
from trapline.labs.lab import Lab
from trapline.labs.reading import find, read_lab
from trapline.labs.signing import is_genuine

pytestmark = pytest.mark.every(2)

RIGHT = Path(__file__).parent / "01-guest" / "right" / "table.s"
KEY = b"0123456789abcdef"
Capture = pytest.CaptureFixture[str]


def small(place: Path) -> Lab:
    """Lab 1 with few seeds and steps."""
    place.mkdir()
    given = (Path(find("1").folder) / "lab.toml").read_text()
    for was, now in (
        ("200_000", "20_000"),
        ("seeds = 8", "seeds = 1"),
        ("hidden = 24", "hidden = 1"),
        ("3000", "9000"),
    ):
        given = given.replace(was, now)
    (place / "lab.toml").write_text(given.replace("seeds = 4", "seeds = 1").replace("hidden = 8", "hidden = 1"))
    return read_lab(str(place))


@pytest.fixture(scope="module")
def course() -> Iterator[tuple[Lab, Path, dict[str, grading.Record]]]:
    """The class as it was graded, each record by the name of its folder."""
    place = Path(tempfile.mkdtemp())
    try:
        yield graded_class(place)
    finally:
        subprocess.run(["rm", "-rf", str(place)], check=True)  # Python's own way does not come down to all folders


def graded_class(place: Path) -> tuple[Lab, Path, dict[str, grading.Record]]:
    lab = small(place / "lab")
    school = place / "class"
    (school / "ann").mkdir(parents=True)
    shutil.copyfile(RIGHT, school / "ann" / "letters.s")
    (school / "ann" / "lab.toml").write_text('lab = "1"\nstudent = "ann"\n')
    for name in names():
        (school / name).mkdir()
        ATTACKS[name][0](school / name)
    found = grading.submissions(lab, [str(school)])
    records = grading.grade(lab, found, KEY, Local(0), Results())
    by_folder = {os.path.basename(folder): record for folder, record in zip(found, records, strict=True)}
    return lab, school, by_folder


def names() -> list[str]:
    return [name for name in ATTACKS if NIGHTLY or name not in COSTLY]


def said(record: grading.Record) -> str:
    return "\n".join([record["reason"], *(check["reason"] for check in record["checks"])])


def test_there_are_thirty() -> None:
    assert len(names()) >= 30


@pytest.mark.parametrize("name", names())
def test_an_attack_earns_nothing_and_is_told(name: str, course: tuple[Lab, Path, dict[str, grading.Record]]) -> None:
    record = course[2][name]
    assert record["status"] in (grading.GRADED, grading.BROKEN) and record["points"] <= 1
    assert ATTACKS[name][1] in said(record), said(record)
    assert len(json.dumps(record)) < 50_000 and is_genuine(record, KEY)


def test_who_is_honest_has_all_points(course: tuple[Lab, Path, dict[str, grading.Record]]) -> None:
    lab, _, records = course
    assert records["ann"]["points"] == lab.points
    assert "its seed is also that of a note of another student" in records["ann"]["reason"]  # the instructor is told
    assert len(records) == 1 + len(names())


def test_files_are_whole_whatever_students_are_called(course: tuple[Lab, Path, dict[str, grading.Record]]) -> None:
    lab, _, by_folder = course
    records = list(by_folder.values())
    assert len(ElementTree.fromstring(junit(records))) == len(records)
    rows = list(csv.reader(io.StringIO(sheet(lab, records).decode())))
    assert len(rows) == 1 + len(records) and not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    pages = page_names(records)
    assert len({name.casefold() for name in pages}) == len(records)
    for name, record in zip(pages, records, strict=True):
        assert len(name) < 120 and "/" not in name and not name.startswith(".")
        assert b"<script" not in page(record) and b"\x1b" not in page(record)
        assert json.loads(gradescope(record))["score"] <= lab.points


def test_a_terminal_is_not_drawn_upon(course: tuple[Lab, Path, dict[str, grading.Record]], capfd: Capture) -> None:
    lab, school, _ = course
    key = school.parent / "key"
    key.write_bytes(KEY)
    (school / "draws on the terminal" / "lab.toml").write_text(f'lab = "{lab.folder}"\nstudent = "x"\n')
    assert main(["lab", "check", str(school / "draws on the terminal")]) == 1
    odd = [str(school / name) for name in ("draws on the terminal", "10 of 10\n graded\x1b[2J")]
    assert main(["lab", "grade", lab.folder, *odd, "--key", str(key), "--jobs", "0"]) == 1
    told = capfd.readouterr().out
    assert "\x1b" not in told and "\x07" not in told and "10 of 10  graded" not in told
    assert [line.split()[3] for line in told.splitlines()[-2:]] == ["graded", "graded"]


def test_names_of_any_bytes_are_kept_and_graded_once(
    course: tuple[Lab, Path, dict[str, grading.Record]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, school, _ = course
    odd = [str(school / name) for name in ("\udcff\udcfe", "\\udcff\\udcfe")]
    kept = str(tmp_path / "kept.db")
    first = grading.grade(lab, odd, KEY, Local(0), Results(kept))
    monkeypatch.setattr(grading, "check_all", None)  # nothing is done twice
    assert first == grading.grade(lab, odd, KEY, Local(0), Results(kept))
    assert [record["status"] for record in first] == [grading.GRADED] * 2


def test_planted_a_reader_that_follows_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then another's answer is worth full points, and the test above would see it."""
    lab = small(tmp_path / "lab")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letters.s").symlink_to(RIGHT)
    monkeypatch.setattr(submission, "read_file", lambda folder, name, most: (Path(folder) / name).read_bytes())
    (record,) = grading.grade(lab, [str(mine)], KEY, Local(0), Results())
    assert record["points"] == lab.points


def test_a_seed_is_no_reason_to_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lab.toml")
    pipe(tmp_path)
    assert folders.seed_of(str(tmp_path)) == ""
