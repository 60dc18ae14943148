"""Clocks and trace bits as real machines have them: the law is of what the prologue does, however it is written."""

import pytest

from isa.description import Place
from isa.ir import TRUE
from isa.machine.time import Counter, Latch, law_of
from monitor.core import Core
from proofs.obligations import TIME, obligations
from proofs.proving import decided
from tests.machines_to_test import G3
from tests.time_machines import TIMED, Timed

EACH = pytest.mark.parametrize("kind", TIMED)
TIMER = Place("timer", 0, 32)


@EACH
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
