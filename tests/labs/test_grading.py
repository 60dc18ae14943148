"""Grading a class: every submission has a record, whatever it is; marks are signed; the files that others read are
well-formed whatever students write."""

import csv
import io
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.jobs import work
from trapline.cli import main
from trapline.jobs.job import Job
from trapline.jobs.local import Local
from trapline.jobs.results import Results
from trapline.labs import grading
from trapline.labs.folder import start
from trapline.labs.formats.gradescope import gradescope
from trapline.labs.formats.junit import junit
from trapline.labs.formats.page import page
from trapline.labs.formats.sheet import sheet
from trapline.labs.reading import find
from trapline.labs.signing import is_genuine, make_key, read_key

pytestmark = pytest.mark.long

RIGHT = Path(__file__).parent / "01-guest" / "right" / "table.s"
KEY = b"0123456789abcdef"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Three students: one who is right, one who handed in nothing, one whose name and text want to be code."""
    for name in ("ann", "bob", "=cmd|'x'"):
        start(find("1"), str(tmp_path / "class" / name), name)
    shutil.copyfile(RIGHT, tmp_path / "class" / "ann" / "letters.s")
    (tmp_path / "class" / "bob" / "letters.s").unlink()
    bell = "start: set r1, 27\n        out r1, r0\n        out r1, r0\n        halt # \x1b</failure>\n"
    (tmp_path / "class" / "=cmd|'x'" / "letters.s").write_text(bell)
    return tmp_path / "class"


def records(course: Path, workers: Local | None = None) -> list[grading.Record]:
    lab = find("1")
    folders = grading.submissions(lab, [str(course)])
    return grading.grade(lab, folders, KEY, workers or Local(0), Results())


def test_a_class_has_a_record_for_each_and_each_is_signed(course: Path) -> None:
    found = {r["student"]: r for r in records(course)}
    assert (found["ann"]["points"], found["ann"]["status"]) == (10, "graded")
    assert (found["bob"]["points"], found["bob"]["status"]) == (0, "broken") and "letters.s" in found["bob"]["reason"]
    assert all(is_genuine(record, KEY) for record in found.values())
    for name, value in (("points", 10), ("student", "ann"), ("signature", None), ("checks", [])):
        assert not is_genuine(found["bob"] | {name: value if value != found["bob"][name] else [1]}, KEY)
    assert not is_genuine(found["ann"], KEY + b"x")


def test_what_students_write_breaks_no_file_that_others_read(course: Path) -> None:
    found = records(course)
    root = ElementTree.fromstring(junit(found))
    assert [suite.get("name") for suite in root] == ["=cmd|'x'", "ann", "bob"]
    assert [suite.get("errors") for suite in root] == ["0", "0", "1"]
    rows = list(csv.reader(io.StringIO(sheet(find("1"), found).decode())))
    assert rows[1][0] == "'=cmd|'x'" and rows[2][3:5] == ["10", "10"]
    assert json.loads(gradescope(found[1]))["score"] == 10
    for record in found:
        assert b"</failure>" not in page(record) and page(record).endswith(b"</body></html>\n")


def test_who_kills_its_process_is_graded_as_that_and_nobody_else_is_blamed(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def job(key: str, kind: object, data: object) -> Job:
        return Job(key, work.die, None) if key.endswith("bob") else Job(key, grading.graded, data)

    monkeypatch.setattr(grading, "Job", job)
    found = {r["student"]: r for r in records(course, Local(2))}
    assert found["bob"]["status"] == "crashed" and found["bob"]["points"] == 0
    assert found["bob"]["reason"] == "its process was ended by SIGKILL, after 2 attempts"
    assert found["ann"]["points"] == 10 and grading.exit_code(list(found.values())) == 1


def test_the_graders_own_trouble_is_nobodys_marks(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "Job", lambda key, kind, data: Job(key, work.refuse, "no room"))
    found = records(course)
    assert {r["points"] for r in found} == {None} and grading.exit_code(found) == 5


def test_from_the_command_line(course: Path, tmp_path: Path, capsys: Capture) -> None:
    key, results = str(tmp_path / "key"), str(tmp_path / "results.db")
    make_key(key)
    assert len(read_key(key)) == 32 and main(["lab", "key", key]) == 3  # never overwritten
    ask = ["lab", "grade", "1", str(course), "--key", key, "--jobs", "0", "--resume", results, "--json"]
    capsys.readouterr()
    assert main(ask) == 1
    told = capsys.readouterr().out
    (tmp_path / "told.json").write_text(told)
    assert main(["lab", "verify", str(tmp_path / "told.json"), "--key", key]) == 0
    (tmp_path / "told.json").write_text(told.replace('"points": 0,', '"points": 10,'))
    assert main(["lab", "verify", str(tmp_path / "told.json"), "--key", key]) == 1
    capsys.readouterr()
    assert main(ask) == 1 and json.loads(capsys.readouterr().out) == json.loads(told)
    (course / "ann" / "letters.s").write_text("        halt\n")  # handed in anew
    assert main(ask) == 1 and json.loads(capsys.readouterr().out)["submissions"][1]["points"] < 10
