"""What a machine must have besides well-behaved instructions: true of the real ones, refuted for broken ones."""

from pathlib import Path

import pytest
import z3

from isa.description import Isa
from isa.language import load_text
from isa.machines.catalogue import find
from proofs.definitions.access import HOLDS, Check, contained, no_wrap_fact, steady, touches_storage
from proofs.definitions.classification import Subject, subjects
from proofs.definitions.machine_facts import (
    CONTAINMENT,
    TIMER,
    Fact,
    clock_traps,
    fetch_contained,
    fetch_steady,
    gathered,
    timer,
    trap_entry,
)
from proofs.terms.solving import Found

SECONDS = 20.0
MACHINES = Path(__file__).parents[1] / "machines"


def corners(variant: str = "quiet") -> Isa:
    return find(f"{MACHINES / 'corners.isa'}:corners_{variant}")


def subject(isa: Isa, name: str) -> Subject:
    return next(s for s in subjects(isa) if s.name == name)


@pytest.mark.parametrize("name", ["g3", str(MACHINES / "m16.isa"), f"{MACHINES / 'corners.isa'}:corners_quiet"])
def test_a_sound_machine_contains_looks_alike_and_keeps_its_psw(name: str) -> None:
    isa = find(name)
    touching = [s for s in subjects(isa) if touches_storage(s.behaviour)]
    assert len(touching) >= 2
    checks = [f(s, SECONDS) for f in (contained, steady) for s in touching]
    checks += [fetch_contained(isa, SECONDS), fetch_steady(isa, SECONDS)]
    assert checks == [HOLDS] * len(checks)
    assert trap_entry(isa, SECONDS).holds is Found.YES


# ---- containment


def test_a_sum_that_wraps_leaves_the_window() -> None:
    isa = corners("wrap")
    store, load = (contained(subject(isa, name), SECONDS) for name in ("store", "load"))
    assert (store.holds, load.holds, fetch_contained(isa, SECONDS).holds) == (Found.NO,) * 3
    assert "a store to word 0x" in store.detail and "psw.mode = user" in store.detail
    assert "depends on a word outside the window" in load.detail


@pytest.mark.parametrize(
    ("guard", "holds"),
    [
        ("va >=u bound || base >=u size(storage) || va >=u size(storage) - base", Found.YES),
        ("va >u bound || base >=u size(storage) || va >=u size(storage) - base", Found.NO),  # one too many
        ("va >=u bound || va >=u size(storage) - base", Found.NO),  # the difference wraps
        ("va >=u bound", Found.NO),
        ("base >=u size(storage) || va >=u size(storage) - base", Found.NO),
        ("va >=s bound || base >=u size(storage) || va >=u size(storage) - base", Found.NO),  # signed
        ("psw.mode == user && (va >=u bound || base >=u size(storage) || va >=u size(storage) - base)", Found.YES),
    ],
)
def test_containment_hangs_on_every_part_of_the_bounds_check(guard: str, holds: Found) -> None:
    view = f"view mem[va : word] : word {{ trap memory(va) when {guard}; return storage[base + va] }}"
    isa = changed(f"override {view}")
    assert contained(subject(isa, "store"), SECONDS).holds is holds
    assert contained(subject(isa, "load"), SECONDS).holds is holds
    assert fetch_contained(isa, SECONDS).holds is holds


def test_an_absolute_access_is_not_contained_unless_it_is_guarded() -> None:
    isa = changed(
        """override instr store "d, a, n" F(0x03) { storage[r[a] + zext(n)] <- r[d] }
           override instr load "d, a, n" F(0x02) { guard(); r[d] <- storage[r[a] + zext(n)] }"""
    )
    assert contained(subject(isa, "store"), SECONDS).holds is Found.NO
    assert contained(subject(isa, "load"), SECONDS) == HOLDS


def test_a_trap_that_depends_on_outside_words_is_not_contained() -> None:
    isa = changed('override instr test "d" D(0x04) { trap odd(insn) when storage[7] == 0; psw.carry <- r[d][0] }')
    assert contained(subject(isa, "test"), SECONDS).holds is Found.NO


def test_what_touches_no_storage_needs_no_question() -> None:
    isa = corners()
    assert not touches_storage(subject(isa, "plus").behaviour)
    assert touches_storage(subject(isa, "load").behaviour) and touches_storage(subject(isa, "store").behaviour)


@pytest.mark.parametrize("width", [4, 16, 32])
def test_the_fact_about_wrapping_is_valid(width: int) -> None:
    solver = z3.SolverFor("QF_BV")
    solver.add(z3.Not(no_wrap_fact(*z3.BitVecs("base address size", width))))
    assert solver.check() == z3.unsat


