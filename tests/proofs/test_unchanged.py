"""Whether a machine does in supervisor mode what another did: each part that can differ is found, and no other."""

from functools import cache
from pathlib import Path

import pytest

from isa.description import Isa
from isa.language import load_text
from proofs.definitions import unchanged
from proofs.definitions.unchanged import ENTRY, RESET, changes, incomparable, touched

SMALL = (Path(unchanged.__file__).parents[1] / "variants" / "machines" / "down.isa").read_text()
HEAD = "override on trap(cause : Cause, info : word) {"
SAVED = "storage[0] <- pc; storage[1] <- zext(psw); storage[2] <- base; storage[3] <- bound; storage[4] <- zext(cause)"
LOADED = "pc <- storage[8]; psw <- storage[9][3:0]; base <- storage[10]; bound <- storage[11]"
STEP = """override step {
  trap clock(0) when psw.ie == 1 && timer == 1
  trap device(zext(pending)) when psw.ie == 1 && pending != 0
  timer <- timer - 1 when timer >u 1
  pc <- pc + 1
  execute mem[pc] else %s
}"""
ALIKE = {
    "a guard": 'override instr ld "d, a" R(1) { privileged(); x[d] <- mem[x[a]] }',
    "written otherwise": 'override instr st "d, a" R(2) { mem[x[a]] <- (x[d] ^ x[a]) ^ x[a] }',
    "the entry from user mode": f"{HEAD} {SAVED}; storage[5] <- if psw.mode == user then 0 else info; {LOADED} }}",
}
DIFFERENT = {
    "a trap": ('override instr ld "d, a" R(1) { trap illegal(0) when x[a] == 77; x[d] <- mem[x[a]] }', ["ld"]),
    "a cause": (STEP % "trap privileged(insn)", ["(unassigned)"]),
    "a register": ('override instr ld "d, a" R(1) { x[d] <- mem[x[a]] | 1 }', ["ld"]),
    "storage": ('override instr st "d, a" R(2) { mem[x[a]] <- x[a] }', ["st"]),
    "the entry": (f"{HEAD} {SAVED}; storage[5] <- 0; {LOADED} }}", [ENTRY]),
    "a word sent": (
        'override instr sys "d, a" R(4) { privileged(); timer <- x[d]; pending <- x[a][1:0]; halted <- x[a][7] }',
        ["sys"],
    ),
    "the reset": (
        "override on reset { psw <- 2; base <- 0; bound <- size(storage); timer <- 0; pending <- 0 }",
        [RESET],
    ),
}


@cache
def machine(changed: str = "") -> Isa:
    return load_text(f'{SMALL}\nvariant other of down "Another." {{ {changed} }}', "other")


def found(changed: str) -> list[str]:
    return [change.part for change in changes(machine(), machine(changed), 20.0)]


@pytest.mark.parametrize("changed", ALIKE.values(), ids=ALIKE)
def test_what_differs_in_user_mode_alone_is_no_change(changed: str) -> None:
    assert incomparable(machine(), machine(changed)) == ""
    assert touched(machine(), machine(changed)) and found(changed) == []


@pytest.mark.parametrize(("changed", "parts"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_in_supervisor_mode_is_found(changed: str, parts: list[str]) -> None:
    assert found(changed) == parts


def test_the_state_that_shows_it_is_given() -> None:
    (change,) = changes(machine(), machine(DIFFERENT["a trap"][0]), 20.0)
    assert change.differs == {"trap": ("none", "illegal")}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("delete instr st", "other words: st"),
        (
            'add state more : bits(2) @resource override instr ld "d, a" R(1) { x[d] <- mem[x[a]]; more <- 1 }',
            "another one: more",
        ),
        ('add assume never = psw.mode == supervisor "So."', "assumes something else"),
    ],
)
def test_machines_of_another_kind_are_not_compared(changed: str, why: str) -> None:
    assert why in incomparable(machine(), machine(changed))


def test_a_comparison_that_forgets_the_mode_would_call_a_guard_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(ALIKE["a guard"]) == []
    monkeypatch.setattr(unchanged, "in_mode", lambda state, which: state)
    assert found(ALIKE["a guard"]) == ["ld"]
