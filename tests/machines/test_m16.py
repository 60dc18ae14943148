"""The second machine, M16: it shares nothing with G3 but the language, and the same code assembles and runs it."""

from pathlib import Path

import pytest

from guests.catalogue import Guest, describe
from isa.assembler import ImageError, assemble
from isa.assembler.disassembly import disassemble_image
from isa.description import Isa, Role
from isa.ir.nodes import Const, Store
from isa.machine.exits import Reason
from isa.machine.machine import Machine
from isa.machine.storage import Storage
from isa.machine.time import Counter, time_of
from isa.machines.catalogue import find
from tests.guests.boot import Booted, image_of

HERE = Path(__file__).parent
M16 = find(str(HERE / "m16.isa"))
G3 = find("g3")
GUESTS = [describe(path) for path in sorted(HERE.glob("m16_*.s"))]


@pytest.mark.parametrize("guest", GUESTS, ids=lambda g: g.name)
def test_a_guest_keeps_its_promise(guest: Guest) -> None:
    booted = Booted(guest, M16)
    assert booted.run().reason is Reason.HALT
    assert booted.output == guest.prints
    assert guest.exit is not None and booted.register(guest.exit[0]) == guest.exit[1]


@pytest.mark.parametrize("guest", GUESTS, ids=lambda g: g.name)
def test_an_image_is_refused_by_the_other_machine(guest: Guest) -> None:
    with pytest.raises(ImageError, match="words of 16 bits"):
        Machine(G3, Storage(G3.word, 4096)).load(image_of(guest, M16))


def stores_of_trap_entry(isa: Isa) -> dict[str, int]:
    """Which piece of state the trap entry stores at which constant address."""
    stores = [e for e in isa.entry.effects if isinstance(e, Store) and isinstance(e.index, Const)]
    return {repr(e.value): e.index.value for e in stores if isinstance(e.index, Const)}


def role_of_word(isa: Isa, role: Role) -> int:
    name = isa.the(role).state
    return next(at for value, at in stores_of_trap_entry(isa).items() if f"'{name}'" in value)


def test_the_machines_have_nothing_in_common() -> None:
    names = [{*isa.instructions, *isa.pseudos} for isa in (G3, M16)]
    assert not names[0] & names[1]
    assert G3.word != M16.word and G3.cause.members.keys() & M16.cause.members.keys() == set()
    assert not set(G3.states) & set(M16.states)
    roles = [Role.PC, Role.MODE, Role.BASE, Role.BOUND]
    order = [[role_of_word(isa, role) for role in roles] for isa in (G3, M16)]
    assert order[0] == sorted(order[0]) and order[1] == sorted(order[1], reverse=True)


def test_its_clock_counts_up() -> None:
    laws = [time_of(isa) for isa in (G3, M16)]
    assert [m.step for law in laws if law for m in law.moving if isinstance(m, Counter)] == [-1, 1]


@pytest.mark.parametrize("guest", GUESTS, ids=lambda g: g.name)
def test_its_programs_disassemble_to_what_assembles_again(guest: Guest) -> None:
    image = image_of(guest, M16)
    again = assemble(M16, disassemble_image(M16, image))
    words = {s.address + i: w for s in image.segments for i, w in enumerate(s.words)}
    assert {s.address + i: w for s in again.segments for i, w in enumerate(s.words)} == words


def test_it_has_a_kernel_that_preempts() -> None:
    kernel = next(g for g in GUESTS if "kernel" in g.name)
    turns = "".join(a for a, b in zip(kernel.prints, kernel.prints[1:], strict=False) if a != b)
    assert len(turns) > 6
