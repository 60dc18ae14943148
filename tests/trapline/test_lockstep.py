"""Both sides of a difference: what `compare` and `witness` write, what opens it, and what is said of hostile files."""

import base64
import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from isa.assembler import assemble
from isa.devices import Ports, Script, standard
from isa.errors import TraplineError
from isa.machines.catalogue import find
from monitor.dispatcher import Dispatcher
from monitor.techniques import TRAP
from proofs.runs.broken import Property
from proofs.runs.compare import Setup, compare, differing
from proofs.runs.guests import Guest
from proofs.runs.properties import Failure, Tally
from tests.machines_to_test import G3
from tests.planting import Bugs, Planted, must_catch, passes
from tests.proofs.test_properties_planted import Mute, Vague
from tests.trapline.remote_client import IMAGE
from trapline.cli import main
from trapline.commands import prove
from trapline.debugging import lockstep
from trapline.debugging.debugged import Guest as Debuggee
from trapline.debugging.difference import difference as difference_of
from trapline.debugging.lockstep import BARE, BOTH, DIFFERS, MONITORED, Line, Lockstep, marked, opened
from trapline.debugging.moment import Moment
from trapline.debugging.words import Debugger

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]
BUGS = Bugs()
caught_by = BUGS.caught_by

LEAKS = find("g3_sgdt")
TELLS = """
        .org 16
start:  set   r1, 1
        rrel  r3, r4        # under a monitor another word than bare
        sw    r3, seen(r0)
        beqz  r3, say
        set   r1, 2         # two steps more
        set   r2, '!'
say:    out   r2, r0
        in    r5, r0
        halt
seen:   .word 0
"""


def setup(text: str = TELLS, depth: int = 1) -> Setup:
    def ports() -> Ports:
        return standard(LEAKS, input=Script(b"abc"))

    return Setup(LEAKS, assemble(LEAKS, text, "tells.s"), 1024, ports, depth)


def difference(depth: int = 1) -> Moment:
    made = setup(depth=depth)
    return difference_of(made, assemble(LEAKS, TELLS, "tells.s"), "tells", 1)


def said(both: Lockstep, *lines: str) -> list[Line]:
    """What the last of these words shows."""
    return [list(both.do(line)) for line in lines][-1]


def at(both: Lockstep) -> tuple[int, int]:
    return both.bare.machine.steps, both.monitored.machine.steps


# ---- both sides


@pytest.mark.parametrize("depth", [1, 2])
def test_they_part_at_the_step_of_the_difference(depth: int) -> None:
    both = opened(difference(depth))
    assert both.parts and at(both) == (1, 1) and said(both, "differences") == [(BOTH, "both are the same")]
    (where,) = said(both, "where")
    assert where.side == BOTH and where.text.startswith("step 1: stands at pc 0x11") and "rrel" in where.text
    first, second = said(both, "step")
    assert first.side == BOTH and second.side == DIFFERS and second.text.startswith("x[3]: 0x0 bare, 0x")
    assert said(both, "print r3")[0] == (BARE, "0 0x0") and said(both, "print r3")[1].side == MONITORED
    assert said(both, "print r1") == [(BOTH, "1 0x1")]


def test_only_news_of_what_differs_is_told() -> None:
    both = opened(difference())
    said(both, "step")
    assert [line.side for line in said(both, "where")] == [BOTH]
    assert [line.text.partition(":")[0] for line in said(both, "step") if line.side == DIFFERS] == ["storage[0x19]"]
    assert len(said(both, "differences")) == 2
    assert said(both, "parting")[-1] == (BOTH, "both are the same") and at(both) == (1, 1)


def test_both_go_where_the_first_of_them_finds_something() -> None:
    both = opened(difference())
    lines = said(both, "until r1 == 2")
    assert at(both) == (5, 5) and lines[0] == (BARE, "| .")  # it has printed a zero on the way
    assert (BARE, "there is no such step: the run ends at step 7, or before step 100,000,000") in lines
    said(both, "parting", "port 0")
    assert at(both) == (4, 4)  # the bare one prints there; the other does so two steps later
    shown = said(both, "parting", "run")
    assert at(both) == (7, 7) and {(BARE, "step 7: halted"), (MONITORED, "| !")} <= {*shown}
    said(both, "run")
    assert at(both) == (7, 9)


