"""More than two modes: what counts as supervisor, what a guard is then, and that no user mode is told from another."""

from functools import cache
from pathlib import Path

import pytest
import z3

from isa.description import Isa
from isa.machine.time import time_of
from isa.machines.catalogue import find
from isa.machines.checked import form
from monitor.core import Core
from proofs.definitions import pairs
from proofs.definitions.classification import Classifier, Verdict, subject, subjects
from proofs.definitions.exact import exact
from proofs.definitions.pairs import in_mode, in_two_modes, is_user, proper
from proofs.obligations.statements import obligations, topics
from proofs.runs.broken import Property
from proofs.runs.properties import tally
from proofs.terms.solving import Found, exists
from proofs.terms.symbolic import arbitrary
from proofs.verdict.grounds import assumptions
from proofs.verdict.repair import repair, written_guard
from proofs.verdict.theorems import Verification
from tests.proofs.verdict_machines import verified_once
from trapline.explaining.manual import manual
from trapline.reports.verification_facts import verification_facts

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

RINGS = Path(__file__).parents[1] / "machines" / "rings.isa"
TIMEOUT = 20.0
YES, NO = Found.YES, Found.NO


@cache
def rings(variant: str = "rings") -> Isa:
    return find(f"{RINGS}:{variant}")


def verified(variant: str) -> Verification:
    return verified_once(rings(variant))


def verdict(variant: str, name: str) -> Verdict:
    isa = rings(variant)
    return Classifier(isa, TIMEOUT).verdict(next(s for s in subjects(isa) if s.name == name))


def fails(variant: str, name: str) -> tuple[Found, Found]:
    isa = rings(variant)
    found = exact(Core(isa), subject(isa, name, isa.instructions[name].behaviour), TIMEOUT)
    return found.fails, found.fails_user


def test_one_mode_counts_as_supervisor_and_guests_run_in_the_last() -> None:
    modes = rings().modes
    assert (modes.supervisors, modes.others, modes.guest) == ((0,), (1, 2, 3), 3)
    assert rings("rings_two").modes.supervisors == (0, 1)


def values(mode: z3.BitVecRef, *given: z3.BoolRef) -> set[int]:
    """All values that a term can have."""
    solver, found = z3.Solver(), set()
    solver.add(*given)
    while solver.check() == z3.sat:
        found.add(solver.model().eval(mode, model_completion=True).as_long())
        solver.add(mode != max(found), *(mode != value for value in found))
    return found


@pytest.mark.parametrize(("variant", "above", "below"), [("rings", {0}, {1, 2, 3}), ("rings_two", {0, 1}, {2, 3})])
def test_a_state_in_a_class_of_modes_may_be_in_each_of_them_and_in_no_other(
    variant: str, above: set[int], below: set[int]
) -> None:
    state = arbitrary(rings(variant))
    place = state.isa.roles[pairs.Role.MODE][0]
    one, two = in_mode(state, "supervisor"), in_mode(state, "user")
    assert (values(one.at(place)), values(two.at(place))) == (above, below)
    assert values(state.at(place), is_user(state)) == below
    both = z3.Concat(one.at(place), two.at(place))
    assert values(both) == {a << 2 | b for a in above for b in below}


def test_every_two_modes_are_compared() -> None:
    state = arbitrary(rings())
    place = state.isa.roles[pairs.Role.MODE][0]
    one, two = in_two_modes(state)
    found = values(z3.Concat(one.at(place), two.at(place)))
    assert {a << 2 | b for a in range(4) for b in range(a + 1, 4)} <= found


def test_two_modes_are_constants() -> None:
    state = arbitrary(find("g3"))
    place = state.isa.roles[pairs.Role.MODE][0]
    assert [z3.simplify(s.at(place)).as_long() for s in in_two_modes(state)] == [0, 1]


@pytest.mark.parametrize(
    ("variant", "name", "theorem1", "theorem3", "wrong"),
    [
        ("rings_seen", "show", NO, NO, (YES, YES)),
        ("rings_seen", "outer", NO, NO, (YES, YES)),
        ("rings_seen", "inner", NO, YES, (YES, NO)),
        ("rings_seen", "hidden", YES, YES, (NO, NO)),
        ("rings_trapping", "most", NO, NO, (NO, NO)),  # the letter: one user mode may; ours is not that one
        ("rings_trapping", "middle", NO, NO, (YES, YES)),  # the trap of a middle mode is missed
        ("rings_trapping", "least", YES, YES, (NO, NO)),
        ("rings_trapping", "split", NO, NO, (YES, YES)),
        ("rings_two", "show", YES, YES, (NO, NO)),
        ("rings_two", "inner", NO, YES, (NO, NO)),
    ],
)
def test_verdicts(variant: str, name: str, theorem1: Found, theorem3: Found, wrong: tuple[Found, Found]) -> None:
    found = verdict(variant, name)
    assert (found.virtualizable, found.hybrid) == (theorem1, theorem3)
    assert fails(variant, name) == wrong


