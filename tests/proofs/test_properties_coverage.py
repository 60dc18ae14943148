"""Coverage by instruction, mode and trap cause: what can be reached is reached, and what cannot is proved."""

from collections import Counter

import pytest

from isa.description import Isa
from isa.language import load_text
from proofs.definitions.classification import UNASSIGNED
from proofs.runs.aiming import leads_to
from proofs.runs.coverage import Coverage, Status, cells, covered, has_unassigned
from proofs.runs.observing import FETCH, INTERRUPT, Cell
from proofs.runs.properties import tally
from proofs.terms.solving import Answer, Found
from tests.machines_to_test import BY_DAY, G3, MACHINES

pytestmark = pytest.mark.slow


@BY_DAY
def test_every_cell_is_reached_or_proved_impossible(name: str) -> None:
    isa = MACHINES[name]
    found = covered(isa, tally(isa, range(30)).seen)
    assert found.complete, [entry.cell for entry in found.of(Status.MISSED)]
    assert found.rows == [*isa.instructions, UNASSIGNED, FETCH, INTERRUPT]
    assert len(found.entries) == 2 * (
        (len(isa.instructions) + 1) * (1 + len(isa.cause.members)) + 2 * len(isa.cause.members)
    )
    assert all((entry.count > 0) == (entry.status is Status.REACHED) for entry in found.entries.values())
    assert all(entry.proof for entry in found.of(Status.IMPOSSIBLE))


@BY_DAY
def test_nothing_is_seen_that_is_not_in_the_table_and_nothing_that_is_proved_impossible(name: str) -> None:
    isa = MACHINES[name]
    seen = tally(isa, range(30)).seen
    assert set(seen) <= set(cells(isa))
    rare = sorted(seen, key=lambda cell: (seen[cell], str(cell)))[:25]
    assert all(leads_to(isa, cell, 10.0).found is Found.YES for cell in rare)


def open_cell(isa: Isa, cell: Cell) -> Coverage:
    """The table when everything was seen but one cell."""
    return covered(isa, Counter({other: 1 for other in cells(isa) if other != cell}))


def test_a_cell_that_random_guests_left_open_is_aimed_at() -> None:
    cell = Cell(INTERRUPT, G3.modes.guest, G3.cause.members["device"])
    entry = open_cell(G3, cell).entries[cell]
    assert entry.status is Status.REACHED and entry.count > 0


HARD = """isa hard "Its second instruction traps for one value of a register in four thousand million." {
  type word = bits(32)
  enum Mode : bits(1) { supervisor = 0, user = 1 }
  enum Cause : bits(2) { none = 1, odd = 2 }
  state store : word[] @storage
  state r : word[2] @general
  state pc : word @pc
  state mode : Mode @mode
  on reset { mode <- 0 }
  on trap(cause : Cause, info : word) { mode <- supervisor; pc <- 8 }
  step { pc <- pc + 1; execute store[pc] else trap none(insn) }
  operand reg : bits(1) "r%d"
  format R(op) = op:31 a:reg
  instr calm "a" R(1) { r[a] <- r[a] + 1 }
  instr hard "a" R(2) { trap odd(0) when r[a] == 0x12345678; r[a] <- 0 }
}"""


def test_a_cell_that_only_the_solver_finds_is_reached_with_its_state() -> None:
    isa = load_text(HARD)
    cell = Cell("hard", isa.modes.guest, isa.cause.members["odd"])
    assert open_cell(isa, cell).entries[cell].status is Status.REACHED


def test_a_cell_that_no_guest_gets_to_is_missed_and_never_called_impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.runs.coverage.aimed", lambda isa, cell, timeout: 0)
    cell = Cell("add", G3.modes.guest, None)
    found = open_cell(G3, cell)
    assert found.entries[cell].status is Status.MISSED and not found.complete


def test_a_cell_without_an_answer_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.runs.coverage.aimed", lambda isa, cell, timeout: 0)
    monkeypatch.setattr("proofs.runs.coverage.leads_to", lambda isa, cell, timeout: Answer(Found.UNKNOWN))
    cell = Cell("add", G3.modes.guest, None)
    found = open_cell(G3, cell)
    assert found.entries[cell].status is Status.UNKNOWN and not found.complete


def test_a_machine_whose_words_are_all_instructions_has_no_row_for_others() -> None:
    full = HARD.replace("op:31 a:reg", "op:1 a:reg 0:30").replace("R(1)", "R(0)").replace("R(2)", "R(1)")
    assert has_unassigned(G3) and has_unassigned(load_text(full))
    whole = full.replace('operand reg : bits(1) "r%d"', 'operand reg : bits(1) "r%d"\n  operand rest : bits(30) "%d"')
    whole = whole.replace("0:30", "k:rest").replace('"a"', '"a, k"')
    assert not has_unassigned(load_text(whole))
    assert UNASSIGNED not in {cell.name for cell in cells(load_text(whole))}