def test_what_one_side_alone_can_do_is_done_there() -> None:
    both = opened(difference())
    said(both, "go 0")
    lines = said(both, "exit emulated")
    assert (BARE, "error: a machine under no monitor has no exits") in lines and at(both) == (6, 6)
    with pytest.raises(TraplineError, match="no word `sideways`"):
        said(both, "sideways")
    with pytest.raises(TraplineError, match="nothing follows `parting`"):
        said(both, "parting 7")
    assert said(both, "quit") == [] and both.over


def test_a_change_is_made_on_both_sides() -> None:
    both = opened(difference())
    assert said(both, "set r6 = 9") == [] and said(both, "print r6") == [(BOTH, "9 0x9")]


def test_help_has_the_words_of_both() -> None:
    names = [line.text.split()[0] for line in said(opened(difference()), "help")]
    assert names[-2:] == ["differences", "parting"] and "until" in names
    manual = (Path(__file__).parents[2] / "docs" / "debug.md").read_text()
    assert all(f"| `{name}` |" in manual for name in lockstep.WORDS)


@pytest.mark.parametrize(
    ("bug", "what"), [(Vague, "storage[0x5]: 0x3 bare, 0x0 monitored"), (Mute, "console.output: ")]
)
def test_a_bug_planted_in_the_monitor_is_seen_at_its_step(bug: type[Dispatcher], what: str, tmp_path: Path) -> None:
    with patch("monitor.monitor.Dispatcher", bug):
        asked = Setup(G3, IMAGE, 4096, lambda: standard(G3), engine="reference")
        seen = compare(asked, 1000).divergence
        assert seen is not None
        difference_of(asked, IMAGE, "loop", seen.step).save(str(tmp_path / "d.json"))
        both = opened(Moment.load(str(tmp_path / "d.json")))
        assert both.parts and at(both) == (seen.step, seen.step)
        assert any(line.side == DIFFERS and line.text.startswith(what) for line in said(both, "step"))
    both = opened(Moment.load(str(tmp_path / "d.json")))
    assert not both.parts  # the bug has been mended


# ---- a property: nobody can tell which side says something that both say


WORDS = "step 3|where|registers|storage 16 24|code|back|trap|go 40|back until r1 == 66|last [counter]|set r3 = 1|run"


@cache
def alone() -> list[list[str]]:
    made = Debugger(Debuggee(same().bare.machine, IMAGE, 1000))
    made.alone = False
    return [list(made.do(word)) for word in WORDS.split("|")]


def same() -> Lockstep:
    """Two that never part."""
    return opened(difference_of(Setup(G3, IMAGE, 4096, lambda: standard(G3), 2), IMAGE, "loop", 0), steps=1000)


def both_say_what_one_would() -> None:
    both = same()
    assert not both.parts
    for word, lines in zip(WORDS.split("|"), alone(), strict=True):
        found = [line for line in both.do(word) if not line.text.startswith("| ")]
        assert found == [(BOTH, text) for text in lines], word


