"""A monitor that is a process: its guest is as on the bare machine at every entry, and nobody beside it notices."""

from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from guests.catalogue import find
from guests.pack import Tenant, flat
from isa.assembler import assemble
from isa.devices import BLOCK, Live
from isa.machine import Reason
from isa.machine.lines import Lines
from isa.machine.moment import Moment
from proofs.programs.convention import monitor_of
from proofs.runs.generation import generator
from proofs.under.case import Case
from proofs.under.comparing import compare
from tests.guests.boot import image_of
from tests.planting import Check, Patch, Planted, must_catch
from tests.vmm.hosted import G3, HOSTED, Hosted, Pair, changed
from trapline.cli import main
from trapline.running.tenants import tenant

DAY = ("os", "traps")
NIGHT = ("selftest", "disk", "stopwatch", "dice", "hello", "crc", "echo", "exits", "fib", "matmul", "primes", "rogue")


def guest(text: str) -> Tenant:
    return tenant(text, G3, None)


def check_guest(text: str) -> None:
    """At every entry, and at its end; and the processes beside it print what they print without it."""
    pair = Pair(guest(text))
    assert pair.run(100_000) is Reason.HALT and pair.seen > 10
    hosted = pair.hosted
    assert hosted.run().reason is Reason.HALT
    assert hosted.own() == find(text.partition("=")[0]).prints.splitlines()
    assert beside(hosted.lines) == beside(HOSTED.prints.splitlines())


def beside(lines: list[str]) -> Counter[str]:
    """What the other processes say and what is said of them."""
    marks = ("primes: ", "ticker: ", "polite: ", "[process 1", "[process 2", "[process 3")
    return Counter(line for line in lines if line.startswith(marks))


@pytest.mark.parametrize("name", [*DAY, *(pytest.param(name, marks=pytest.mark.nightly) for name in NIGHT)])
def test_a_guest_is_as_on_the_bare_machine(name: str) -> None:
    check_guest(name)


