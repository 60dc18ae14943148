"""trapline verify, diff and repair: exit codes, the three forms of a report, many machines, and hostile ones."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from isa.machines.catalogue import find
from tests.proofs.verdict_machines import share_verdicts
from trapline.cli import main

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
MACHINES = ROOT / "tests" / "machines"
QUIET, TICK = (f"{MACHINES / 'corners.isa'}:corners_{name}" for name in ("quiet", "tick"))

SMALL = (MACHINES / "small.isa").read_text()  # as quickly proved as may be
PEEK = SMALL.replace(
    'instr plus   "d, a" F(1) { r[d] <- r[d] + r[a] }', 'instr peek "d, a" F(1) { r[d] <- r[a] + base }'
)
BROKEN = SMALL.replace("state mode", "state made")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two descriptions, verified once for all tests."""
    share_verdicts(monkeypatch)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "small.isa").write_text(SMALL)
    (tmp_path / "deeper" / "peek.isa").write_text(PEEK.replace("isa small", "isa peek"))
    return tmp_path


def shown(capsys: Capture, *arguments: str) -> tuple[int, str]:
    code = main(list(arguments))
    return code, capsys.readouterr().out


def facts(capsys: Capture, *arguments: str) -> tuple[int, Any]:
    code, text = shown(capsys, *arguments, "--json")
    return code, json.loads(text)


# ---- verify


def test_a_report_says_all_that_was_found(capsys: Capture, folder: Path) -> None:
    code, text = shown(capsys, "verify", f"{folder}/deeper/peek.isa")
    assert code == 1
    assert re.search(r"^peek +no +location, from user mode +wrong +BREAKS +BREAKS$", text, re.MULTILINE)
    assert "Theorem 1 FAILS, by the letter too: not kept by peek" in text and "Theorem 2 FAILS: Theorem 1 FAILS" in text
    assert "  containment holds (by the letter): " in text
    assert (
        "\ntechniques\n  trap is WRONG: Theorem 1 fails: not kept by peek\n  hybrid is WRONG: Theorem 3 fails" in text
    )
    assert (
        re.search(r"^  patch is right, if what it assumes is so: `peek`", text, re.MULTILINE)
        and "  assumed of the guest: it " in text
    )
    assert "  mode (whoever changes it is control sensitive): mode" in text
    assert "admits neither a trap-and-emulate nor a hybrid monitor" in text and "for example: r[" in text
    assert not any(line != line.rstrip() or len(line) > 120 for line in text.splitlines())


def test_exit_codes_are_those_of_the_help(capsys: Capture, folder: Path) -> None:
    assert shown(capsys, "verify", f"{folder}/small.isa")[0] == 0
    assert shown(capsys, "verify")[0] == shown(capsys, "verify", "g3", "--all", str(folder))[0] == 2
    assert shown(capsys, "verify", "g3", "--timeout", "0")[0] == 2
    assert shown(capsys, "verify", "--help")[0] == 0


def test_what_stays_unknown_is_said_and_has_an_exit_code_of_its_own(capsys: Capture) -> None:
    code, text = shown(capsys, "verify", str(MACHINES / "hostile.isa"), "--timeout", "1")
    assert code == 4
    assert re.search(r"Theorem 1 unknown, by the letter too: open for .*\bfactor\b", text) and "\nunknown\n" in text
    assert re.search(r"^  factor: (it took longer than|the solver gave no answer|the time)", text, re.MULTILINE)
    assert "Which monitor this machine admits stayed open." in text


def test_the_json_has_the_documented_keys(capsys: Capture, folder: Path) -> None:
    code, found = facts(capsys, "verify", f"{folder}/deeper/peek.isa")
    assert (code, found["schema"], found["theorem1"], found["monitor"]) == (1, 2, "no", "neither")
    documented = documented_keys()
    assert set(found) == documented[0]
    assert all(set(instruction) == documented[1] for instruction in found["instructions"])
    assert [i["name"] for i in found["instructions"]] == ["peek", "(unassigned)"]
    assert found["instructions"][0]["sensitive"]["location"] == "yes"


def documented_keys() -> list[set[str]]:
    """The keys of each table of docs/verify-json.md."""
    text = (ROOT / "docs" / "verify-json.md").read_text()
    tables = re.findall(r"\| key \| value \|\n\|---\|---\|\n((?:\|.*\n)+)", text)
    cells = [[row.split("|")[1] for row in table.splitlines()] for table in tables]
    return [{key for cell in column for key in re.findall(r"`(\w+)`", cell)} for column in cells]