def each_line_is_marked_with_who_says_it() -> None:
    bare, monitored = ["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]
    found = list(marked(bare, monitored))
    for side, lines in ((BARE, bare), (MONITORED, monitored)):
        assert [line.text for line in found if line.side in (BOTH, side)] == lines
    assert [line.text for line in found if line.side == BOTH] == ["a", "c", "d"]


def what_differs_is_marked() -> None:
    both = opened(difference())
    said(both, "step 4")
    found = {line.text.partition(":")[0] for line in said(both, "differences")}
    assert {"x[3]", "storage[0x19]", "pc", "x[1]"} <= found and at(both) == (5, 5)


CHECKS = [both_say_what_one_would, each_line_is_marked_with_who_says_it, what_differs_is_marked]


@pytest.mark.parametrize("check", CHECKS)
def test_lockstep(check: Callable[[], None]) -> None:
    passes(check)


@caught_by(both_say_what_one_would)
def a_word_is_said_to_one_side_alone(monkeypatch: Patch) -> None:
    rightly = lockstep._answer
    monkeypatch.setattr(lockstep, "_answer", lambda s, line: rightly(s, line) if len(s.machine.hosts) > 1 else [])


@caught_by(both_say_what_one_would)
def the_monitors_are_told_of_where_they_stand(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Debugger, "alone", property(lambda side: True, lambda side, value: None), raising=False)


@caught_by(each_line_is_marked_with_who_says_it)
def sides_are_confused(monkeypatch: Patch) -> None:
    monkeypatch.setattr(lockstep, "BARE", MONITORED)
    monkeypatch.setattr(lockstep, "MONITORED", BARE)


@caught_by(what_differs_is_marked)
def storage_is_not_looked_at(monkeypatch: Patch) -> None:
    rightly = differing
    monkeypatch.setattr(
        lockstep, "differing", lambda a, b: tuple(d for d in rightly(a, b) if not d.name.startswith("storage"))
    )


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


# ---- files


OWN = 'variant peek of g3 "Anyone can read the relocation." {\n'
OWN += '  override instr rrel "d, a" T(0x82) "Read it." { x[d] <- base; x[a] <- bound }\n}\n'


def compared(folder: Path, monkeypatch: Patch, *options: str) -> int:
    """A difference of a program and a machine that lie in a folder."""
    (folder / "own.isa").write_text(OWN)
    (folder / "own.s").write_text(TELLS)
    monkeypatch.chdir(folder)
    return main(["compare", "own.s", "--isa", "own.isa", "--input", "own.isa", "--difference", "d.json", *options])


def batch(folder: Path, *words: str) -> list[str]:
    (folder / "words").write_text("\n".join(words) + "\n")
    return ["debug", "--at", "d.json", "--batch", "words"]


def test_a_difference_is_all_that_is_needed(tmp_path: Path, monkeypatch: Patch, capfd: Capture) -> None:
    assert compared(tmp_path, monkeypatch) == 1
    assert "`trapline debug --at d.json` opens it" in capfd.readouterr().err
    for name in ("own.isa", "own.s"):
        (tmp_path / name).unlink()
    assert main(batch(tmp_path, "step", "go 6", "print r5")) == 0
    out = capfd.readouterr().out
    assert out.startswith("own on peek, bare beside 1 monitor (trap)\n")
    assert "differs    x[3]: 0x0 bare, 0x" in out and "own.s:4: rrel  r3, r4" in out
    assert f"bare       {ord('v')} 0x76" in out  # what the file of the input begins with has arrived
    assert main([*batch(tmp_path, "step"), "--json"]) == 0
    first, second = map(json.loads, capfd.readouterr().out.splitlines())
    assert first["bare"]["step"] == first["monitored"]["step"] == 1 and first["word"] == "where"
    assert second["lines"][1]["side"] == "differs"


def test_a_witness_opens_in_the_same_way(tmp_path: Path, monkeypatch: Patch, capfd: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["witness", "g3_jrst", "jrst", "--difference", "d.json"]) == 0
    assert main(batch(tmp_path, "step")) == 0
    assert "differs    psw: 0x1 bare, 0x0 monitored" in capfd.readouterr().out


def test_a_generated_guest_opens_in_the_same_way(tmp_path: Path, monkeypatch: Patch, capfd: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    guest = Guest(LEAKS, {0x15: assemble(LEAKS, "        rrel r15, r2\n").segments[0].words[0]}, {"pc": 0x15}, 136)
    broken = Failure(Property.EQUIVALENCE, "", 99, 1, (), guest)
    prove._keep("d.json", LEAKS, Tally(failures=[replace(broken, which=Property.CONTROL), broken]), (TRAP,))
    assert main(batch(tmp_path, "step")) == 0
    assert "differs    x[15]: 0x0 bare, 0x400 monitored" in capfd.readouterr().out
    prove._keep("e.json", LEAKS, Tally(), (TRAP,))
    assert "e.json is not written" in capfd.readouterr().err and not os.path.exists("e.json")
    assert main(["prove", "g3", "--difference", "d.json"]) == 2


def test_where_there_is_no_difference_nothing_is_written(tmp_path: Path, monkeypatch: Patch, capfd: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "hello", "--difference", "d.json", "--json"]) == 0
    told = capfd.readouterr()
    assert "d.json is not written" in told.err and json.loads(told.out)["kept"] is None and not os.listdir(tmp_path)
    assert main(["compare", "hello", "--difference", "no/d.json"]) == 3


def damaged(facts: dict[str, Any]) -> dict[str, tuple[object, str]]:
    """What a file may be instead, and what is said of it."""
    image, start = (base64.b64decode(facts[key]) for key in ("image", "start"))

    def packed(data: bytes) -> str:
        return base64.b64encode(data).decode()

    return {
        "another kind": ({"trapline": "input"}, "is no moment of a run"),
        "a list": ([facts], "is no moment of a run"),
        "a version": ({**facts, "version": 1}, "another version of the format"),
        "no step": ({k: v for k, v in facts.items() if k != "step"}, "`step` is missing"),
        "a step that is none": ({**facts, "step": -1}, "`step` is not a number"),
        "a step that nobody comes to": ({**facts, "step": 1 << 40}, "before the two part at step"),
        "no monitor": ({**facts, "monitors": "none"}, "no such monitors"),
        "many monitors": ({**facts, "monitors": "trap:9"}, "no such monitors"),
        "an engine": ({**facts, "engine": "steam"}, "no such engine"),
        "an unknown machine": ({**facts, "machine": "../../g9"}, "no shipped machine"),
        "another machine": ({**facts, "machine": "g3_popf"}, "is of another g3_popf"),
        "a machine of another width": ({**facts, "machine": "pdp10"}, "words of 32 bits"),
        "no description": ({**facts, "machine": "g3_sgdt", "description": "isa {"}, "error:"),
        "no base64": ({**facts, "image": "%"}, "`image` is not base64"),
        "half an image": ({**facts, "image": packed(image[:-9])}, "is truncated"),
        "no image": ({**facts, "image": packed(b"x")}, "is not an image"),
        "half a machine": ({**facts, "start": packed(start[:-9])}, "is truncated"),
        "numbers for texts": ({**facts, "guest": 7}, "`guest` is not text"),
    }


def test_no_file_is_believed(tmp_path: Path, monkeypatch: Patch, capfd: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    difference().save("good.json")
    facts = json.loads(Path("good.json").read_text())
    for name, (content, message) in damaged(facts).items():
        Path("d.json").write_text(json.dumps(content))
        assert main(batch(tmp_path, "step")) in (2, 3), name
        assert message in capfd.readouterr().err, name
    for data in (b"", b"\xff\xfe", b"[" * 100_000, b"{}"):
        Path("d.json").write_bytes(data)
        assert main(batch(tmp_path, "step")) == 3 and "is no moment of a run" in capfd.readouterr().err
    assert main(["debug", "--at", "nowhere.json"]) == 3 and "cannot read" in capfd.readouterr().err
    monkeypatch.setattr("trapline.debugging.moment.LARGEST", 10)
    assert main(["debug", "--at", "good.json"]) == 3 and "is larger than" in capfd.readouterr().err
    with pytest.raises(TraplineError, match="too large for a file"):
        difference().save("new.json")


@pytest.mark.parametrize(
    "option", ["hello", "--seed 1", "--monitor trap", "--isa g3", "--resume good.json", "--storage 9"]
)
def test_a_difference_has_its_own_guest_and_machine(option: str, capfd: Capture) -> None:
    assert main(["debug", "--at", "d.json", *option.split()]) == 2
    assert "part of what is opened" in capfd.readouterr().err


def test_that_they_do_not_part_here_is_told(tmp_path: Path, monkeypatch: Patch, capfd: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    difference_of(Setup(G3, IMAGE, 4096, lambda: standard(G3), 1), IMAGE, "loop", 3).save("d.json")
    assert main(batch(tmp_path, "step")) == 0 and "do not part at this step" in capfd.readouterr().err