@pytest.mark.parametrize(
    ("name", "under"),
    [
        ("stopwatch", "hosted,vmm"),
        *(pytest.param("os", under, marks=pytest.mark.nightly) for under in ("hosted", "vmm,hosted", "hosted,hosted")),
    ],
)
def test_the_types_stand_on_each_other(name: str, under: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", name, "--under", under]) == 0
    assert "both have halted" in capsys.readouterr().out


def test_what_comes_out_is_compared_unless_others_print_as_well() -> None:
    alike, image = [], image_of(HOSTED, G3)
    for symbols in (image.symbols, {name: at for name, at in image.symbols.items() if name != "SHARED_CONSOLE"}):
        shown = monitor_of(G3, replace(image, symbols=symbols))
        program = image_of(find("hello"), G3)
        alike.append(compare(Case(G3, program, (guest("hello"),), (shown,), ("hosted",)), 100).equivalent)
    assert alike == [True, False]


# ---- hostile guests


def check_hostile(numbers: range, steps: int = 300) -> None:
    """Random guests that begin in random states, each in the system as it is when it has booted."""
    make = generator(G3)
    pair = Pair(Tenant("hostile", (), 0, make.size, input=b"abc", disk=bytes(12 * BLOCK)))
    pair.boot()
    booted = [(on, Lines(on.storage), Moment.take(on)) for on in (pair.hosted.machine, pair.bare)]
    for number in numbers:
        hostile = make.guest(Random(number))
        for on, lines, moment in booted:
            lines.put(0)
            moment.put(on)
        pair.set(hostile)
        pair.run(steps, patience=50_000)
        hosted = pair.hosted
        assert hosted.code == hosted.loaded, hostile
        assert not any("killed" in line or "panic" in line for line in hosted.lines), hostile


@pytest.mark.parametrize("numbers", [range(20), pytest.param(range(20, 10_000), marks=pytest.mark.nightly)], ids=str)
def test_no_hostile_guest_is_noticed_or_notices(numbers: range) -> None:
    check_hostile(numbers)


def check_program(text: str, storage: int = 64) -> None:
    """A guest of a few lines, whose storage is so small that most of it lies beyond."""
    image = assemble(G3, f".org 8\n.word 16, 0, 0, -1\n.org 16\n{text}\n", "program")
    pair = Pair(Tenant("program", flat(image), image.entry, storage, disk=bytes(8 * BLOCK)))
    assert pair.run(2000) is Reason.HALT


check_beyond = partial(check_program, "lw r1, 4(r0)\nhalt\nstart: set r1, 1000\nset r2, 100\nlrel r1, r2\nhalt")
check_end = partial(check_program, "lw r1, 4(r0)\nhalt\nstart: set r1, 8\nset r2, -1\nlrel r1, r2\nlw r3, 60(r0)\nhalt")
check_zero = partial(check_program, "start: set r1, 9\nstim r1\nrtim r0\nstim r0\nrtim r1\nhalt")
check_same = partial(check_program, "halt\nstart: rrel r3, r3\nrrel r0, r4\nhalt")
check_status = partial(check_program, "lw r1, 5(r0)\nhalt\nstart: lpsw 61(r0)\nhalt")
check_disk = partial(
    check_program,
    "start: set r1, 2\nset r2, 140\nout r2, r1\nset r1, 4\nset r2, 1\nout r2, r1\nin r4, r1\nidle\nin r3, r1\nhalt",
    200,
)
PROGRAMS = {
    "a base beyond": check_beyond,
    "a bound beyond": check_end,
    "a result in r0": check_zero,
    "two results": check_same,
    "a status beyond": check_status,
    "a block beyond": check_disk,
}


@pytest.mark.parametrize("check", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_what_no_shipped_guest_does(check: Check) -> None:
    check()


# ---- the console


def check_typed() -> None:
    """What is typed at the real console is, for a guest that has it, as typed at its own."""
    pair = Pair(guest("os=console"), find("os").input.encode())
    assert pair.run(100_000) is Reason.HALT


@pytest.mark.nightly
def test_a_guest_has_the_real_console() -> None:
    check_typed()


def check_late() -> None:
    live = Live()
    hosted = Hosted(guest("echo=console"), live)
    assert hosted.run(200_000).reason is Reason.BUDGET
    assert "[process 2 ends with 0]" in hosted.lines and hosted.own() == [] and hosted.steps > 1000
    live.feed(b"late\n")
    hosted.run(200_000)
    assert hosted.own() == ["etal"]
    live.close()
    assert hosted.run().reason is Reason.HALT
    assert hosted.own() == ["etal", "1 lines"]


def test_a_guest_goes_on_while_somebody_types() -> None:
    check_late()


def test_a_long_line_is_broken_and_a_line_without_end_is_ended() -> None:
    text = "start: set r2, 150\nloop: set r1, 'a'\nout r1, r0\naddi r2, r2, -1\nbnez r2, loop\nset r1, 7\nhalt"
    image = assemble(G3, f".org 16\n{text}\n", "program")
    hosted = Hosted(Tenant("long", flat(image), image.entry, 64))
    assert hosted.run().reason is Reason.HALT
    assert hosted.own() == ["a" * 121, "a" * 29]
    assert "[process 4 ends with 7]" in hosted.lines


# ---- what can be wrong


def test_a_disk_that_is_wrong_is_told_and_the_others_go_on() -> None:
    from guests.pack import BYTES, pack

    whole = pack([guest("hello")])
    sums = whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]
    program = whole[: BYTES + 80] + bytes([whole[BYTES + 80] ^ 1]) + whole[BYTES + 81 :]
    for data, says in (
        (bytes(2 * BYTES), "no machine on the disk; `trapline vmm pack` writes one"),
        (sums, "the machine on the disk is damaged"),
        (program, "the machine on the disk is damaged"),
        (whole[:-BYTES], "the disk has been cut short"),
        (pack([guest("hello=storage:100000")]), "the machine does not fit into this window"),
    ):
        hosted = Hosted(data)
        assert hosted.run().reason is Reason.HALT
        assert f"monitor: {says}" in hosted.lines
        assert beside(hosted.lines) == beside(HOSTED.prints.splitlines())


def test_a_machine_that_waits_for_ever_ends() -> None:
    image = assemble(G3, ".org 16\nstart: idle\nhalt\n", "program")
    hosted = Hosted(Tenant("still", flat(image), image.entry, 64))
    assert hosted.run().reason is Reason.HALT
    assert "monitor: the machine waits for ever" in hosted.lines


# ---- planted bugs, in the text of the process; those of the kernel's service are in test_machine_calls.py

BUGS: dict[tuple[str, str], Check] = {
    ("sw   r0, BLOCK_AT + VM_X(r0)", "nop"): check_zero,
    ("addi r3, r2, -1         # steps until the clock", "addi r3, r2, -2 #"): partial(check_guest, "os"),
    ("beqz r3, alarm\n", "nop\n"): partial(check_guest, "os"),
    ("bleu r1, r3, run\n", "b    run\n"): partial(check_guest, "os"),
    ("sw   r3, STORAGE + INFO(r0)", "nop"): partial(check_guest, "traps"),
    ("bnez r2, reflect\n        srli", "nop\n        srli"): partial(check_hostile, range(100)),
    ("sw   r2, BLOCK_AT + VM_PC(r0)\n        b    taken", "sw r2, BLOCK_AT + VM_PC(r0)\n b elapsed"): check_zero,
    ("mov  r8, r9             # if", "nop #"): check_same,
    ("sltiu r6, r2, 4\n", "sltiu r6, r2, 3\n"): check_status,
    ("bnez r2, ignore\n        lw   r2, status", "lw   r2, status"): check_disk,
    ("addi r3, r3, DURATION", "addi r3, r3, DURATION - 1"): partial(check_guest, "disk"),
    ("addi r1, r1, INTERVAL", "addi r1, r1, INTERVAL + 1"): partial(check_guest, "echo"),
    ("sltiu r2, r2, BLOCK\n", "set  r2, 0\n"): check_disk,
    ("xori r2, r2, IE\n", "nop\n"): partial(check_guest, "selftest"),
    ("not  r2, r2\n", "nop\n"): partial(check_guest, "os"),
    ("bltz r1, 6f             # somebody", "bltz r1, 4f #"): check_late,
    ("la   r3, seed", "la   r3, seed + 1"): partial(check_guest, "dice"),
}
DAILY = 1  # of them


@pytest.mark.parametrize(
    "change",
    [pytest.param(change, marks=() if n < DAILY else pytest.mark.nightly) for n, change in enumerate(BUGS)],
    ids=lambda change: change[0].partition("\n")[0],
)
def test_a_planted_bug_is_caught(change: tuple[str, str], monkeypatch: Patch) -> None:
    wrong = changed(*change)

    def plant(patch: Patch) -> None:
        patch.setattr("tests.vmm.hosted.system", lambda: wrong)

    must_catch(Planted(change[0], plant, BUGS[change]), monkeypatch, (AssertionError,))
