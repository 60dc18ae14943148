"""The shipped descriptions of real machines get the verdicts that are published of them, instruction by instruction.

proofs/published.toml has the publications. Where the letter of the definitions and the literature differ, a test here
says so and why.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from isa.description import Isa
from isa.language import load_text
from isa.machines.catalogue import find, shipped
from monitor.core import Core
from proofs.definitions.access import steady
from proofs.definitions.classification import Classifier, Verdict, subject, subjects
from proofs.definitions.exact import Exact, exact
from proofs.definitions.machine_facts import fetch_contained, fetch_steady, timer, trap_entry
from proofs.definitions.pairs import proper
from proofs.terms.solving import Found, both, exists
from proofs.terms.symbolic import arbitrary, attempt, negation
from proofs.verdict.published import Published, agreement, class_differences, flat, published, theorem_differences
from proofs.verdict.theorems import Refusal, Theorems
from proofs.verdict.verification import refusal

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

TIMEOUT = 20.0
FOLDER = Path(__file__).parents[2] / "isa" / "machines" / "published"
KNOWN: dict[object, Verdict] = {}
# Of a variant by default only what it moves is asked for, further below.
VARIANTS = {"arm_interrupts", "mc68000_interrupts", "pdp10_flags", "pentium_umip"}
LARGE = {"arm", "pentium", "s360", "vax", "vax_vm"}  # and of these only what tells most


def each(left: set[str]) -> pytest.MarkDecorator:
    """Every machine; those that are left for the night are marked."""
    marked = [pytest.param(name, marks=pytest.mark.nightly if name in left else ()) for name in published()]
    return pytest.mark.parametrize("machine", marked)


EACH, SOME = each(VARIANTS), each(VARIANTS | LARGE)


@cache
def verdict(machine: str, instruction: str) -> Verdict:
    return verdict_of(find(machine), instruction)


def verdict_of(isa: Isa, instruction: str) -> Verdict:
    """A variant with the same state shares the verdicts of the instructions that it leaves alone."""
    what = next(s for s in subjects(isa) if s.name == instruction)
    key = (
        what.name,
        what.behaviour,
        tuple(map(repr, isa.states.values())),
        tuple(a.condition for a in isa.assumptions),
    )
    if key not in KNOWN:
        KNOWN[key] = Classifier(isa, TIMEOUT).verdict(what)
    return KNOWN[key]


def exactly(isa: Isa, instruction: str) -> Exact:
    return exact(Core(isa), subject(isa, instruction, isa.instructions[instruction].behaviour), TIMEOUT)


def variant(of: str, change: str) -> Isa:
    return load_text(f'variant changed of {of} "Changed." {{ {change} }}', "changed")


@SOME
def test_every_instruction_and_theorem_comes_out_as_published(machine: str) -> None:
    expected, isa = published()[machine], find(machine)
    verdicts = [verdict(machine, s.name) for s in subjects(isa)]
    assert list(class_differences(expected, verdicts)) == []
    letter = Theorems(both(*(v.virtualizable for v in verdicts)), both(*(v.hybrid for v in verdicts)))
    assert list(theorem_differences((expected.theorem1, expected.theorem3), letter, "published as")) == []


@EACH
def test_the_theorems_speak_of_it_and_the_monitor_takes_it(machine: str) -> None:
    isa = find(machine)
    facts = (trap_entry(isa, TIMEOUT), timer(isa, TIMEOUT), fetch_contained(isa, TIMEOUT), fetch_steady(isa, TIMEOUT))
    assert [f.holds for f in facts] == [Found.YES] * 4
    assert refusal(isa, TIMEOUT) == Refusal()


def not_kept(isa: Isa) -> list[str]:
    """What leads from a proper state to one that is not, without a trap."""
    state = arbitrary(isa)
    bodies = {s.name: s.behaviour for s in subjects(isa)} | {"on trap": isa.entry, "prologue": isa.prologue}
    runs = {name: attempt(body, state) for name, body in bodies.items()}
    broken = {name: [negation(run.trapped), negation(proper(run.state)), *run.facts] for name, run in runs.items()}
    return [name for name, asked in broken.items() if exists([proper(state), *asked], TIMEOUT).found is not Found.NO]


@EACH
def test_what_is_assumed_is_kept_by_every_step(machine: str) -> None:
    assert not_kept(find(machine)) == []


def test_what_does_not_keep_an_assumption_is_found() -> None:
    change = "override def load_flags(v : bits(16)) { eflags <- v }"
    assert not_kept(variant("pentium", change)) == ["lpsw", "on trap"]


def test_every_published_description_has_a_published_verdict() -> None:
    described = [name for name in shipped() if (FOLDER / f"{name}.isa").exists()]
    assert len(described) == len(list(FOLDER.glob("*.isa")))
    assert set(described) <= published().keys()


@EACH
def test_a_description_names_its_sources_and_no_verdict_is_planted_in_it(machine: str) -> None:
    path = next(p for p in FOLDER.glob("*.isa") if re.search(rf"^(isa|variant) {machine} ", p.read_text(), re.M))
    text = path.read_text()
    assert "# Sources: " in text and "# Kept: " in text and "Changed:" in text
    assert published()[machine].source
    assert not any(word in text.lower() for word in ('user sensitive"', "theorem1", "published as"))


# ---- the sets of the literature, as sets


ROBIN_AND_IRVINE = "SGDT SIDT SLDT SMSW PUSHF POPF LAR LSL VERR VERW POP PUSH CALL JMP,INT n,RET STR MOVE"
ARM_24 = """LDM(2) STM(2) CPS MRS MSR RFE SRS LDM(3) ADCS ADDS ANDS BICS EORS MOVS MVNS ORRS RSBS RSCS SBCS SUBS
LDRT LDRBT STRT STRBT"""


def test_the_set_of_robin_and_irvine_has_the_eighteen_names_that_are_printed() -> None:
    names = {n for part in ROBIN_AND_IRVINE.split(",") for n in ([part] if part == "INT n" else part.split())}
    assert len(names) == 18
    assert published()["pentium"].responsible.keys() == names


def test_user_mode_instruction_prevention_takes_five_from_the_set() -> None:
    before, after = published()["pentium"], published()["pentium_umip"]
    assert before.responsible.keys() - after.responsible.keys() == {"SGDT", "SIDT", "SLDT", "STR", "SMSW"}


def test_arm_has_twenty_four_in_four_classes() -> None:
    arm = published()["arm"]
    assert (arm.responsible | arm.silent).keys() == set(ARM_24.split())
    assert len(arm.responsible | arm.silent) == 24 and len(arm.silent) == 4


def test_four_kinds_of_instructions_had_to_change_on_the_vax_and_then_nothing_is_responsible() -> None:
    assert published()["vax"].responsible.keys() == {"CHM", "REI", "MOVPSL", "PROBE"}
    assert published()["vax_vm"].responsible == {}


# ---- where the letter and the literature differ, and what decides


@pytest.mark.parametrize("instruction", flat(published()["arm"].silent))
def test_a_users_rights_show_as_memory_traps_only_which_the_exact_question_sees(instruction: str) -> None:
    """Published as sensitive in spirit: the supervisor's access is refused where a user's would be."""
    isa = find("arm")
    assert verdict("arm", instruction).innocuous is Found.YES
    assert steady(subject(isa, instruction, isa.instructions[instruction].behaviour), TIMEOUT).holds is Found.NO
    found = exactly(isa, instruction)
    assert (found.fails, found.fails_user) == (Found.YES, Found.NO)


def test_pushf_is_user_sensitive_only_while_the_interrupt_flag_is_a_resource() -> None:
    plain = variant(
        "pentium",
        """override state eflags : bits(16) @control "Flags." { carry = [0], zero = [6], sign = [7], enabled = [9],
             over = [11], iopl = [13:12] @resource }
           override step { eip <- eip + 1; execute mem[eip] else trap undefined(insn) }
           delete state timer  delete instr timer.set
           override on reset { cpl <- supervisor; eflags <- 0; base <- 0; bound <- size(storage); pending <- 0
             gdtr <- 0; idtr <- 0; ldtr <- 0; tr <- 0 }
           override instr hlt "" Z(0xf4) { guard(); halted <- 1 }""",
    )
    assert verdict("pentium", "pushf").sensitivity.user is Found.YES
    assert verdict_of(plain, "pushf").innocuous is Found.YES
    assert verdict_of(plain, "popf").sensitivity.mode is Found.YES  # its silence shows in an ordinary flag
    assert verdict_of(plain, "popf").hybrid is Found.YES


def test_io_instructions_are_privileged_because_the_io_privilege_level_is_assumed_zero() -> None:
    free = variant("pentium", "delete assume no_io_privilege")
    for instruction in ("cli", "sti", "in", "out"):
        assert verdict("pentium", instruction).privileged is Found.YES
        found = verdict_of(free, instruction)
        assert (found.privileged, found.partly, found.virtualizable) == (Found.NO, Found.YES, Found.NO)


@pytest.mark.parametrize("instruction", ["mov.to.seg", "pop.seg", "jmp.far", "call.far", "ret.far", "int.n"])
def test_what_goes_through_tables_is_a_culprit_and_runs_right_where_the_tables_are_parked(instruction: str) -> None:
    """The monitor parks the tables empty: every selector but null is absent then, so that these trap and are
    interpreted. The letter compares states with other tables in the real machine."""
    assert verdict("pentium", instruction).virtualizable is Found.NO
    assert exactly(find("pentium"), instruction).fails is Found.NO


@pytest.mark.parametrize("instruction", ["sgdt", "smsw", "lar", "verw", "push.seg", "popf", "pushf"])
def test_the_rest_of_the_set_goes_wrong_when_run_directly(instruction: str) -> None:
    assert exactly(find("pentium"), instruction).fails is Found.YES


@pytest.mark.parametrize("machine", ["mc68000", "mc68000_interrupts"])
def test_reading_the_status_word_breaks_a_hybrid_monitor_only_if_it_shows_more_than_the_mode(machine: str) -> None:
    found = exactly(find(machine), "move.from.sr")
    assert found.fails is Found.YES
    assert (found.fails_user is Found.YES) == (machine == "mc68000_interrupts")


@pytest.mark.parametrize("instruction", ["ldm.user", "stm.user", "movs.pc", "srs"])
def test_what_is_unpredictable_is_not_privileged_and_shows_nothing_to_users(instruction: str) -> None:
    found = verdict("arm", instruction)
    assert (found.privileged, found.partly, found.sensitivity.user) == (Found.NO, Found.NO, Found.NO)
    assert found.sensitivity.mode is Found.YES


def test_counters_that_users_may_read_would_break_both_theorems() -> None:
    free = variant("riscv", "delete assume counters_off")
    assert verdict("riscv", "csrr.time").privileged is Found.YES
    found = verdict_of(free, "csrr.time")
    assert (found.virtualizable, found.hybrid) == (Found.NO, Found.NO)


def test_a_status_that_is_shown_out_of_a_register_of_the_monitor_is_no_trap() -> None:
    """As the modified VAX answers MOVPSL in a virtual machine: right if its monitor keeps that register, and not by the
    letter, which knows of no such monitor."""
    shown = variant(
        "vax_vm",
        """add state vmpsl : word @resource "The status that a virtual machine is to see."
           override instr movpsl "d" S(0xdc) { r[d] <- if psl.cur == kernel then psl else vmpsl }""",
    )
    found = verdict_of(shown, "movpsl")
    assert (found.virtualizable, found.sensitivity.mode) == (Found.NO, Found.YES)
    assert verdict("vax_vm", "movpsl").virtualizable is Found.YES


@pytest.mark.parametrize("instruction", ["chmk", "chmu", "rei", "movpsl"])
def test_on_the_vax_users_of_different_modes_would_notice_that_they_are_in_one(instruction: str) -> None:
    assert verdict("vax", instruction).hybrid is Found.NO
    assert exactly(find("vax"), instruction).fails_user is Found.YES


def test_a_previous_mode_that_is_none_would_be_entered() -> None:
    free = variant("riscv_mu", "delete assume stacked_mode")
    assert not_kept(find("riscv_mu")) == []
    assert not_kept(free) == ["mret"]


def test_users_that_may_wait_would_see_what_is_pending() -> None:
    free = variant("riscv_mu", 'override instr wfi "" Y(0x105) { pc <- pc when mip == 0 && mtime <u mtimecmp }')
    found = verdict_of(free, "wfi")
    assert (found.virtualizable, found.hybrid) == (Found.NO, Found.NO)


# ---- the comparison can fail


def test_a_wrong_description_does_not_agree() -> None:
    isa = variant("mc68010", 'override instr move.from.sr "d" D(0x818) { data[d] <- data[d][31:16] ++ sr }')
    found = list(class_differences(published()["mc68010"], [verdict_of(isa, "move.from.sr")]))
    said = "published as privileged, resource sensitive, found mode sensitive, resource sensitive, user sensitive"
    assert f"move.from.sr: {said}" in found
    assert "move.from.sr: not published as responsible, and keeps Theorem 1: no" in found


def test_a_wrong_theorem_does_not_agree() -> None:
    expected: Published = published()["pdp10"]
    found = list(
        theorem_differences((expected.theorem1, expected.theorem3), Theorems(Found.NO, Found.UNKNOWN), "published as")
    )
    assert found == ["Theorem 3: published as holding, found unknown"]


@pytest.mark.nightly
def test_whole_verifications_agree() -> None:
    assert {row.machine: row.differences for row in agreement()} == dict.fromkeys(published(), ())
