"""Generated guests: the same for the same seed, readable, rich in what hurts, and made small when they break."""

from dataclasses import replace
from random import Random

import pytest

from isa.assembler import assemble
from isa.description import Role
from isa.engines.choice import bare
from proofs.runs.generation import generator
from proofs.runs.guests import Guest
from proofs.runs.shrinking import shrunk
from tests.machines_to_test import EACH, MACHINES

pytestmark = pytest.mark.slow


def guests(name: str, count: int) -> list[Guest]:
    return [generator(MACHINES[name]).guest(Random(seed)) for seed in range(count)]


@EACH
def test_a_seed_determines_its_guest(name: str) -> None:
    assert guests(name, 5) == guests(name, 5)
    assert len({repr(guest) for guest in guests(name, 20)}) == 20


@EACH
def test_a_listing_assembles_to_the_words_of_the_guest(name: str) -> None:
    for guest in guests(name, 25):
        image = assemble(guest.isa, "\n".join(guest.listing()), "guest.s")
        found = {s.address + i: word for s in image.segments for i, word in enumerate(s.words)}
        assert found == guest.words


@EACH
def test_guests_reach_every_instruction_both_modes_and_odd_relocation(name: str) -> None:
    isa, made = MACHINES[name], guests(name, 200)
    decoder = generator(isa)._decoder
    used = {found.name for guest in made for word in guest.words.values() if (found := decoder.find(word))}
    assert used == set(isa.instructions)
    machines = [bare(isa, guest.storage(), guest.ports(), guest.seed) for guest in made]
    for guest, machine in zip(made, machines, strict=True):
        guest.start(machine)
    scalars = {state.name for state in isa.scalars()}
    for role, places in isa.roles.items():
        for place in (p for p in places if p.state in scalars):
            values = {m.state.block[m.state.layout.slots[place.state].first] >> place.low & 1 for m in machines}
            assert values == ({0} if role is Role.HALT else {0, 1})


@EACH
def test_most_guests_run_on_and_few_do_nothing_but_trap(name: str) -> None:
    retired = []
    for guest in guests(name, 60):
        machine = bare(guest.isa, guest.storage(), guest.ports(), guest.seed)
        guest.start(machine)
        machine.run(200)
        retired.append(machine.retired)
    assert sum(count > 20 for count in retired) > 20


@EACH
def test_shrinking_keeps_what_matters_and_nothing_else(name: str) -> None:
    guest = guests(name, 1)[0]
    generated = replace(guest, text=b"abc")
    at, word = next((a, w) for a, w in generated.words.items() if w)
    small = shrunk(generated, lambda g: g.words.get(at) == word and g.steps >= 5)
    assert small.words == {at: word}
    assert small.quanta == (5,) and not small.text and set(small.state) <= {guest.isa.pc}


def test_shrinking_ends_when_its_attempts_are_used_up() -> None:
    asked: list[Guest] = []

    def never(candidate: Guest) -> bool:
        asked.append(candidate)
        return False

    guest = guests("g3", 1)[0]
    assert shrunk(guest, never, attempts=7) is guest
    assert len(asked) == 7


@pytest.mark.parametrize("name", MACHINES)
def test_a_guest_that_says_nothing_leaves_the_machine_as_reset_left_it(name: str) -> None:
    isa = MACHINES[name]
    machine = bare(isa, Guest(isa, {}, {}, 136).storage())
    fresh = machine.state.block.tolist()
    Guest(isa, {}, {}, 136).start(machine)
    assert machine.state.block.tolist() == fresh
