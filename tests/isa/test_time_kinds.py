"""Clocks and trace bits as real machines have them: the law is of what the prologue does, however it is written."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from isa.description import Place
from isa.errors import MachineError
from isa.ir.fold import add, both, const, eq, select, sub, ult
from isa.ir.nodes import TRUE, Expr, Read
from isa.machine import prologue as recognition
from isa.machine import time
from isa.machine.time import Counter, Latch, Time, law_of
from monitor.core import Core
from proofs.obligations.statements import TIME, obligations
from proofs.verdict.proving import decided
from tests.isa.small_laws import any_laws, check, known_laws, part, prologue
from tests.machines_to_test import G3
from tests.planting import Bugs, Planted, must_catch
from tests.sizes import sized
from tests.time_machines import TIMED, Timed

pytestmark = pytest.mark.every(2)

EACH = pytest.mark.parametrize("kind", TIMED)
TIMER = Place("timer", 0, 32)


EVERY_OTHER = [kind if n % 2 else pytest.param(kind, marks=pytest.mark.nightly) for n, kind in enumerate(TIMED)]


@pytest.mark.parametrize("kind", EVERY_OTHER)
def test_the_law_is_proved(kind: str) -> None:
    isa = TIMED[kind].isa
    law = law_of(isa)
    assert [o.about for o in (decided(o, 60) for o in obligations(Core(isa), law, TIME)) if not o.proved] == []


def laws(kind: str) -> dict[str, Counter | Latch]:
    return {m.place.state: m for m in law_of(TIMED[kind].isa).moving}


@pytest.mark.parametrize("kind", ["differs from two values", "subtracts a choice", "chooses"])
def test_one_function_has_one_law(kind: str) -> None:
    assert law_of(TIMED[kind].isa).moving == law_of(G3).moving


def test_a_counter_that_comes_round_to_off() -> None:
    assert laws("counts up, 0 is off") == {"timer": Counter(TIMER, 32, 1, ((0, 0),))}
    assert laws("counts up to a limit") == {"timer": Counter(TIMER, 32, 1, ((0, 0), (60, 60)))}


@pytest.mark.parametrize("kind", ["counts for users", "counts for users, in words"])
def test_a_clock_of_one_mode_has_a_gate(kind: str) -> None:
    counter = laws(kind)["timer"]
    assert isinstance(counter, Counter) and counter.gate is not TRUE and counter.stops == ((0, 1),)


def test_a_trace_bit_is_a_latch_in_its_word() -> None:
    assert isinstance(laws("traces")["psw"], Latch)
    assert laws("traces")["psw"].place == Place("psw", 3, 1)


def test_a_trace_bit_without_a_latch_needs_no_law_of_its_own() -> None:
    from tests.time_machines import TRACED

    assert law_of(Timed("trap clock(7) when psw.t == 1", TRACED + " delete instr idle").isa).moving == ()


# ---- small prologues of every form


def test_a_counter_is_found_however_it_is_written() -> None:
    known_laws(range(sized(20, 40)))


def test_a_law_that_is_found_is_right_from_every_state() -> None:
    assert any_laws(range(80)) > 30


@pytest.mark.nightly
def test_many_laws_are_right_from_every_state() -> None:
    known_laws(range(100, 500), widest=4)
    assert any_laws(range(100, 1000), widest=4) > 300


# ---- planted bugs


BUGS = Bugs()
caught_by = BUGS.caught_by
Patch = pytest.MonkeyPatch


def known_forms() -> None:
    known_laws(range(9, 20))


def any_forms() -> None:
    any_laws(range(37, 80))


def two_periods() -> None:
    """One comes round, the other comes to a stop: they may meet later than the first time for either."""
    c, d, one = part(3), Read(3, "d"), const(3, 1)
    together = both(eq(c, one), eq(d, one))
    check(prologue(3, add(c, one), together, other=select(ult(one, d), sub(d, one), d)))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, MachineError))


def changed(patch: Patch, owner: object, name: str, change: Callable[..., object]) -> None:
    """What a function gives, changed; `change` has its arguments too."""
    right = getattr(owner, name)
    patch.setattr(owner, name, lambda *arguments: change(right(*arguments), *arguments))


@caught_by(known_forms)
def a_gate_is_forgotten(patch: Patch) -> None:
    changed(patch, recognition._Part, "law", lambda law, part: replace(law, gate=TRUE) if hasattr(law, "gate") else law)


@caught_by(known_forms)
def a_gate_does_not_close_a_counter_without_end(patch: Patch) -> None:
    patch.setattr(Counter, "_if_open", lambda counter, n: n)


@caught_by(known_forms)
def the_far_end_of_a_stop_is_met_first(patch: Patch) -> None:
    def distance(counter: Counter, stop: tuple[int, int]) -> Expr:
        first, last = (const(counter.width, v) for v in stop)
        return sub(last, counter.now) if counter.step > 0 else sub(counter.now, first)

    patch.setattr(Counter, "_distance", distance)


@caught_by(known_forms)
def only_the_first_stop_counts(patch: Patch) -> None:
    changed(patch, recognition, "_joined", lambda stops, *arguments: stops[:1])


@caught_by(known_forms)
def an_edge_is_overlooked(patch: Patch) -> None:
    changed(patch, recognition._Part, "_ranges", lambda ranges, part: [(ranges[0][0], ranges[-1][1])])


@caught_by(any_forms)
def a_signed_order_has_no_edge_of_its_own(patch: Patch) -> None:
    right = recognition._Part._ranges

    def ranges(part: recognition._Part) -> object:
        part.size, size = part.size * 2, part.size
        found = right(part)
        part.size = size
        return found

    patch.setattr(recognition._Part, "_ranges", ranges)


@caught_by(any_forms)
def a_latch_takes_over_at_once(patch: Patch) -> None:
    patch.setattr(Latch, "after", lambda latch, n: latch.value)


@caught_by(any_forms)
def a_latch_is_never_looked_at_again(patch: Patch) -> None:
    changed(
        patch, Time, "_moments", lambda moments, *rest: moments and [m for m in moments if m[0] is not const(64, 1)]
    )


@caught_by(two_periods)
def periods_do_not_matter(patch: Patch) -> None:
    patch.setattr(time, "_in_step", lambda moving: True)


@caught_by(any_forms)
def what_moves_stands_still(patch: Patch) -> None:
    changed(patch, recognition, "stands", lambda found, expr, moving: found or moving)


@caught_by(any_forms)
def a_piece_of_a_counter_is_not_seen(patch: Patch) -> None:
    changed(patch, time._Looks, "_under", lambda under, *arguments: under or frozenset())


@caught_by(known_forms)
def it_counts_the_other_way(patch: Patch) -> None:
    changed(
        patch, recognition._Part, "law", lambda law, part: replace(law, step=-law.step) if hasattr(law, "step") else law
    )
