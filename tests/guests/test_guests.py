"""Every guest on the bare machine prints what its header says, and the guests mean something."""

import zlib
from collections import Counter
from dataclasses import replace

import pytest

from guests.catalogue import Guest, find, guests
from isa.encoding import decoder
from isa.ir import Behaviour
from isa.machine.exits import Reason
from tests.guests.boot import Booted, machine

QUICK = 60_000  # no guest may need more steps by default
UNCONCERNED = [g for g in guests() if g.machine == "g3" and g.name != "rogue"]  # which counts what is privileged


@pytest.mark.parametrize("guest", guests(), ids=lambda g: g.name)
def test_a_guest_keeps_its_promise(guest: Guest) -> None:
    booted = Booted(guest)
    end = booted.run()
    assert (end.reason, booted.output) == (Reason.HALT, guest.prints)
    assert guest.exit is not None and booted.register(guest.exit[0]) == guest.exit[1]
    assert end.steps <= QUICK


@pytest.mark.parametrize("guest", UNCONCERNED, ids=lambda g: g.name)
@pytest.mark.parametrize("variant", ["g3_jrst", "g3_sgdt", "g3_popf"])
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


# ---- the self-test


def executed(booted: Booted) -> set[str]:
    """The mnemonics of all words that were fetched and are instructions."""
    decode = decoder(booted.isa).decode
    words: set[int | None] = set()
    booted.machine.trace = lambda line: words.add(line.word)
    booted.run()
    found = [decode(word) for word in words if word is not None]
    return {pair[0].name for pair in found if pair is not None}


def test_the_selftest_executes_every_instruction() -> None:
    booted = Booted(find("selftest"))
    assert executed(booted) == set(machine("g3").instructions)


@pytest.mark.parametrize("name", machine("g3").instructions)
def test_the_selftest_notices_an_instruction_that_does_nothing(name: str) -> None:
    isa = machine("g3")
    idle = replace(isa.instructions[name], behaviour=Behaviour())
    broken = replace(isa, instructions=isa.instructions | {name: idle})
    booted = Booted(find("selftest"), broken)
    assert booted.run().reason is not Reason.HALT or booted.output != find("selftest").prints


# ---- the operating system


@pytest.mark.parametrize("text", ["", "one line\n", "no newline", "x" * 300 + "\n", "a\n" * 20])
def test_the_os_echoes_all_of_its_input(text: str) -> None:
    booted, silent = Booted(find("os"), text=text), Booted(find("os"), text="")
    assert booted.run().reason is silent.run().reason is Reason.HALT
    assert capitals(booted.output) - capitals(silent.output) == capitals(text.upper())
    assert booted.output.endswith("[all processes have ended]\n")


def capitals(text: str) -> Counter[str]:
    return Counter(c for c in text if c.isupper())


def test_the_os_writes_to_its_disk() -> None:
    booted = Booted(find("os"))
    assert booted.run().reason is Reason.HALT
    block = booted.disk[512:1024]
    assert [int.from_bytes(block[i : i + 4], "little") for i in range(0, 512, 4)] == [n * n for n in range(128)]


@pytest.mark.parametrize("blocks", [0, 1])
def test_the_os_survives_a_disk_that_is_missing_or_too_small(blocks: int) -> None:
    booted = Booted(replace(find("os"), disk=blocks))
    assert booted.run().reason is Reason.HALT
    assert "scribe: no such block, is there a disk?\n" in booted.output
    assert booted.register(1) == 0


def test_a_larger_guest_is_the_same_program() -> None:
    guest = find("fib")
    text = guest.source(N=10)
    assert text != guest.source() and text.count("\n") == guest.source().count("\n")
