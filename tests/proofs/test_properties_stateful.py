"""A monitor as a state machine: virtual machines come, run, nest, are fed, loaded anew and go, in any order.

The properties are checked by the laboratory during every rule and once more between rules. A failure is told as a
few rules, with the guest as assembly.
"""

from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from isa.devices import Console, Live
from isa.errors import MachineError
from isa.machine import Trap
from monitor.dispatcher import Dispatcher
from proofs.runs.broken import Broken, Property
from proofs.runs.generation import Generator, generator
from proofs.runs.guests import Guest
from proofs.runs.justification import justified
from proofs.runs.laboratory import Laboratory, Resident
from tests.machines_to_test import BY_DAY, MACHINES
from tests.sizes import HISTORIES, RULES

pytestmark = pytest.mark.long

QUANTA = st.sampled_from([1, 2, 3, 7, 40, 97])
LARGE = [HealthCheck.large_base_example, HealthCheck.too_slow, HealthCheck.data_too_large]  # whole guests are drawn
ANY = st.integers(0, 63)  # taken modulo what there is


class Drawn:
    """Choices for the generator that the test library makes, and so can make smaller."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def choice(self, seq: Any) -> Any:
        return self.draw(st.sampled_from(seq))

    def randint(self, a: int, b: int) -> int:
        found: int = self.draw(st.integers(a, b))
        return found


@st.composite
def guests(draw: Any, make: Generator) -> Guest:
    return make.guest(Drawn(draw), 1)


def monitoring(name: str) -> type[RuleBasedStateMachine]:
    """The state machine for one description."""
    isa = MACHINES[name]
    drawn = guests(generator(isa))

    class Monitoring(RuleBasedStateMachine):
        """Rules over one laboratory. Residents are addressed by number, modulo how many there are."""

        def __init__(self) -> None:
            super().__init__()
            self.lab = Laboratory(isa, justified(isa))

        def resident(self, number: int) -> Resident:
            return self.lab.residents[number % len(self.lab.residents)]

        @rule(guest=drawn, level=ANY)
        def create(self, guest: Guest, level: int) -> None:
            with suppress(MachineError):  # there may be no room
                self.lab.create(guest, self.lab.levels[level % len(self.lab.levels)], Live)

        @rule(level=ANY, pages=st.integers(3, 7))
        @precondition(lambda self: len(self.lab.levels) < 3)
        def nest(self, level: int, pages: int) -> None:
            with suppress(MachineError):
                self.lab.nest(self.lab.levels[level % len(self.lab.levels)], pages)

        @rule(number=ANY, quantum=QUANTA)
        @precondition(lambda self: self.lab.residents)
        def run(self, number: int, quantum: int) -> None:
            self.lab.turn(self.resident(number), quantum)

        @rule(number=ANY, text=st.binary(min_size=1, max_size=3))
        @precondition(lambda self: self.lab.residents)
        def feed(self, number: int, text: bytes) -> None:
            resident = self.resident(number)
            for machine in (resident.vm, resident.twin):
                console = machine.ports.find(Console)
                assert console is not None and isinstance(console.input, Live)
                console.input.feed(text)

        @rule(guest=drawn, number=ANY)
        @precondition(lambda self: self.lab.residents)
        def load(self, guest: Guest, number: int) -> None:
            self.lab.load(self.resident(number), guest)

        @rule(number=ANY)
        @precondition(lambda self: self.lab.residents)
        def destroy(self, number: int) -> None:
            self.lab.destroy(self.resident(number))

        @invariant()
        def every_resident_is_its_twin(self) -> None:
            for resident in self.lab.residents:
                self.lab.finish(resident)
                assert resident.direct + resident.emulated.total() == resident.retired

        @invariant()
        def no_machine_below_was_used_as_a_machine(self) -> None:
            for level in self.lab.levels:
                assert level.guard.running is None and not level.monitor.below.ports.traffic

    return Monitoring


@BY_DAY
def test_whatever_is_done_the_three_properties_hold(name: str) -> None:
    run_state_machine_as_test(monitoring(name), settings=some(HISTORIES, RULES))


def some(examples: int, rules: int) -> settings:
    return settings(max_examples=examples, stateful_step_count=rules, suppress_health_check=LARGE)


class Vague(Dispatcher):
    """Reflects traps without their information."""

    def enter(self, trap: Trap) -> None:
        super().enter(trap._replace(info=0))


def test_a_planted_bug_is_found_and_its_guest_printed_as_assembly() -> None:
    """Without shrinking, which takes minutes here; `proofs.runs.shrinking` makes guests small in seconds."""
    unshrunk = settings(some(60, 12), phases=[Phase.generate])
    with patch("monitor.monitor.Dispatcher", Vague), pytest.raises(Broken) as caught:
        run_state_machine_as_test(monitoring("g3"), settings=unshrunk)
    assert caught.value.which is Property.EQUIVALENCE
    notes = "\n".join(caught.value.__notes__)
    assert "state.create(" in notes and ".org" in notes, notes
