"""`trapline debug`: every word, in both directions, bare and monitored; batches; and what is said of mistakes."""

import io
import json
import re
from pathlib import Path

import pytest

from isa.devices import Console
from isa.errors import SourceError, TraplineError
from tests.trapline.counting import IMAGE, debugger
from trapline.cli import main
from trapline.debugging.words import WORDS, Debugger

Capture = pytest.CaptureFixture[str]
DEPTHS = pytest.mark.parametrize("depth", [0, 1, 2])


def said(made: Debugger, *lines: str) -> list[str]:
    """The last line of what each of them shows."""
    return [[*made.do(line)][-1] for line in lines]


def steps(made: Debugger, *lines: str) -> list[int]:
    """Where each of them leads."""
    return [int(re.findall(r"^step ([\d,]+)", line)[0].replace(",", "")) for line in said(made, *lines)]


@DEPTHS
def test_the_same_words_lead_forwards_and_backwards(depth: int) -> None:
    made = debugger(depth)
    there = steps(made, "trap svc", "trap", "mode", "at loop", "until r3 == 68", "step 3")
    assert there == sorted(set(there))
    back = steps(made, "back 3", "back until r3 == 67", "back at loop", "back mode", "back trap svc")
    assert back == sorted(set(back), reverse=True) and back[0] == there[-2]
    assert steps(made, "trap svc", "back trap svc")[1] == back[-1]
    assert steps(made, f"go {there[-1]}", "go 0") == [there[-1], 0]


@DEPTHS
def test_it_leads_to_the_step_that_wrote(depth: int) -> None:
    made = debugger(depth)
    (end,) = steps(made, "run")
    assert "halted" in said(made, "where")[0]
    (wrote,) = steps(made, "last [counter]")
    assert said(made, "print [counter]", "step", "print [counter]")[::2] == ["89 0x59", "90 0x5a"]
    assert said(made, f"go {end}") and steps(made, "last psw.mode")[0] > wrote
    assert steps(made, "last r3", "first r3 == 70")[1] < wrote
    assert said(made, "print r3")[0] == "70 0x46"
    (before,) = steps(made, "back")
    assert made.condition("r3 == 70").value(made.machine) == 0 and before < wrote


@DEPTHS
def test_what_is_changed_in_the_past_begins_a_branch(depth: int) -> None:
    made = debugger(depth)
    steps(made, "run", "first r1 == 80")
    (told,) = said(made, "set r1 = 89")
    assert told.startswith("a branch begins at step ") and made.history.branches == [made.machine.steps]
    assert made.machine.steps == made.history.newest
    assert "halted" in said(made, "run")[0]
    assert said(made, "print [counter]") == ["90 0x5a"]
    console = made.machine.ports.find(Console)
    assert console is not None and console.printed(0).count(b"Z") == 1
    assert [*made.do("set [counter] = 7")] == [] and said(made, "print [counter]") == ["7 0x7"]
    assert [*made.do("set psw.mode = Mode.user")] == [] and said(made, "print psw.mode == Mode.user") == ["1 0x1"]


@pytest.mark.parametrize("line", ["first 0 / (r1 - 66)", "until 0 / (r3 - 70)", "back until 0 / r0"])
def test_a_question_that_fails_on_the_way_leaves_the_machine_where_it_was(line: str) -> None:
    made = debugger()
    steps(made, "step 20")
    with pytest.raises(SourceError, match="division by zero"):
        list(made.do(line))
    assert made.machine.steps == 20


def test_what_is_always_zero_stays_so() -> None:
    made = debugger()
    assert [*made.do("set r0 = 5")] == [] and said(made, "print r0") == ["0 0x0"]


def test_exits_and_ports_are_asked_for() -> None:
    made = debugger(1)
    (emulated,) = steps(made, "exit emulated privileged")
    assert "lpsw" in said(made, "where")[0]
    (sent,) = steps(made, "port 0")
    assert "out" in said(made, "where")[0] and sent > emulated
    assert steps(made, "back exit emulated") < [sent]


def test_the_machine_is_shown() -> None:
    made = debugger()
    assert any(line.startswith("psw 0x0 (mode supervisor") for line in made.do("registers"))
    assert said(made, "storage counter counter + 1") == [f"storage[{IMAGE.symbols['counter']:#05x}]  00000000"]
    assert said(made, "where")[0].endswith("start:  set   r1, 65")


def test_instructions_are_listed_as_they_would_be_fetched() -> None:
    made = debugger()
    first, second = made.do("code pc 2")
    assert first == "0x10  start: addi r1, r0, 65  (loop.s:5)" and second.startswith("0x11  sw r1, 23(r0)")
    assert len([*made.do("code")]) == 8 and [*made.do("code 0x1000 1")] == ["0x1000  nothing can be fetched from there"]
    made.machine.state["base"] = 0x10
    assert [*made.do("code 0 1")] == ["0x0  start: addi r1, r0, 65  (loop.s:5, word 0x10)"]
    with pytest.raises(TraplineError, match="no list of 0 instructions"):
        list(made.do("code 0 0"))


def test_every_word_is_in_the_help_and_in_the_manual() -> None:
    made = debugger()
    shown = [line.split()[0] for line in made.do("help")]
    assert shown == list(WORDS)
    manual = (Path(__file__).parents[2] / "docs" / "debug.md").read_text()
    assert not [name for name in WORDS if f"| `{name}" not in manual]


