"""What goes wrong around a lab: a clear error and exit code each, and nothing is lost."""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.jobs import work
from tests.labs.test_attacks import small
from trapline.cli import main
from trapline.jobs.job import Job, Outcome
from trapline.jobs.local import Local
from trapline.jobs.results import Results
from trapline.labs import grading

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
LAB = """title = "Mine"
about = "Nothing"
files = ["a.s"]
[[checks]]
name = "one"
kind = "assembles"
points = 1
"""
MISTAKES = {
    "kind": (LAB.replace('"assembles"', '"asembles"'), "lab.toml:6:1: error: `asembles` is not known", "`assembles`"),
    "a file elsewhere": (LAB.replace("a.s", "../a.s"), "lab.toml:3:1", "letters, digits"),
    "a check that needs itself": (LAB + 'needs = ["one"]\n', "lab.toml:8:1", "checks need those before them"),
    "no checks": (LAB.partition("[[")[0], "a lab has at least one check", "[[checks]]"),
    "a number of many digits": (LAB + f"seeds = {'9' * 5000}\n", "this is no TOML", "digits"),
    "a large number": (LAB + f"seeds = 0x{'f' * 5000}\n", "lab.toml:8:1", "a number of 20,000 bits"),
    "a key that is none": (LAB + "seed = 1\n", "lab.toml:8:1: error: there is no `seed`", "did you mean `seeds`?"),
    "no TOML": ("title = \n", "lab.toml:1:9: error: this is no TOML", ""),
    "no text": ("\udcff", "lab.toml", ""),
}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A class of five in the present folder, who hand in nothing yet, and a lab."""
    small(tmp_path / "lab")
    for number in range(5):
        (tmp_path / "class" / str(number)).mkdir(parents=True)
    (tmp_path / "notes").write_text("mine " * 100)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_lab_has_its_line_its_rule_and_its_fix(name: str, tmp_path: Path, capfd: Capture) -> None:
    text, said, fix = MISTAKES[name]
    (tmp_path / "lab.toml").write_bytes(os.fsencode(text))
    assert main(["lab", "grade", str(tmp_path), str(tmp_path)]) == 3
    told = capfd.readouterr().err
    assert said in told and fix in told and "Traceback" not in told


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("grade 99 class", 2, "there is no lab `99`"),
        ("grade lab nowhere", 3, "nowhere is not a folder"),
        ("grade lab lab/lab.toml", 3, "is not a folder"),
        ("grade lab class --key lab/none", 3, "`trapline lab key lab/none` makes one"),
        ("grade lab class --gradescope x.json", 2, "use `--csv` for a class"),
        ("grade lab class --csv class/1/letters.s", 2, "in the folder of a submission"),
        ("grade lab class --resume lab/lab.toml", 2, "would overwrite `lab/lab.toml`"),
        ("grade lab class --resume notes", 3, "cannot keep results here"),
        ("grade lab class --jobs 0 --csv /dev/full", 5, "make room"),
        ("grade lab class --jobs 0 --html notes", 5, "cannot write"),
        ("check class/1", 3, "`trapline lab start` makes one"),
        ("check class/6", 3, "is no folder of a lab"),
        ("start 1 class", 3, "nothing was changed"),
        ("verify lab/lab.toml --key lab/lab.toml", 3, "has no results"),
    ],
)
def test_what_cannot_be_done_is_told(command: str, code: int, said: str, course: Path, capfd: Capture) -> None:
    before = (course / "lab" / "lab.toml").read_bytes()
    assert main(["lab", *command.split()]) == code
    assert said in capfd.readouterr().err and (course / "lab" / "lab.toml").read_bytes() == before


def test_marks_are_told_before_a_file_of_them_cannot_be_written(course: Path, capfd: Capture) -> None:
    assert main(["lab", "grade", "lab", "class", "--jobs", "0", "--csv", "/dev/full", "--json"]) == 5
    assert len(json.JSONDecoder().raw_decode(capfd.readouterr().out)[0]["submissions"]) == 5


def test_who_is_interrupted_goes_on_where_he_was(course: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    ask = ["lab", "grade", "lab", "class", "--jobs", "0", "--resume", "kept.db", "--json"]
    rightly, asked = grading.graded, list[str]()

    def graded(data: dict[str, str]) -> grading.Record:
        asked.append(data["folder"])
        if len(asked) == 3:
            raise KeyboardInterrupt
        return rightly(data)

    monkeypatch.setattr(grading, "graded", graded)
    assert main(ask) == 130 and list(Results("kept.db").keys()) == ["class/0", "class/1"]
    assert main(ask) == 1 and len(asked) == len({*asked}) + 1 == 6  # the third alone twice
    told = capfd.readouterr().out
    assert main(ask) == 1 and len(asked) == 6 and capfd.readouterr().out == told


def test_a_disk_that_is_full_costs_what_comes_then(
    course: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    rightly = Results.put

    def put(results: Results, job: Job, outcome: Outcome) -> None:
        if job.key == "class/2":
            results._file.execute("PRAGMA max_page_count = 1")  # no page more
            outcome = Outcome(job.key, outcome.how, "x" * 100_000)
        rightly(results, job, outcome)

    ask = ["lab", "grade", "lab", "class", "--jobs", "0", "--resume", "kept.db"]
    with monkeypatch.context() as patch:
        patch.setattr(Results, "put", put)
        assert main(ask) == 5 and "make room, and go on" in capfd.readouterr().err
    assert list(Results("kept.db").keys()) == ["class/0", "class/1"]
    assert main(ask) == 1 and len(list(Results("kept.db").keys())) == 5


def test_results_that_were_cut_off_are_no_results(course: Path, capfd: Capture) -> None:
    ask = ["lab", "grade", "lab", "class", "--jobs", "0", "--resume", "kept.db"]
    assert main(ask) == 1
    data = (course / "kept.db").read_bytes()
    (course / "kept.db").write_bytes(data[:1000])
    assert main(ask) in (3, 5) and "kept.db" in capfd.readouterr().err


def test_planted_results_that_are_kept_too_late(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then an interruption costs all of them, and the tests above would see it."""
    monkeypatch.setattr(Results, "put", lambda results, job, outcome: None)
    main(["lab", "grade", "lab", "class", "--jobs", "0", "--resume", "kept.db"])
    assert list(Results("kept.db").keys()) == []
    assert sqlite3.connect("kept.db").execute("SELECT count(*) FROM results").fetchone() == (0,)


@pytest.mark.nightly
def test_a_class_of_two_hundred_loses_nobody(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fifth is right, every seventh kills its process; each has the marks of its own."""
    right = Path(__file__).parent / "01-guest" / "right" / "table.s"
    for number in range(200):
        (course / "class" / str(number)).mkdir(exist_ok=True)
        if number % 5 == 0:
            shutil.copyfile(right, course / "class" / str(number) / "letters.s")

    def job(key: str, kind: object, data: object) -> Job:
        dies = int(key.rpartition("/")[2]) % 7 == 0
        return Job(key, work.die, None) if dies else Job(key, grading.graded, data)

    monkeypatch.setattr(grading, "Job", job)
    lab = small(course / "again")
    found = grading.grade(lab, grading.submissions(lab, ["class"]), b"k" * 16, Local(2), Results())
    assert len(found) == 200
    for record in found:
        number = int(record["student"])
        assert record["status"] == ("crashed" if number % 7 == 0 else "graded" if number % 5 == 0 else "broken")
        assert record["points"] == (10 if number % 5 == 0 and number % 7 else 0)
