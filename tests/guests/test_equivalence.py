"""Every guest does the same bare and monitored, whatever it reads and however deep; guests for variants do not."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guests.catalogue import Guest, find, guests
from isa.devices import Ports
from isa.machine.exits import Reason
from proofs.runs.compare import Comparison, Setup, compare
from tests.guests.boot import image_of, machine, outfit

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

ON_G3 = [g for g in guests() if g.machine == "g3"]
DEPTHS = st.integers(1, 3)
SEEDS = st.integers(0, 2**32 - 1)
SCRIPTS = st.text("ab\n \x00\xff", max_size=40)


def compared(guest: Guest, depth: int, text: str | None = None, seed: int = 0, name: str = "") -> Comparison:
    isa = machine(name or guest.machine)

    def ports() -> Ports:
        return outfit(isa, guest.input if text is None else text, guest.disk, seed, guest.queue)

    return compare(Setup(isa, image_of(guest, isa), guest.storage, ports, depth, seed), guest.steps)


TOWERS = pytest.mark.parametrize("depth", [1, pytest.param(2, marks=pytest.mark.nightly), 3])


@TOWERS
@pytest.mark.parametrize("guest", ON_G3, ids=lambda g: g.name)
def test_a_guest_of_g3_is_equivalent(guest: Guest, depth: int) -> None:
    found = compared(guest, depth)
    assert found.equivalent and found.monitored is not None and found.monitored.reason is Reason.HALT


@given(depth=DEPTHS, text=SCRIPTS)
@example(depth=1, text="")
@example(depth=2, text="\n" * 40)
@settings(max_examples=settings().max_examples // 5)
def test_input_makes_no_difference_to_the_os(depth: int, text: str) -> None:
    assert compared(find("os"), depth, text).equivalent


@pytest.mark.parametrize("name", ["echo", "dice", "traps", "selftest"])
@given(depth=DEPTHS, text=SCRIPTS, seed=SEEDS)
@example(depth=1, text="", seed=0)
@settings(max_examples=settings().max_examples // 5)
def test_input_and_seed_make_no_difference(name: str, depth: int, text: str, seed: int) -> None:
    assert compared(find(name), depth, text, seed).equivalent


@TOWERS
@pytest.mark.parametrize("guest", [g for g in guests() if g.machine != "g3"], ids=lambda g: g.name)
def test_a_guest_for_a_variant_notices_the_monitor(guest: Guest, depth: int) -> None:
    found = compared(guest, depth)
    assert found.divergence is not None and found.divergence.place is not None


def test_the_first_difference_is_the_instruction_that_differs() -> None:
    lines = {name: _line_of_divergence(name) for name in ("jrst", "sgdt", "popf")}
    assert "jrst" in lines["jrst"] and "rrel" in lines["sgdt"] and "setie" in lines["popf"]


def _line_of_divergence(name: str) -> str:
    guest = find(name)
    divergence = compared(guest, 1).divergence
    assert divergence is not None and divergence.place is not None
    return image_of(guest, machine(guest.machine)).lines[divergence.place].text