@pytest.mark.parametrize(
    ("line", "message", "help"),
    [
        ("stop", "there is no word `stop`", "did you mean `step`?"),
        ("back print 1", "`print` has no direction", "without `back`"),
        ("trap sv", "there is no cause `sv`", "svc"),
        ("exit nothing", "there is no decision `nothing`", "emulated"),
        ("at lop", "no label `lop`", "did you mean loop"),
        ("last r99", "there is no place `r99`", ""),
        ("set r1", "what shall it be?", "set PLACE = VALUE"),
        ("exit emulated", "a machine under no monitor has no exits", "run it under one"),
    ],
)
def test_a_mistake_is_told_and_the_machine_stays(line: str, message: str, help: str) -> None:
    made = debugger()
    with pytest.raises(TraplineError) as caught:
        list(made.do(line))
    assert message in caught.value.message and help in (caught.value.help or "")
    assert made.machine.steps == 0


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("back", "not as many steps: the history begins at step 0"),
        ("step 10000", "not as many steps: the run ends at step "),
        ("until r1 == 1000", "there is no such step: the run ends at step "),
        ("back trap", "there is no such step: the history begins at step 0"),
        ("last r9", "nothing has changed r9 since step 0"),
        ("first r1 == 1000", "that held at no step up to "),
    ],
)
def test_that_there_is_no_such_step_is_an_answer(line: str, answer: str) -> None:
    made = debugger()
    assert said(made, line)[0].startswith(answer) and made.machine.steps == 0


@pytest.mark.parametrize("line", ["until pc ==", "print [", "storage zz", "set [99999] = 1", "until 1 / 0"])
def test_an_expression_that_is_none_is_told_with_its_place(line: str) -> None:
    made = debugger()
    with pytest.raises(SourceError):
        list(made.do(line))
    assert made.machine.steps == 0


# ---- the command


def batch(folder: Path, *lines: str) -> str:
    (folder / "words").write_text("\n".join(lines) + "\n")
    return str(folder / "words")


def test_a_batch_is_done_line_by_line(tmp_path: Path, capfd: Capture) -> None:
    words = batch(tmp_path, "# the greeting", "", "until r1 == 'm'", "back 2", "quit", "run")
    assert main(["debug", "hello", "--batch", words]) == 0
    out = capfd.readouterr().out
    assert "(trapline) back 2\nstep " in out and "(trapline) run" not in out


def test_a_batch_ends_at_a_mistake_with_its_line(tmp_path: Path, capfd: Capture) -> None:
    words = batch(tmp_path, "step", "stop", "step")
    assert main(["debug", "hello", "--batch", words]) == 2
    told = capfd.readouterr()
    assert told.err == f"error: {words}:2: there is no word `stop`\nhelp: did you mean `step`?\n"
    assert told.out.count("(trapline)") == 2


def test_what_is_typed_is_done_until_the_end(monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("step 2\nstop\nback\n"))
    assert main(["debug", "hello", "--monitor", "trap:2"]) == 0
    told = capfd.readouterr()
    assert "step 1 of 2: " in told.out and "there is no word `stop`" in told.err


@pytest.mark.parametrize(("answer", "steps"), [("y", "step 1: "), ("", "step 1 of 3: "), ("no", "step 1 of 3: ")])
def test_before_a_branch_there_is_a_question(
    answer: str, steps: str, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    typed = io.StringIO(f"step 3\nback 2\nset r5 = 7\n{answer}\nwhere\n")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", typed)
    assert main(["debug", "hello"]) == 0
    told = capfd.readouterr().out
    assert "gives up the 2 steps that came after. Go on? [y/N]" in told
    assert steps in told.split("[y/N]")[1]


def test_words_from_a_pipe_are_not_taken_for_answers(monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("step 3\nback 2\nset r5 = 7\nprint r5\n"))
    assert main(["debug", "hello"]) == 0
    told = capfd.readouterr().out
    assert "a branch begins at step 1" in told and "7 0x7" in told


def test_a_batch_begins_a_branch_and_says_so(tmp_path: Path, capfd: Capture) -> None:
    assert main(["debug", "hello", "--batch", batch(tmp_path, "step 3", "back 2", "set r5 = 7")]) == 0
    assert "a branch begins at step 1: what came after it is given up" in capfd.readouterr().out


def test_what_belongs_to_the_words_is_not_the_guests(capfd: Capture) -> None:
    assert main(["debug", "echo", "--input", "-"]) == 2
    assert "stdin is for the words of the debugger" in capfd.readouterr().err


def test_json_has_an_object_for_every_word(tmp_path: Path, capfd: Capture) -> None:
    assert main(["debug", "hello", "--batch", batch(tmp_path, "step 5", "back 2"), "--json"]) == 0
    facts = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(f["word"], f["step"], f["newest"]) for f in facts] == [("where", 0, 0), ("step 5", 5, 5), ("back 2", 3, 5)]
    assert facts[2]["pc"] == 0x13 and not facts[2]["halted"] and facts[2]["lines"][0].startswith("step 3 of 5: ")


def test_a_batch_that_is_no_text_is_refused(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "words").write_bytes(b"step\xff\n")
    assert main(["debug", "hello", "--batch", str(tmp_path / "words")]) == 3
    assert main(["debug", "hello", "--batch", str(tmp_path / "none")]) == 3
    assert "none" in capfd.readouterr().err
