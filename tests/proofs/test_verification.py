"""Whole verifications: the shipped machines, what a change moves, what a guard mends, and questions without answers."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from isa.language import load_text
from isa.machines.catalogue import find
from proofs.definitions.access import Check
from proofs.definitions.classification import subjects
from proofs.definitions.exact import exact
from proofs.definitions.machine_facts import EXACT_PREMISES, gathered
from proofs.terms.solving import Found
from proofs.verdict.grounds import PARTS, assumptions, partition
from proofs.verdict.movement import GONE, moves
from proofs.verdict.reasons import classes, ranges
from proofs.verdict.repair import is_guard, repair, variant
from proofs.verdict.theorems import Kind, Verification
from proofs.verdict.verification import core_of, study, unanswered, verify
from tests.proofs.verdict_machines import verified_once

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MACHINES = ROOT / "tests" / "machines"
CORNERS = MACHINES / "corners.isa"


PRIVILEGED = ["lpsw", "rpsw", "rrel", "lrel", "rtim", "stim", "rpnd", "cpnd", "in", "out", "setie", "idle", "halt"]
SLOW = pytest.mark.nightly


def verified(name: str) -> Verification:
    return verified_once(find(name))


# ---- the shipped machines


def test_g3_is_virtualizable_and_its_table_is_not_empty() -> None:
    found = verified("g3")
    assert (found.theorem1, found.theorem2, found.theorem3) == (Found.YES,) * 3
    assert (found.monitor, found.culprits, found.unknown, found.refused) == (Kind.TRAP_AND_EMULATE, [], [], "")
    privileged = [f.name for f in found.findings if f.verdict.privileged is Found.YES]
    assert privileged == PRIVILEGED
    assert all(f.verdict.unguarded.sensitive is Found.YES for f in found.findings if f.name in privileged)
    assert all(f.exact and f.exact.fails is Found.NO for f in found.findings)
    assert not any(f.difference for f in found.findings)


@pytest.mark.parametrize(
    ("name", "culprit", "found", "monitor"),
    [
        ("g3_sgdt", "rrel", ["location sensitive", "user sensitive"], Kind.NEITHER),
        pytest.param("g3_jrst", "jrst", ["control sensitive"], Kind.HYBRID, marks=SLOW),
        pytest.param("g3_popf", "setie", ["resource sensitive"], Kind.HYBRID, marks=SLOW),
    ],
)
def test_each_variant_fails_by_its_one_change(name: str, culprit: str, found: list[str], monitor: Kind) -> None:
    verification = verified(name)
    assert [c.name for c in verification.culprits] == [culprit]
    assert classes(verification.finding(culprit).verdict) == found
    assert (verification.theorem1, verification.monitor) == (Found.NO, monitor)
    assert verification.finding(culprit).exhibit


@pytest.mark.parametrize(
    ("name", "culprit", "found"),
    [("g3_jrst", "jrst", "control sensitive"), ("g3_popf", "setie", "resource sensitive")],
)
def test_a_hybrid_monitor_would_do_for_two_of_them(name: str, culprit: str, found: str) -> None:
    verdict = study(next(s for s in subjects(find(name)) if s.name == culprit), 20.0).verdict
    assert classes(verdict) == [found]
    assert (verdict.virtualizable, verdict.hybrid) == (Found.NO, Found.YES)


@pytest.mark.nightly
def test_the_second_machine_is_virtualizable_and_its_clock_is_told_honestly() -> None:
    found = verified(str(MACHINES / "m16.isa"))
    assert (found.theorem1, found.theorem2, found.theorem3) == (Found.YES,) * 3
    assert [(f.name, f.where) for f in found.facts if f.holds is not Found.YES] == [("timer", ("tick",))]


def test_the_answer_does_not_depend_on_the_workers() -> None:
    name = f"{CORNERS}:corners_tick"
    alone, crew = verified(name), verify(find(name))
    told = [[(f.verdict, f.exact, f.contained.holds, f.steady.holds) for f in v.findings] for v in (alone, crew)]
    assert told[0] == told[1]
    assert [(f.holds, f.where) for f in alone.facts] == [(f.holds, f.where) for f in crew.facts]
    assert alone.refused == crew.refused


# ---- what a verdict rests on


def test_every_piece_of_state_has_its_part() -> None:
    parts = partition(find(f"{CORNERS}:corners"))
    assert list(parts) == list(PARTS)
    assert parts["control"] == ["psw.level", "psw.carry", "psw[15:5]"]
    assert (parts["mode"], parts["resources"]) == (["psw.mode"], ["psw.ie", "timer"])
    assert partition(find(f"{CORNERS}:corners_plain"))["control"][0] == "psw.ie"
    named = [name.partition(".")[0].partition("[")[0] for names in partition(find("g3")).values() for name in names]
    assert set(named) == set(find("g3").states)


def test_a_standing_condition_is_printed() -> None:
    assert "no program runs at level 3" in assumptions(find(f"{CORNERS}:corners_iopl"))[-1]
    assert not any("level 3" in line for line in assumptions(find(f"{CORNERS}:corners")))


# ---- what a change moves


def test_a_change_moves_the_verdict() -> None:
    found = {m.name: m for m in moves(verified("g3"), verified("g3_sgdt"))}
    assert set(found) == {
        *(f"Theorem {n}" for n in (1, 2, 3)),
        *(f"Theorem {n} by the letter" for n in (1, 3)),
        "monitor",
        "trap",
        "hybrid",
        "rrel",
    }
    assert (found["monitor"].before, found["monitor"].after) == ("trap-and-emulate", "neither")
    assert found["rrel"].weight == (Found.YES, Found.NO)
    assert found["rrel"].after.startswith("location sensitive, user sensitive")


def test_what_comes_and_goes_is_told() -> None:
    found = {m.name: m for m in moves(verified("g3_jrst"), verified("g3"))}
    assert (found["jrst"].before.partition(",")[0], found["jrst"].after) == (
        "control sensitive; wrong when run directly",
        GONE,
    )
    assert moves(verified("g3"), verified("g3")) == []


# ---- what guards mend


@pytest.mark.parametrize("name", ["g3_sgdt", pytest.param("g3_jrst", marks=SLOW), pytest.param("g3_popf", marks=SLOW)])
def test_one_guard_mends_a_variant(name: str) -> None:
    mended = repair(verified(name), "", workers=0)
    assert mended.guarded == tuple(c.name for c in verified(name).culprits)
    assert "{ privileged(); " in mended.text and mended.text.startswith(f"variant {name}_guarded of {name} ")
    assert (mended.holds, mended.obstacles) == (Found.YES, ())


@SLOW
def test_guards_mend_every_corner_at_once() -> None:
    mended = repair(verified(f"{CORNERS}:corners"), CORNERS.read_text())
    assert mended.holds is Found.YES and len(mended.guarded) == len(verified(f"{CORNERS}:corners").culprits)


@pytest.mark.parametrize("name", EXACT_PREMISES)
def test_guards_mend_nothing_that_is_part_of_every_step_or_of_the_machine(name: str) -> None:
    quiet = verified(f"{CORNERS}:corners_quiet")
    failing = gathered(name, {"it": Check(Found.NO, "elsewhere")})
    broken = repair(replace(quiet, facts=(failing, *(f for f in quiet.facts if f.name != name))), "")
    assert (broken.text, broken.holds) == ("", Found.NO)
    assert broken.obstacles == (f"the {name}, which no guard changes: it: elsewhere",)


def narrow(instruction: str) -> str:
    """A machine of words of 16 bits, with an instruction of its own. Where a guard is written depends on no width."""
    text = (MACHINES / "hostile.isa").read_text().partition("instr factor")[0]
    return text.replace("bits(64)", "bits(16)").replace("0:52", "0:4") + instruction + "}\n"


@pytest.mark.parametrize(
    ("otherwise", "guarded"),
    [
        ("else { trap illegal(insn) when insn[15] == 0; timer <- 0 }", True),
        ("else trap illegal(insn) when mode == user # and a comment", False),
    ],
)
def test_unassigned_words_are_guarded_in_the_step(otherwise: str, guarded: bool) -> None:
    text = narrow("").replace("else trap illegal(insn) }", f"{otherwise}\n }}")
    text = text.replace("timer <- 0", "base <- 0")
    mended = repair(verified_once(load_text(text)), text, workers=0)
    assert (list(mended.guarded), mended.holds) == (["(unassigned)"] if guarded else [], Found.YES)
    assert ("trap illegal(insn) when mode == user;" in mended.text) is guarded


@pytest.mark.parametrize(
    "otherwise", ["else {\n  base <- 0 }", "else trap illegal(insn)", "else\n trap illegal(0) # it"]
)
def test_a_guard_in_the_step_may_stand_before_anything(otherwise: str) -> None:
    text = (MACHINES / "hostile.isa").read_text().replace("else trap illegal(insn) }", f"{otherwise}\n }}")
    isa = load_text(text)
    guarded = load_text(text + variant(isa, "other", ("(unassigned)",), "trap memory(0) when mode == user"), "other")
    assert guarded.unassigned.traps[0].cause == isa.cause.members["memory"]
    assert guarded.unassigned.traps[1:] == isa.unassigned.traps
    assert guarded.unassigned.effects == isa.unassigned.effects


def test_a_machine_without_a_guard_of_its_own_gets_the_trap_written_out() -> None:
    text = narrow(
        'instr peek "d, a" F(2) "Two lines,\t# no comment." {\n  r[d] <- base # the base\n  r[a] <- bound\n}\n'
    )
    mended = repair(verified_once(load_text(text)), text, workers=0)
    assert mended.guarded == ("peek",) and "trap illegal(insn) when mode == user" in mended.text
    assert mended.holds is Found.YES


def test_a_virtualizable_machine_needs_no_repair() -> None:
    assert repair(verified("g3"), "").verification is None
    assert repair(verified("g3"), "").holds is Found.YES


def test_a_guard_is_a_trap_in_user_mode_and_no_other() -> None:
    isa = find(f"{CORNERS}:corners")
    guards = {name: [is_guard(isa, t) for t in i.behaviour.traps] for name, i in isa.instructions.items()}
    assert guards["grbase"] == [True] and guards["gdivide"] == [True, False]
    assert guards["hole"] == guards["say"] == guards["call"] == [False] and not any(guards["load"])


# ---- questions without answers


def test_what_no_solver_answers_ends_in_time_and_stays_unknown() -> None:
    began = time.monotonic()
    found = verify(find(str(MACHINES / "hostile.isa")), timeout=1.5)
    assert time.monotonic() - began < 7
    assert found.theorem1 is Found.UNKNOWN and found.monitor is Kind.UNKNOWN
    assert any(line.startswith("factor: ") for line in found.unknown)
    assert found.finding("plus").verdict.virtualizable is Found.YES  # the others lose nothing by it
    assert "unknown" in repair(found, "").obstacles[0]


def test_an_unanswered_finding_is_unknown_everywhere() -> None:
    lost = unanswered("it", "time")
    assert lost.unknown and lost.verdict.virtualizable is Found.UNKNOWN and lost.verdict.hybrid is Found.UNKNOWN
    assert (lost.lost, lost.contained.detail, lost.difference) == ("time", "time", "")


def test_an_interrupt_leaves_no_worker_behind() -> None:
    command = [sys.executable, "-m", "trapline", "verify", str(MACHINES / "hostile.isa"), "--timeout", "60"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    workers = _wait_for(partial(children, process.pid))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, b"\ninterrupted\n")
    assert not any(alive(pid) for pid in workers)


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for(look: "partial[list[int]]") -> list[int]:
    for _ in range(400):
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("no worker was started")


UNCHECKED = 'override instr sw "d, k(a)" I(0x21) { storage[base + x[a] + sext(k)] <- x[d] }'
ONE_MODE = (
    "override view mem[va : word] : word { trap memory(va) when psw.mode == user && va >=u bound;"
    " return storage[if psw.mode == user then base + va else va] }"
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [(UNCHECKED, "yes no yes no yes"), (ONE_MODE, "yes yes no no no")],
    ids=["a store that is not checked", "a supervisor that is not relocated"],
)
def test_stores_through_two_relocations_are_decided(change: str, expected: str) -> None:
    """That a sum of sums stays below a size is what solvers are bad at; they are told."""
    isa = load_text(f'variant changed of g3 "Changed." {{ {change} }}', "changed")
    core = core_of(isa)
    assert core is not None
    found = exact(core, next(s for s in subjects(isa) if s.name == "sw"), 20)
    told = (found.runs, found.equivalence, found.control, found.equivalence_user, found.control_user)
    assert " ".join(answer.value for answer in told) == expected


def test_ranges_are_told_briefly() -> None:
    assert ranges((0, 2, 3, 4, 5, 9, 10)) == "0, 2 to 5, 9, 10"
    assert ranges(()) == "none"
