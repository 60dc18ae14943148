"""Each lab: what is right gets all points, what is wrong is caught by the check that must catch it, with a message, and
the starter assembles and fails. `right/` and `wrong/` have the answers; the first line of a wrong one says what must
catch it: `# caught by CHECK: PART OF THE MESSAGE`. An answer is the lab's first file, or a folder of some of its files.
A wrong one may also be a `.change`, which says as TOML what a right one has instead: `of` (a right one), `file`, `old`
and `new`. Where a lab goes on from the answer to another, `GIVEN` has the files that are taken from there."""

import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sizes import NIGHTLY
from trapline.labs.checking import Result, Status, check_all
from trapline.labs.folder import start
from trapline.labs.lab import Lab
from trapline.labs.reading import find, names
from trapline.labs.submission import open_submission

pytestmark = pytest.mark.every(2)

HERE = Path(__file__).parent
PROVED = ("06-mend-it",)  # labs in which a starter is proved wrong, for longer than the day has time
KEY = b"the instructor's"
GIVEN = {"08-stacked": {"monitor.s": HERE / "07-your-monitor" / "right" / "table.s"}}
_CAUGHT = re.compile(r"# caught by ([^:]+): (.*)")


def graded(lab_name: str, folder: Path, answer: Path | None) -> list[Result]:
    """The results of a lab's starter, with an answer in place of its files."""
    lab = find(lab_name)
    start(lab, str(folder), "alice")
    if answer is not None:
        for file, path in GIVEN.get(lab_name, {}).items():
            shutil.copyfile(path, folder / file)
        put(answer, folder, lab.files[0])
    submission = open_submission(str(folder), lab)
    return list(check_all(lab if NIGHTLY else brief(lab), submission, "alice", KEY if NIGHTLY else None))


def put(answer: Path, folder: Path, first: str) -> None:
    """Bring an answer into a student's folder."""
    if answer.is_dir():
        shutil.copytree(answer, folder, dirs_exist_ok=True)
    elif answer.suffix != ".change":
        shutil.copyfile(answer, folder / first)
    else:
        change = tomllib.loads(answer.read_text())
        put(answer.parents[1] / "right" / change["of"], folder, first)
        text = (folder / change["file"]).read_text()
        assert text.count(change["old"]) == 1, f"{answer}: `old` is not in {change['file']} once"
        (folder / change["file"]).write_text(text.replace(change["old"], change["new"]))


def brief(lab: Lab) -> Lab:
    """The lab by day: one seed for each check. By night all seeds are tried, the hidden ones too."""
    return replace(lab, checks=tuple(replace(check, seeds=1) for check in lab.checks))


def answers(kind: str) -> list[object]:
    """All answers of a kind, the first of each lab by day."""
    found: list[object] = []
    for name in names():
        paths = sorted((HERE / name / kind).glob("*"))
        for path in paths:
            marks = () if path == paths[0] else pytest.mark.nightly
            found.append(pytest.param(name, path, marks=marks, id=f"{name}-{path.stem}"))
    return found


@pytest.mark.parametrize(("name", "answer"), answers("right"))
def test_a_right_answer_gets_all_points(name: str, answer: Path, tmp_path: Path) -> None:
    results = graded(name, tmp_path / "mine", answer)
    assert [(r.check.name, r.failure or r.reason) for r in results if r.status is not Status.PASSED] == []
    assert sum(r.points for r in results) == find(name).points


@pytest.mark.parametrize(("name", "answer"), answers("wrong"))
def test_a_wrong_answer_is_caught_by_the_check_that_must(name: str, answer: Path, tmp_path: Path) -> None:
    text = answer if answer.is_file() else next(answer.iterdir())
    caught = _CAUGHT.match(text.read_text())
    assert caught, f"{answer} does not say what catches it"
    results = {r.check.name: r for r in graded(name, tmp_path / "mine", answer)}
    found = results[caught[1]]
    told = found.failure.message if found.failure else found.reason
    assert found.status in (Status.FAILED, Status.BROKEN) and caught[2] in told, told
    assert found.points <= 0.5 * found.check.points


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.nightly if name in PROVED else ()) for name in names()]
)
def test_a_starter_assembles_and_is_not_enough(name: str, tmp_path: Path) -> None:
    results = graded(name, tmp_path / "mine", None)
    assert not any(r.status is Status.BROKEN for r in results), [r.reason for r in results]
    assert any(r.status is Status.FAILED for r in results)
