"""What programs are promised in labs 2 and 3: a grader that does not look at one of the promises lets a wrong answer
pass, and the wrong answers find that out."""

import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.labs.test_labs import brief
from trapline.labs.checking import Result, Status, check_all
from trapline.labs.checks import scheduling, trapping
from trapline.labs.folder import start
from trapline.labs.reading import find
from trapline.labs.submission import open_submission

HERE = Path(__file__).parent
NEGLECTED = [
    (trapping, "hold_state", "02-traps", "register_not_kept", "services"),
    (trapping, "hold_output", "02-traps", "prints_what_is_expected", "services"),
    (trapping, "hold_clock", "02-traps", "clock_wound_at_every_trap", "clock"),
    (trapping, "hold_words", "02-traps", "stack_in_the_window", "services"),
    (scheduling, "hold_state", "03-kernel", "r12_lost", "two"),
    (scheduling, "hold_clock", "03-kernel", "printing_winds_the_clock", "turns"),
]


def result(lab: str, answer: str, check: str, folder: Path) -> Result:
    """What comes of one check, and of those above it."""
    start(find(lab), str(folder), "alice")
    shutil.copyfile(HERE / lab / "wrong" / f"{answer}.s", folder / find(lab).files[0])
    results = check_all(brief(find(lab)), open_submission(str(folder), find(lab)), "alice")
    return next(result for result in results if result.check.name == check)


@pytest.mark.parametrize(
    ("where", "promise", "lab", "answer", "check"),
    [pytest.param(*case, marks=() if case is NEGLECTED[0] else pytest.mark.nightly) for case in NEGLECTED],
)
def test_a_grader_that_neglects_a_promise_is_found_out(
    where: ModuleType, promise: str, lab: str, answer: str, check: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = result(lab, answer, check, tmp_path / "careful").failure
    assert failure and failure.moment and failure.moment.step == failure.step  # a debugger goes there
    assert failure.source.startswith(str(tmp_path))  # and it is the student's own line
    monkeypatch.setattr(where, promise, lambda *_: None)
    assert result(lab, answer, check, tmp_path / "careless").status is Status.PASSED
