"""`trapline check`: a guest is held to what its header promises, bare and monitored."""

import json
from pathlib import Path
from typing import Any

import pytest

from guests.catalogue import doubts, names
from trapline.cli import main

Capture = pytest.CaptureFixture[str]

GOOD = "# prints: .\n# exit: r1 = 3\n# steps: 5\nstart: set r1, '.'\n out r1, r0\n set r1, 10\n out r1, r0\n"
GOOD = GOOD.replace("steps: 5", "steps: 6") + " set r1, 3\n halt\n"
PEEK = """variant peek of g3 "Anyone can read the relocation." {
  override instr rrel "d, a" T(0x82) "Read the relocation." { x[d] <- base; x[a] <- bound }
}
"""
PEEKS = "# machine: peek.isa\n# exit: r1 = 0\nstart: rrel r1, r2\n halt\n"


def checked(capfd: Capture, tmp_path: Path, text: str, *options: str) -> tuple[int, Any]:
    (tmp_path / "x.s").write_text(text)
    code = main(["check", str(tmp_path / "x.s"), "--json", *options])
    return code, json.loads(capfd.readouterr().out)["guests"][0]


@pytest.mark.parametrize("name", names())
def test_every_shipped_guest_keeps_its_promise(name: str, capfd: Capture) -> None:
    assert main(["check", name]) == 0, capfd.readouterr().out


def test_what_is_kept_is_said_in_a_line(tmp_path: Path, capfd: Capture) -> None:
    code, facts = checked(capfd, tmp_path, GOOD)
    assert (code, facts["kept"], [run["depth"] for run in facts["runs"]]) == (0, True, [0, 1])
    assert main(["check", str(tmp_path / "x.s"), "--monitor", "none"]) == 0
    assert capfd.readouterr().out == "x on g3: as promised\n"


@pytest.mark.parametrize(
    ("promise", "other", "said"),
    [
        ("prints: .", "prints: ,", "it prints something else:"),
        ("r1 = 3", "r1 = 4", "it ends with 3 in register 1, not 4"),
        ("r1 = 3", "r99 = 4", "it ends with no such register in register 99, not 4"),
        ("r1 = 3", "2", "it ends with exit code 3, not 2"),
        ("steps: 6", "steps: 5", "it halts after 6 steps, not within 5"),
        ("# exit: r1 = 3\n", "", "it ends with exit code 3, not 0"),
        (" halt", " idle\n halt", "it waits for ever after 5 steps"),
        (" halt", "here: addi r2, r2, 1\n b here", "it has not halted after 100,006 steps"),
    ],
)
def test_each_promise_that_is_not_kept_is_named_bare_and_monitored(
    promise: str, other: str, said: str, tmp_path: Path, capfd: Capture
) -> None:
    code, facts = checked(capfd, tmp_path, GOOD.replace(promise, other))
    assert (code, facts["kept"]) == (1, False)
    assert [run["broken"] for run in facts["runs"]] == [[said], [said]]


def test_the_output_is_shown_as_a_difference(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "x.s").write_text(GOOD.replace("prints: .", "prints: ,"))
    assert main(["check", str(tmp_path / "x.s"), "--monitor", "none"]) == 1
    assert capfd.readouterr().out.splitlines() == [
        "x on g3: NOT as promised",
        "  bare: it prints something else:",
        "    --- promised",
        "    +++ printed",
        "    @@ -1 +1 @@",
        "    -,",
        "    +.",
    ]


def test_a_monitor_that_shows_is_a_promise_broken_unless_it_is_announced(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "peek.isa").write_text(PEEK)
    code, facts = checked(capfd, tmp_path, PEEKS)
    assert (code, facts["machine"], [bool(run["broken"]) for run in facts["runs"]]) == (1, "peek", [False, True])
    code, facts = checked(capfd, tmp_path, "# monitored: differs\n" + PEEKS)
    assert (code, facts["kept"]) == (0, True)
    code, facts = checked(capfd, tmp_path, "# monitored: differs\n" + GOOD)  # and it must show
    assert (code, facts["kept"]) == (1, False)


def test_a_machine_is_looked_up_beside_its_guest(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "guests").mkdir()
    (tmp_path / "guests" / "peek.isa").write_text(PEEK)
    (tmp_path / "guests" / "x.s").write_text(PEEKS.replace("peek.isa", "peek.isa:peek"))
    (tmp_path / "peek.isa").write_text("nonsense")
    monkeypatch.chdir(tmp_path)
    assert main(["run", "guests/x.s"]) == 0
    assert "bare on peek" in capfd.readouterr().err


@pytest.mark.parametrize(("key", "near"), [("print", "prints"), ("Steps", "steps"), ("machin", "machine")])
def test_a_key_with_a_slip_in_it_is_named(key: str, near: str, tmp_path: Path, capfd: Capture) -> None:
    code, facts = checked(capfd, tmp_path, GOOD.replace("# prints", f"# {key}: 7\n# prints"))
    assert code == 1
    assert facts["doubts"] == [f"{tmp_path}/x.s:1: `{key}` is no key of a header: did you mean `{near}`?"]


def test_prose_is_no_key() -> None:
    assert doubts("# Note: this\n# it says: so\nstart: halt\n# print: not in the header\n") == []


def test_an_image_has_no_header(tmp_path: Path, capfd: Capture) -> None:
    main(["asm", "hello", "-o", str(tmp_path / "x.image")])
    assert main(["check", str(tmp_path / "x.image")]) == 2