# ---- the same view in both modes


def test_relocation_that_differs_by_mode_is_seen() -> None:
    isa = corners("split")
    assert fetch_steady(isa, SECONDS).holds is Found.NO
    assert steady(subject(isa, "load"), SECONDS).holds is Found.NO
    assert steady(subject(isa, "plus"), SECONDS) == HOLDS


def test_a_view_that_leads_elsewhere_but_refuses_alike_is_seen() -> None:
    isa = changed(
        """override view mem[va : word] : word {
             trap memory(va) when va >=u bound || base >=u size(storage) || va >=u size(storage) - base
             return storage[base + (if psw.mode == user then va else va ^ 1)]
           }"""
    )
    assert "reach different places" in fetch_steady(isa, SECONDS).detail
    assert steady(subject(isa, "store"), SECONDS).holds is Found.NO


def test_a_guard_does_not_make_the_view_differ() -> None:
    isa = changed('override instr load "d, a, n" F(0x02) { guard(); r[d] <- mem[r[a] + zext(n)] }')
    assert steady(subject(isa, "load"), SECONDS) == HOLDS


def test_an_access_in_one_mode_only_is_seen() -> None:
    isa = changed('override instr store "d, a, n" F(0x03) { mem[r[a] + zext(n)] <- r[d] when psw.mode == supervisor }')
    assert "only one of the modes" in steady(subject(isa, "store"), SECONDS).detail


# ---- the trap entry


def test_a_forgotten_bound_is_lost_and_so_is_a_sum() -> None:
    fact = trap_entry(corners("lost"), SECONDS)
    assert fact.holds is Found.NO
    assert set(fact.where) == {"pc", "base", "bound"}
    assert "bound: is lost" in fact.detail


def test_a_word_that_is_overwritten_is_lost() -> None:
    isa = entry(
        "storage[0] <- pc; storage[0] <- psw; storage[2] <- base; storage[3] <- bound; storage[4] <- zext(cause)"
    )
    assert trap_entry(isa, SECONDS).where == ("pc",)


def test_what_stays_in_place_need_not_be_stored() -> None:
    isa = entry("storage[0] <- pc; storage[1] <- psw; storage[4] <- zext(cause)", "pc <- storage[8]; psw <- storage[9]")
    assert trap_entry(isa, SECONDS).holds is Found.YES


def test_half_a_psw_is_not_a_psw() -> None:
    isa = entry("storage[0] <- pc; storage[1] <- zext(psw[0:0]); storage[2] <- base; storage[3] <- bound")
    assert trap_entry(isa, SECONDS).where == ("psw.level", "psw.carry")


# ---- the timer


def test_a_level_holds_and_a_moment_passes() -> None:
    assert timer(find("g3"), SECONDS).holds is Found.YES
    fact = timer(find(str(MACHINES / "m16.isa")), SECONDS)
    assert (fact.holds, fact.where) == (Found.NO, ("tick",))
    assert "armed = 0" in fact.detail


def test_a_clock_that_runs_on_loses_its_tick() -> None:
    assert timer(corners("tick"), SECONDS).holds is Found.NO
    assert timer(corners(), SECONDS).holds is Found.YES


def test_a_machine_without_a_clock_loses_nothing() -> None:
    step = "override step { pc <- pc + 1; execute mem[pc] else trap illegal(insn) }"
    isa = changed(step)
    assert not clock_traps(isa)
    assert timer(isa, SECONDS) == Fact(TIMER, Found.YES, (), "there is no clock trap")


# ---- gathering


def test_an_unknown_is_no_yes_and_a_no_beats_it() -> None:
    open_ = {"a": HOLDS, "b": Check(Found.UNKNOWN, "late")}
    assert gathered(CONTAINMENT, open_) == Fact(CONTAINMENT, Found.UNKNOWN, ("b",), "b: late")
    assert gathered(CONTAINMENT, {**open_, "c": Check(Found.NO, "out")}).holds is Found.NO


def changed(changes: str) -> Isa:
    text = (MACHINES / "corners.isa").read_text()
    return load_text(f"{text}\nvariant broken of corners_quiet {{ {changes} }}", "broken")


def entry(stores: str, loads: str = "pc <- storage[8]; psw <- storage[9]; base <- storage[10]; bound <- 9") -> Isa:
    return changed(f"override on trap(cause : Cause, info : word) {{ storage[5] <- info; {stores}; {loads} }}")
