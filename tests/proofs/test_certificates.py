"""The certificates, checked again by a solver that has no code in common with ours: cvc5 reads the exported text."""

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from proofs.mutants.mutant import machine
from proofs.obligations.statements import THEOREMS
from proofs.verdict.proving import certificates, export
from tests.machines_to_test import EACH, G3, MACHINES

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

cvc5 = pytest.importorskip("cvc5", reason="the second solver is part of the test extra")
LIMIT = 120_000  # milliseconds for one certificate
SPREAD = 2  # certificates of each theorem in the quick profile


def answer(text: str) -> str:
    """What cvc5 says to a script."""
    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(LIMIT))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "certificate")
    said = []
    while not (command := parser.nextCommand()).isNull():
        said.append(str(command.invoke(solver, parser.getSymbolManager())).strip())
    return said[-1]


@cache
def texts(name: str) -> dict[str, list[str]]:
    """The certificates of a machine by theorem; those about assumptions are of a machine that has one."""
    found = defaultdict(list)
    for _, text in certificates(MACHINES.get(name) or machine(name)):
        found[text[2:].partition(":")[0]].append(text)
    return found


@pytest.mark.parametrize("theorem", THEOREMS)
def test_a_spread_of_certificates_is_confirmed(theorem: str) -> None:
    all_of_it = texts("assuming" if theorem == "assumption" else "g3")[theorem]
    chosen = all_of_it[:: max(1, len(all_of_it) // SPREAD)][:SPREAD]
    assert [answer(text) for text in chosen] == ["unsat"] * len(chosen) != []


@pytest.mark.nightly
@EACH
@pytest.mark.parametrize("theorem", THEOREMS)
def test_every_certificate_is_confirmed(name: str, theorem: str) -> None:
    refuted = [text for text in texts(name)[theorem] if answer(text) != "unsat"]
    assert not refuted, refuted[0]


def test_the_second_solver_can_say_no() -> None:
    """A certificate whose last claim is dropped is satisfiable: the check can fail."""
    text = texts("g3")["composition"][0]
    last = text.rindex("(assert")
    assert answer(text[:last] + "(check-sat)") == "sat"


def test_every_obligation_is_exported_under_a_name_of_its_own(tmp_path: Path) -> None:
    count = export(G3, tmp_path / "new")
    written = sorted((tmp_path / "new").iterdir())
    assert len(written) == count == sum(map(len, texts("g3").values()))
    assert all(path.suffix == ".smt2" and "unsat is the proof" in path.read_text() for path in written)