class Page(HTMLParser):
    """What a page asks for from outside, and its tags, balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outside += [v or "" for k, v in attrs if k in ("src", "href") and not (v or "").startswith("#")]
        self.outside += [tag] if tag in ("script", "link", "iframe", "img") else []
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_is_escaped(capsys: Capture, tmp_path: Path) -> None:
    evil = PEEK.replace('"One innocent', '"<script>alert(1)</script> & One innocent')
    (tmp_path / "evil.isa").write_text(evil)
    assert shown(capsys, "verify", f"{tmp_path}/evil.isa", "--html", f"{tmp_path}/page.html")[0] == 1
    text = (tmp_path / "page.html").read_text()
    page = Page()
    page.feed(text)
    assert (page.outside, page.open) == ([], [])
    assert "<script>alert(1)</script> &" in page.text and "url(" not in text and "@import" not in text
    assert "Theorem 1 FAILS, by the letter too: not kept by peek" in page.text
    assert "hybrid is WRONG: Theorem 3 fails: not kept by peek" in page.text


def test_a_page_that_cannot_be_written_is_no_late_surprise(capsys: Capture) -> None:
    assert main(["verify", "g3", "--html", "/nowhere/page.html"]) == 3
    assert "cannot write /nowhere/page.html" in capsys.readouterr().err


# ---- many


def test_all_machines_of_a_folder(capsys: Capture, folder: Path) -> None:
    code, text = shown(capsys, "verify", "--all", str(folder), "--html", f"{folder}/all.html")
    assert code == 1
    rows = [line.split() for line in text.splitlines()[1:]]
    assert [row[:7] for row in rows] == [
        ["peek", *["no"] * 5, "neither"],
        ["small", *["yes"] * 5, "trap-and-emulate"],
    ]
    page = Page()
    page.feed((folder / "all.html").read_text())
    assert page.outside == [] and "2 machines" in page.text


def test_a_refused_description_does_not_stop_the_others(capsys: Capture, folder: Path) -> None:
    (folder / "broken.isa").write_text(BROKEN)
    code, found = facts(capsys, "verify", "--all", str(folder))
    assert code == 3
    assert len(found["machines"]) == 2 and [r["exit_code"] for r in found["refused"]] == [3]
    assert found["refused"][0]["machine"].startswith(f"{folder}/broken.isa")


def test_an_empty_folder_is_wrong_usage(capsys: Capture, tmp_path: Path) -> None:
    assert main(["verify", "--all", str(tmp_path)]) == 2
    assert "there is no description" in capsys.readouterr().err


# ---- diff and repair


def test_diff_shows_what_moved(capsys: Capture, folder: Path) -> None:
    code, text = shown(capsys, "diff", f"{folder}/small.isa", f"{folder}/deeper/peek.isa")
    assert code == 0
    assert re.search(r"^Theorem 1 +yes +no$", text, re.MULTILINE) and re.search(
        r"^hybrid +yes +no$", text, re.MULTILINE
    )
    assert re.search(r"^peek +\(absent\) +location sensitive, user sensitive;.* +now broken$", text, re.MULTILINE)
    assert re.search(r"^plus +innocuous +\(absent\) +as before$", text, re.MULTILINE)
    code, found = facts(capsys, "diff", f"{folder}/small.isa", f"{folder}/small.isa")
    assert (code, found["moves"]) == (0, [])


def test_diff_asks_nothing_before_it_has_both_machines(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trapline.commands.diff.with_progress", lambda *asked: pytest.fail("it was asked"))
    assert main(["diff", "g3", "g4"]) == 2
    assert "g4" in capsys.readouterr().err


def test_repair_writes_a_machine_that_verifies(capsys: Capture, folder: Path) -> None:
    machine, mended = f"{folder}/deeper/peek.isa", f"{folder}/mended.isa"
    assert main(["repair", machine, "-o", mended]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "peek: 1 guard: peek" in err and "verified: Theorem 1 holds for peek_guarded" in err
    assert find(f"{mended}:peek_guarded").instructions["peek"].behaviour.traps
    code, found = facts(capsys, "repair", machine)
    assert (code, found["guards"], found["theorem1_before"], found["theorem1_after"]) == (0, ["peek"], "no", "yes")
    assert "trap illegal(insn) when mode == user; r[d] <- r[a] + base" in found["text"]
    assert main(["repair", f"{folder}/small.isa"]) == 0
    assert capsys.readouterr() == ("", "small: Theorem 1 holds; there is nothing to guard\n")


def test_what_repair_prints_is_a_description_and_nothing_else(capsys: Capture, folder: Path) -> None:
    """A variant stands behind the machines that it needs, and which of them is meant has to be said."""
    machine, mended = f"{folder}/deeper/peek.isa", folder / "mended.isa"
    assert main(["repair", machine]) == 0
    mended.write_text(capsys.readouterr().out)
    assert shown(capsys, "verify", f"{mended}:peek_guarded")[0] == 0
    assert shown(capsys, "verify", f"{mended}:peek")[0] == 1
    assert main(["repair", machine, "-o", f"{folder}/other.isa"]) == 0
    assert (folder / "other.isa").read_text() == mended.read_text()


@pytest.mark.parametrize(
    "command",
    ["verify", "diff g3", "repair", "prove", "machines", "dis hello --isa", "run hello --isa", "asm hello --isa"],
)
def test_a_file_of_several_machines_asks_which(command: str, capsys: Capture) -> None:
    path = str(MACHINES / "keys.isa")
    assert main([*command.split(), path]) == 2
    err = capsys.readouterr().err
    assert f"{path} describes 2 machines" in err and "it has compared_keys, shown_key" in err


def test_repair_says_what_it_cannot_do(capsys: Capture, folder: Path) -> None:
    view = "va >=u bound || base >=u size(storage) || va >=u size(storage) - base"
    (folder / "open.isa").write_text(SMALL.replace(view, "va >=u size(storage) - base"))
    assert main(["repair", f"{folder}/open.isa"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "the fetch, which no guard changes: bare and under the monitor" in err
