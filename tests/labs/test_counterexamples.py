"""Counterexamples of `trapline lab check`: each opens at the step at which it shows, goes back from there, and lies in
the student's folder alone."""

import json
import os
from pathlib import Path

import pytest

from isa.errors import TraplineError
from tests.labs.test_attacks import small
from tests.labs.test_labs import HERE, graded
from trapline.cli import main
from trapline.debugging.moment import Moment
from trapline.labs.folder import start
from trapline.labs.reading import find

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    start(find("1"), str(tmp_path / "my lab"), "ann")
    lab = small(tmp_path / "lab")
    (tmp_path / "my lab" / "lab.toml").write_text(f'lab = "{lab.folder}"\nstudent = "ann"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my lab"


def checked(capfd: Capture) -> list[str]:
    assert main(["lab", "check", "my lab"]) == 1
    return capfd.readouterr().out.splitlines()


def test_a_counterexample_opens_at_the_step_and_goes_back(mine: Path, capfd: Capture) -> None:
    told = checked(capfd)
    at = next(line for line in told if "at step" in line)
    step, place = int(at.split()[2].rstrip(":").replace(",", "")), at.split(": ", 1)[1]
    assert "         open it: trapline debug --at 'my lab/counterexamples/counts.json'" in told
    (mine / "letters.s").unlink()  # the file needs no other
    (mine / "words").write_text("where\nback\ngo 0\nrun\n")
    ask = ["debug", "--at", "my lab/counterexamples/counts.json", "--batch", "my lab/words", "--json"]
    assert main(ask) == 0
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [f["step"] for f in found[:4]] == [step, step, step - 1, 0] and found[-1]["halted"]
    assert place in found[0]["lines"][0]
    assert main([*ask, "--monitor", "trap"]) == 2 and main([*ask[:-1], "--steps", "1"]) == 0


def test_those_of_an_earlier_check_are_taken_away(mine: Path, capfd: Capture) -> None:
    checked(capfd)
    (mine / "letters.s").write_text("        .word 1 2\n")
    assert main(["lab", "check", "my lab"]) == 3 and "open it" not in capfd.readouterr().out
    assert os.listdir(mine / "counterexamples") == []


def test_nothing_is_written_through_a_link(mine: Path, capfd: Capture, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "precious").write_text("mine")
    (mine / "counterexamples").symlink_to(tmp_path / "outside")
    checked(capfd)
    assert os.listdir(tmp_path / "outside") == []
    (mine / "counterexamples").unlink()
    (mine / "counterexamples").mkdir()
    (mine / "counterexamples" / "counts.json").symlink_to(tmp_path / "precious")
    checked(capfd)
    assert (tmp_path / "precious").read_text() == "mine"
    Moment.load(str(mine / "counterexamples" / "counts.json"))


def test_a_file_says_whether_it_has_monitors(mine: Path, capfd: Capture) -> None:
    checked(capfd)
    path = mine / "counterexamples" / "counts.json"
    facts = json.loads(path.read_text())
    assert facts["trapline"] == "counterexample" and facts["monitors"] == "none"
    for change, said in (({"trapline": "difference"}, "no such monitors"), ({"step": 1 << 40}, "before step")):
        path.write_text(json.dumps(facts | change))
        capfd.readouterr()
        assert main(["debug", "--at", str(path), "--batch", "/dev/null"]) == 3 and said in capfd.readouterr().err
    path.write_text(json.dumps(facts | {"monitors": "trap"}))
    with pytest.raises(TraplineError, match="no such monitors"):
        Moment.load(str(path))


@pytest.mark.parametrize(
    ("lab", "answer", "opened"),
    [
        (
            "04-sensitive",
            "nothing-is-sensitive.toml",
            {"privileged": "user mode: user.s:", "sensitive": "culprit: ", "theorems": "culprit: "},
        ),
        ("05-break-it", "one-place", {"sgdt tells": "bare, ", "popf tells": "bare, "}),
    ],
)
def test_a_guest_that_shows_what_is_wrong_of_a_machine_opens_too(
    lab: str, answer: str, opened: dict[str, str], tmp_path: Path, capfd: Capture
) -> None:
    results = graded(lab, tmp_path / "mine", HERE / lab / "wrong" / answer)
    moments = {r.check.name: r.failure.moment for r in results if r.failure and r.failure.moment}
    assert list(moments) == list(opened)
    (tmp_path / "words").write_text("where\n")
    for name, moment in moments.items():
        assert moment is not None
        moment.save(str(tmp_path / "at.json"))
        assert main(["debug", "--at", str(tmp_path / "at.json"), "--batch", str(tmp_path / "words"), "--json"]) == 0
        found = json.loads(capfd.readouterr().out.splitlines()[0])
        assert found.get("bare", found)["step"] == moment.step
        assert opened[name] in str(found["lines"])