def test_what_traps_in_every_user_mode_is_privileged_and_what_traps_in_most_is_not() -> None:
    assert verdict("rings", "lpsw").privileged is YES
    found = verdict("rings_trapping", "most")
    assert (found.privileged, found.partly) == (NO, YES)


def test_users_that_are_taken_for_one_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: only the supervisor's mode is compared with the users'."""
    classification = __import__("proofs.definitions.classification", fromlist=["in_two_modes"])
    above_and_below = lambda s: (in_mode(s, "supervisor"), in_mode(s, "user"))  # noqa: E731
    once = lambda s: (in_mode(s, "user"), in_mode(s, "user"))  # noqa: E731
    monkeypatch.setattr(classification, "in_two_modes", above_and_below)
    monkeypatch.setattr(classification, "in_two_user_modes", once)
    assert verdict("rings_seen", "outer").hybrid is YES  # and the exact question says that it is wrong from user mode


def test_whole_machines() -> None:
    for variant in ("rings", "rings_three"):
        found = verified(variant)
        assert (found.theorem1, found.theorem2, found.theorem3) == (YES, YES, YES)
    found = verified("rings_view")
    letter = found.letter
    assert (letter.theorem1, letter.theorem3) == (NO, NO)  # user modes run in one, and the view tells them apart
    assert found.theorem1 is Found.UNKNOWN  # the mode of guests is refused more, so what runs is right, but seldom
    assert [(o.theorem, o.about) for o in found.unproved] == [("composition", "admits no less")]


def test_a_value_that_is_no_mode_is_assumed_away_and_said() -> None:
    isa = rings("rings_three")
    place = isa.roles[pairs.Role.MODE][0]
    state = arbitrary(isa)
    assert values(state.at(place), proper(state)) == {0, 1, 3}
    assert "The mode is one of kernel, executive, user." in assumptions(isa)
    assert not any("is one of" in line for line in assumptions(rings()))


def test_repair_guards_in_every_user_mode() -> None:
    found = repair(verified("rings_trapping"), RINGS.read_text("utf-8"), workers=0)
    assert found.holds is YES and found.guarded == ("middle", "split")  # in the mode of guests `most` traps
    assert "{ guard(); trap privileged" in found.text


def test_a_guard_that_is_written_out_names_every_user_mode() -> None:
    outside = " || ".join(f"psw.ring == {name}" for name in ("executive", "supervisor", "user"))
    assert written_guard(rings()) == f"trap privileged(insn) when {outside}"
    assert written_guard(find("g3")).endswith("when psw.mode == user")


def test_reports_say_which_modes_count_as_what() -> None:
    isa = rings("rings_two")
    said = "supervisor mode is `kernel` or `executive`; user mode is `supervisor` or `user`; whatever a guest runs in, "
    assert f"{said}the real mode is user" in assumptions(isa)
    assert not any("whatever a guest" in line for line in assumptions(find("g3")))
    assert "@mode(kernel, executive)" in manual(isa)
    assert "@mode |" in manual(find("g3"))
    facts = verification_facts(verified("rings"))
    assert facts["modes"] == {"supervisor": ["kernel"], "user": ["executive", "supervisor", "user"], "guest": "user"}


def leaves_the_guest_mode(core: Core) -> Found:
    """Whether the map of a core can give the real machine another mode than that of guests."""
    time = time_of(core.isa)
    assert time is not None
    asked = (o for topic in topics(core.isa) for o in obligations(core, time, topic))
    mode = next(o for o in asked if (o.theorem, o.about) == ("put-get", "mode"))
    return exists([*mode.hypotheses, mode.refuted], TIMEOUT).found


def test_a_core_that_runs_guests_in_another_user_mode_is_refuted() -> None:
    right, wrong = Core(rings()), Core(rings())
    wrong._guest = rings().modes.others[0]
    assert (leaves_the_guest_mode(right), leaves_the_guest_mode(wrong)) == (NO, YES)


def test_generated_guests_run_alike_in_every_mode() -> None:
    """And the planted bug: a machine that shows its users their mode does not."""
    found = tally(rings("rings_two"), range(24))
    assert found.holds and {cell.mode for cell in found.seen} == {0, 1, 2, 3}
    seen = tally(rings("rings_seen"), range(24))
    assert seen.broken(Property.EQUIVALENCE)


def test_what_is_kept_of_a_description_has_its_modes() -> None:
    isa = rings("rings_two")
    assert form().parse(form().dump(isa)).modes == isa.modes
