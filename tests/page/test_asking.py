"""What the page asks, as JSON, in plain Python: commands, problems, history, labs; and every bad question."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from proofs import variants
from proofs.terms import workers
from tests.planting import Bugs, Planted, must_catch
from trapline.page import files as page_files
from trapline.page import streams
from trapline.page.asking import Page

ROOT = Path(__file__).parents[2]
FIRST = "start:  set r2, 'x'\n        out r2, r0\n        set r1, 0\n        halt\n"
LEAK = """variant peek of g3 "Anyone can read the relocation." {
  override instr rrel "d, a" T(0x82) "Read the relocation." { x[d] <- base; x[a] <- bound }
}
"""
FEW = (Path(variants.__file__).parent / "machines" / "few.isa").read_text() + LEAK.replace(
    " of g3 ", " of few "
).replace("override", "add")
RREL = "# machine: mine.isa\n" + FIRST.replace("set r2, 'x'", "rrel r2, r4")
Ask = Callable[..., Any]
bugs = Bugs()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]) -> Ask:
    """Ask, as the page does, and give the answer, or the error with `message`."""
    monkeypatch.chdir(tmp_path)  # and back at the end
    return asker(tmp_path, told)


def asker(home: Path, told: list[str]) -> Ask:
    page = Page(str(home), told.append)

    def asked(question: str, /, **rest: object) -> Any:
        found = json.loads(page.ask(json.dumps({"ask": question, "files": {}, **rest})))
        return found.get("answer", found.get("error"))

    return asked


def test_a_command_says_what_it_prints_and_its_code(ask: Ask) -> None:
    found = ask("command", words=["trapline", "run", "first.s"], files={"first.s": FIRST})
    assert (found["code"], found["output"], found["files"]) == (0, "x", {})
    assert found["err"].endswith("first, bare on g3: halted after 4 steps (4 retired), exit code 0\n")


def test_a_guest_is_compared_on_a_description_beside_it(ask: Ask) -> None:
    files = {"first.s": RREL, "mine.isa": LEAK}
    found = ask("command", words=["compare", "first.s", "--json", "--difference", "parts.json"], files=files)
    facts = json.loads(found["output"])
    assert found["code"] == 1 and facts["divergence"]["instruction"] == "rrel r2, r4"
    opened = ask("open", words=["--at", "parts.json"], files=files | found["files"])
    assert opened["step"] == 0 and opened["lines"][0].endswith("first.s:2: start:  rrel r2, r4")
    assert any("monitored" in line for line in ask("say", line="step")["lines"])


def test_files_that_a_command_writes_come_back(ask: Ask) -> None:
    made = ask("command", words=["lab", "start", "1", "mine", "--seed", "ann"])["files"]
    assert {"mine/letters.s", "mine/handout.md", "mine/lab.toml"} <= set(made)
    gone = ask("command", words=["machines"], files={"letters.s": made["mine/letters.s"]})
    assert gone["files"] == {}  # what the page does not name is not there


def test_problems_stand_at_their_places(ask: Ask) -> None:
    files = {"first.s": FIRST.replace("out", "owt"), "mine.isa": LEAK.replace("bound", "bund"), "notes.txt": "owt"}
    found = {problem["file"]: problem for problem in ask("problems", files=files)}
    assert set(found) == {"first.s", "mine.isa"}
    assert (found["first.s"]["line"], found["first.s"]["severity"]) == (2, "error")
    assert (found["first.s"]["column"], found["first.s"]["end"]) == (9, 12) and "owt" in found["first.s"]["message"]
    assert found["mine.isa"]["line"] == 2 and "bund" in found["mine.isa"]["message"]
    assert ask("problems", files={"first.s": RREL, "mine.isa": LEAK}) == []


def test_history_goes_both_ways(ask: Ask) -> None:
    opened = ask("open", words=["first.s", "--monitor", "trap"], files={"first.s": FIRST})
    assert (opened["step"], opened["halted"]) == (0, False)
    ended = ask("say", line="run")
    assert ended["halted"] and ended["printed"] == "x" and ended["newest"] == ended["step"] == 4
    back = ask("say", line="back")
    assert (back["step"], back["newest"]) == (3, 4)
    (row,) = (row for row in back["code"] if row["next"])
    assert row["text"] == "halt" and row["source"] == {"file": "first.s", "line": 4}
    registers = {v["name"]: v["text"] for group in back["state"] for v in group["values"]}
    assert registers["r2"] == hex(ord("x"))
    assert ask("say", line="set r2 = 1")["gives_up"] == 1
    assert ask("say", line="set r2 = 1", agreed=True)["gives_up"] == 0
    assert "there is no word" in ask("say", line="fly")["message"]
    assert ask("say", line="where")["step"] == 3  # nothing is lost by that


def test_a_lab_is_begun_checked_and_packed(ask: Ask, tmp_path: Path) -> None:
    labs = ask("labs")
    assert [lab["name"][:2] for lab in labs] == [f"{n:02}" for n in range(len(labs))]
    files = ask("start", lab="1", student="ann", folder="lab")["files"]
    checked = ask("command", words=["lab", "check", ".", "--json"], files=files, folder="lab")
    facts = json.loads(checked["output"])
    (failed,) = (check for check in facts["checks"] if check["status"] == "failed")
    assert (
        facts["student"] == "ann" and failed["at"] and checked["files"] == {}
    )  # a counterexample is none of the page's
    opened = ask("open", words=["--at", failed["at"]], files=files, folder="lab")
    assert opened["step"] == failed["counterexample"]["step"]
    assert ask("pack", files=files) == ask("pack", files=files)
    assert ask("start", lab="1", student="ann", folder="lab")["files"] == files  # anew, whatever was left there


def test_what_is_shipped_can_be_taken(ask: Ask) -> None:
    shelf = ask("shelf")
    assert "hello" in {guest["name"] for guest in shelf["guests"]} and {"g3", "g3_sgdt"} <= {
        machine["name"] for machine in shelf["machines"]
    }
    assert ask("text", name="hello")["file"] == "hello.s" and "variant g3_sgdt" in ask("text", name="g3_sgdt")["text"]
    assert "nothing that is shipped" in ask("text", name="../secret")["message"]


@bugs.caught_by(lambda: work_is_told())
def forget_what_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(streams.Told, "isatty", lambda self: False)


def work_is_told() -> None:
    """Long work says how far it is, and at the end nothing of that is left."""
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as home:
        patch.chdir(home)
        patch.setattr("trapline.running.session.QUIET", 0.0)
        found = asker(Path(home), told)("command", words=["compare", "hello"])
    assert found["code"] == 0 and found["err"] == ""
    assert " of at most 100,000,000 steps" in told[0] and told[-1] == ""


@pytest.mark.nightly
def test_a_proof_is_told_without_processes(ask: Ask, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "forks", lambda: False)
    monkeypatch.setattr("trapline.progress.QUIET", 0.0)
    found = ask("command", words=["verify", "few.isa:peek", "--json"], files={"few.isa": FEW})
    facts = json.loads(found["output"])
    assert facts["theorem1"] == "no" and [c["name"] for c in facts["culprits"]] == ["rrel"]
    assert told[0].startswith("peek: 1 of ") and told[-1] == ""


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"ask": "fly"}, "there is no question `fly`"),
        ({"ask": "command", "words": "run"}, "`words` of `command` is not a list"),
        ({"ask": "command", "words": [1]}, "`words` of `command` is not a text"),
        ({"ask": "command", "words": ["host", "list"]}, "`host` keeps machines in folders of this host"),
        ({"ask": "command", "words": ["debug", "hello"]}, "no terminal here to debug in"),
        ({"ask": "command", "words": ["lab", "grade", "1", "."]}, "`lab grade` needs processes"),
        ({"ask": "command", "words": ["debug", "hello", "--batch", "x", "--web"]}, "a page cannot `--web`"),
        ({"ask": "command", "words": [], "files": {"../a.s": ""}}, "is no name of a file here"),
        ({"ask": "command", "words": [], "files": {"a.s": 1}}, "a.s is not text"),
        ({"ask": "command", "words": [], "files": {"a.s": "x" * (page_files.LARGEST + 1)}}, "bytes; 1,048,576 are the"),
        ({"ask": "command", "words": [], "files": {"a": "", "a/b": ""}}, "a is a file"),
        ({"ask": "command", "words": [], "files": {str(n): "" for n in range(501)}}, "there are 501 files"),
        ({"ask": "command", "words": [], "folder": "../up"}, "is no name of a folder"),
        ({"ask": "say", "line": "step"}, "no run is open"),
        ({"ask": "open", "words": ["hello", "--web"]}, "words are said one by one here"),
        ({"ask": "open", "words": ["nothing"]}, "there is no guest and no file `nothing`"),
        ({"ask": "start", "lab": "99"}, "there is no lab `99`"),
    ],
)
def test_a_bad_question_gets_an_answer(ask: Ask, question: dict[str, Any], message: str) -> None:
    assert message in ask(question["ask"], **{k: v for k, v in question.items() if k != "ask"})["message"]


def test_what_is_no_question_gets_an_answer(tmp_path: Path) -> None:
    page = Page(str(tmp_path))
    for text in ("", "[]", "{", "[" * 100_000, '{"ask": 1}'):
        assert json.loads(page.ask(text))["error"]["exit_code"] == 2


def test_a_mistake_of_ours_gets_an_answer(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(files: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("trapline.page.questions.checked", wrong)
    found = ask("pack")
    assert found["exit_code"] == 70 and "ZeroDivisionError: ours" in found["message"]


@bugs.caught_by(lambda: words_are_those_of_the_page())
def keep_what_lies_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(page_files, "shown", lambda folder: {})


def words_are_those_of_the_page() -> None:
    """A file that the page has no longer is not there."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as home:
        patch.chdir(home)
        ask = asker(Path(home), [])
        assert ask("command", words=["run", "a.s"], files={"a.s": FIRST})["code"] == 0
        assert ask("command", words=["run", "a.s"])["code"] == 3


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError))


def test_the_page_opens_without_what_it_does_not_need_yet(tmp_path: Path) -> None:
    """Each module costs a browser milliseconds, and the solver a second."""
    asked = "from trapline.page.asking import Page; import json, sys; page = Page(sys.argv[1])"
    question = "page.ask(json.dumps({'ask': 'shelf'})); print(*sys.modules)"
    command = [sys.executable, "-c", f"{asked}; {question}", str(tmp_path)]
    modules = set(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split())
    assert "isa.machines.catalogue" in modules
    assert not {name for name in modules if name.startswith(("z3", "proofs", "lark", "rich", "trapline.editing"))}
