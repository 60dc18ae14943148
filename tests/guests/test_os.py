"""The operating system, with inputs, disks and clocks of all kinds."""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guests.catalogue import find
from isa.assembler import Image, assemble
from isa.assembler.assembled import assembled
from isa.assembler.includes import Directory
from isa.devices import queue
from isa.devices.queue import Queue
from isa.machine.exits import Reason
from proofs.runs.compare import Comparison, Setup, compare
from tests.guests.boot import Booted, image_of, machine, outfit

pytestmark = pytest.mark.slow

OS = find("os")
G3 = machine("g3")


@pytest.mark.parametrize("text", ["", "one line\n", "no newline", "x" * 300 + "\n", "a\n" * 20])
def test_the_os_echoes_all_of_its_input(text: str) -> None:
    booted, silent = Booted(OS, text=text), Booted(OS, text="")
    assert booted.run().reason is silent.run().reason is Reason.HALT
    assert capitals(booted.output) - capitals(silent.output) == capitals(text.upper())
    assert booted.output.endswith("[all processes have ended]\n")


def capitals(text: str) -> Counter[str]:
    return Counter(c for c in text if c.isupper())


def test_the_os_writes_to_its_disk() -> None:
    booted = Booted(OS)
    assert booted.run().reason is Reason.HALT
    block = booted.disk[512:1024]
    assert [int.from_bytes(block[i : i + 4], "little") for i in range(0, 512, 4)] == [n * n for n in range(128)]


@pytest.mark.parametrize("blocks", [0, 1])
def test_the_os_survives_a_disk_that_is_missing_or_too_small(blocks: int) -> None:
    booted = Booted(replace(OS, disk=blocks))
    assert booted.run().reason is Reason.HALT
    assert "scribe: no such block, is there a disk?\n" in booted.output
    assert booted.register(1) == 0


def lines(booted: Booted) -> Counter[str]:
    return Counter(booted.output.splitlines())


@given(tick=st.integers(150, 3000))
@example(tick=150)
@settings(max_examples=settings().max_examples // 5)
def test_wherever_the_clock_falls_the_os_does_the_same(tick: int) -> None:
    """The lines come in another order, and that is all."""
    usual = Booted(OS)
    usual.run()
    booted = Booted(replace(OS, steps=1_000_000), image=image_of(OS, machine("g3"), TICK=tick))
    assert booted.run().reason is Reason.HALT
    assert lines(booted) == lines(usual)


def test_a_process_that_is_killed_takes_nobody_with_it() -> None:
    booted = Booted(OS)
    booted.run()
    killed = booted.output.index("[process 5 killed")
    assert "still here" not in booted.output
    assert all(booted.output.find(f"[process {n} ends with 0]") > killed for n in (1, 2, 3, 4, 6))


@cache
def ringed() -> Image:
    """The system that knows that it is virtual."""
    return assembled(machine("g3"), OS.file, definitions={"PARAVIRTUAL": 1})


@pytest.mark.parametrize(
    "text", ["one line\nand more\n", *(pytest.param(t, marks=pytest.mark.nightly) for t in ("", "a\n" * 40))]
)
def test_the_os_does_the_same_with_rings(text: str) -> None:
    """The lines come in another order, and that is all."""
    plain, other = Booted(OS, text=text), Booted(OS, text=text, image=ringed())
    assert plain.run().reason is other.run().reason is Reason.HALT
    assert lines(other) == lines(plain)
    assert other.disk == plain.disk


@cache
def queued(*definitions: str) -> Image:
    """The system whose processes have requests of their own."""
    return assembled(machine("g3"), OS.file, definitions=dict.fromkeys(("QUEUED", *definitions), 1))


@pytest.mark.parametrize("definitions", [(), pytest.param(("PARAVIRTUAL",), marks=pytest.mark.nightly)])
def test_the_os_does_the_same_with_a_queue(definitions: tuple[str, ...]) -> None:
    plain, other = Booted(OS), Booted(replace(OS, queue=True), image=queued(*definitions))
    assert plain.run().reason is other.run().reason is Reason.HALT
    assert lines(other) == lines(plain)
    assert other.disk == plain.disk


def test_the_os_survives_a_queue_that_is_missing_or_a_disk_that_is_too_small() -> None:
    for guest in OS, replace(OS, queue=True, disk=1):
        booted = Booted(guest, image=queued())
        assert booted.run().reason is Reason.HALT
        assert "scribe: no such block, is there a disk?\n" in booted.output


def test_two_processes_have_their_transfers_under_way_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And each has its own words afterwards."""
    monkeypatch.setattr(queue, "SEEK", 3000)  # longer than the clock lets a process run
    assert most_under_way() == 2
    monkeypatch.setattr(queue, "ROOM", 1)  # a planted bug
    assert most_under_way() == 1


def most_under_way() -> int:
    booted = Booted(replace(OS, queue=True), image=twice())
    found, seen = booted.machine.ports.find(Queue), set()
    assert found is not None
    booted.machine.ports.acted = lambda now, device, raised: seen.add(found.told()["under way"])
    assert booted.run().reason is Reason.HALT
    assert lines(booted)["scribe: a block written and read back"] == 2
    return max(seen)


@cache
def twice() -> Image:
    """The system with a second scribe, for another block, in the place of the process that is killed."""
    rogue = '        .include "os/rogue.s"\n'
    text = OS.path.read_text()
    assert rogue in text
    scribe = (
        (OS.path.parent / "os" / "scribe.s").read_text().replace("scribe_", "second_").replace("scribe:", "second:")
    )
    scribe = (
        scribe.replace("SCRIBE_BLOCK", "SECOND_BLOCK").replace("_BLOCK, 1", "_BLOCK, 2").replace('"second:', '"scribe:')
    )
    source = text.replace(rogue, scribe)
    return assemble(G3, source, OS.file, Directory(str(OS.path.parent)), {"QUEUED": 1})


@pytest.mark.nightly  # by day docs/devices.md is held to the figures
def test_the_os_with_rings_spares_more_than_a_third_of_its_exits() -> None:
    def compared(image: Image) -> Comparison:
        return compare(Setup(G3, image, OS.storage, lambda: outfit(G3, OS.input, OS.disk)), OS.steps)

    plain, other = compared(image_of(OS, G3)), compared(ringed())
    assert plain.equivalent and other.equivalent
    assert other.exits < plain.exits * 2 / 3
