"""Each lab: what is right gets all points, what is wrong is caught by the check that must catch it, with a message, and
the starter assembles and fails. `right/` and `wrong/` have the answers: a file in place of the lab's first, or a folder
of files. The first line of a wrong one says what must catch it: `# caught by CHECK: PART OF THE MESSAGE`. A wrong one
may also be a `.change`, which says as TOML what a right one has instead: `of` (a right one), `file`, `old` and `new`.
Where a lab goes on from another's answer, `GIVEN` has the files that are taken from there."""

import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from trapline.labs.checking import Result, Status, check_all
from trapline.labs.folder import start
from trapline.labs.reading import find, names
from trapline.labs.submission import open_submission

HERE = Path(__file__).parent
KEY = b"the instructor's"
BY_DAY = 2  # seeds of those that a student sees
_CAUGHT = re.compile(r"# caught by ([^:]+): (.*)")


GIVEN = {"08-stacked": {"monitor.s": HERE / "07-your-monitor" / "right" / "table.s"}}


def graded(lab_name: str, folder: Path, answer: Path | None, key: bytes | None = KEY) -> list[Result]:
    """The results of a lab's starter, with an answer in place of its file."""
    lab = find(lab_name)
    if key is None:
        lab = replace(lab, checks=tuple(replace(check, seeds=min(check.seeds, BY_DAY)) for check in lab.checks))
    start(lab, str(folder), "alice")
    if answer is not None:
        for name, path in GIVEN.get(lab_name, {}).items():
            shutil.copyfile(path, folder / name)
        put(lab.files[0], folder, answer)
    return list(check_all(lab, open_submission(str(folder), lab), "alice", key))


def put(first: str, folder: Path, answer: Path) -> None:
    """Bring an answer into a student's folder."""
    if answer.is_dir():
        shutil.copytree(answer, folder, dirs_exist_ok=True)
    elif answer.suffix != ".change":
        shutil.copyfile(answer, folder / first)
    else:
        change = tomllib.loads(answer.read_text())
        put(first, folder, answer.parents[1] / "right" / change["of"])
        text = (folder / change["file"]).read_text()
        assert text.count(change["old"]) == 1, f"{answer}: `old` is not in {change['file']} once"
        (folder / change["file"]).write_text(text.replace(change["old"], change["new"]))


def answers(kind: str) -> list[object]:
    """All answers of a kind; the first of each lab by day too, with some of the seeds that a student sees."""
    found: list[object] = []
    for name in names():
        paths = sorted((HERE / name / kind).glob("*"))
        found += [pytest.param(name, path, None, id=f"{name}-{path.stem}-visible") for path in paths[:1]]
        found += [pytest.param(name, path, KEY, marks=pytest.mark.nightly, id=f"{name}-{path.stem}") for path in paths]
    return found


@pytest.mark.parametrize(("name", "answer", "key"), answers("right"))
def test_a_right_answer_gets_all_points(name: str, answer: Path, key: bytes | None, tmp_path: Path) -> None:
    results = graded(name, tmp_path / "mine", answer, key)
    assert [(r.check.name, r.failure or r.reason) for r in results if r.status is not Status.PASSED] == []
    assert sum(r.points for r in results) == find(name).points


@pytest.mark.parametrize(("name", "answer", "key"), answers("wrong"))
def test_a_wrong_answer_is_caught_by_the_check_that_must(
    name: str, answer: Path, key: bytes | None, tmp_path: Path
) -> None:
    caught = _CAUGHT.match(answer.read_text())
    assert caught, f"{answer} does not say what catches it"
    results = {r.check.name: r for r in graded(name, tmp_path / "mine", answer, key)}
    found = results[caught[1]]
    told = found.failure.message if found.failure else found.reason
    assert found.status in (Status.FAILED, Status.BROKEN) and caught[2] in told, told
    assert found.points <= found.check.points / 2


@pytest.mark.parametrize("name", names())
def test_a_starter_assembles_and_is_not_enough(name: str, tmp_path: Path) -> None:
    results = graded(name, tmp_path / "mine", None, None)
    assert not any(r.status is Status.BROKEN for r in results), [r.reason for r in results]
    assert any(r.status is Status.FAILED for r in results)
