"""Every guest on the bare machine prints what its header says, and the guests mean something."""

import zlib

import pytest

from guests.catalogue import Guest, find, guests
from isa.machine.exits import Reason
from tests.guests.boot import Booted, machine

pytestmark = pytest.mark.every(2)

QUICK = 60_000  # no guest may need more steps by default
CONCERNED = ("rogue", "selftest")  # they look at every privileged instruction
UNCONCERNED = [g for g in guests() if g.machine == "g3" and g.name not in CONCERNED]


@pytest.mark.parametrize("guest", guests(), ids=lambda g: g.name)
def test_a_guest_keeps_its_promise(guest: Guest) -> None:
    booted = Booted(guest)
    end = booted.run()
    assert (end.reason, booted.output) == (Reason.HALT, guest.prints)
    assert guest.exit is not None and booted.register(guest.exit[0]) == guest.exit[1]
    assert end.steps <= QUICK


@pytest.mark.parametrize("guest", UNCONCERNED, ids=lambda g: g.name)
@pytest.mark.parametrize(
    "variant", ["g3_jrst", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("g3_sgdt", "g3_popf"))]
)
def test_bare_variants_run_the_guests_of_g3(guest: Guest, variant: str) -> None:
    """One instruction differs, and none of these guests depends on it; so their images are accepted and do the same."""
    booted = Booted(guest, machine(variant))
    assert booted.run().reason is Reason.HALT
    assert booted.output == guest.prints


# ---- what is printed is right, by another way of computing it


def test_the_primes_are_right() -> None:
    primes = [n for n in range(2, 1000) if all(n % d for d in range(2, int(n**0.5) + 1))]
    assert find("primes").prints == f"{len(primes)} primes below 1000, the last is {primes[-1]}\n"


def test_the_checksums_are_right() -> None:
    sums = [zlib.crc32(b"123456789"), zlib.crc32(bytes(range(256)))]
    assert [line.split()[-1] for line in find("crc").prints.splitlines()] == [f"{s:08x}" for s in sums]


def test_the_product_is_right() -> None:
    n = range(12)
    product = [[sum((i + 2 * k) * (3 * k - j) for k in n) for j in n] for i in n]
    trace, total = sum(product[i][i] for i in n), sum(map(sum, product))
    assert find("matmul").prints == f"trace {trace}\nsum {total}\n"


def test_what_is_served_is_right() -> None:
    worked, blocks = 0, [0] * 4
    for _ in range(3):
        worked = (worked * 75 + 74) % (1 << 16)
    for visits in (2, 1, 5):
        for block in range(visits):
            blocks[block % 4] += 1
    answers = find("serve").prints.split()
    assert (int(answers[0]), int(answers[3])) == (worked, blocks[0])


def test_a_larger_guest_is_the_same_program() -> None:
    guest = find("fib")
    text = guest.source(N=10)
    assert text != guest.source() and text.count("\n") == guest.source().count("\n")
