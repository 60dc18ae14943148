"""Resource control: what a guest changes without a trap and is not its own is found, named, and ends that guest."""

from functools import cache

import pytest

from isa.assembler import assemble
from isa.description import Isa
from isa.devices import Ports
from isa.engines.choice import bare
from isa.language import load_text
from isa.machine import Reason, Storage
from monitor import Decision, Monitor
from monitor.monitor import tower
from proofs.runs.compare import Setup, compare

SIZE = 1024
VARIANTS = {
    "timer": ('override instr stim "d" D(0x85) "Anyone." { timer <- x[d] }', "stim r3"),
    "halted": ('override instr halt "" Z(0x8c) "Anyone." { halted <- 1 }', "halt"),
    "psw": ('override instr setie "e" E(0x8a) "Anyone." { psw.ie <- e }', "setie 1"),
    "pending": ('override instr cpnd "d" D(0x87) "Sets." { pending <- x[d][15:0] }', "cpnd r3"),
    "base": ('override instr lrel "d, a" T(0x83) "Anyone." { base <- x[d] }', "lrel r3, r3"),
    "bound": ('override instr lrel "d, a" T(0x83) "Anyone." { bound <- x[d] }', "lrel r3, r3"),
    "sent": ('override instr out "d, a" T(0x89) "Anyone." { send(port[x[a][3:0]], x[d]) }', "out r3, r0"),
    "received": ('override instr in "d, a" T(0x88) "Anyone." { x[d] <- recv(port[x[a][3:0]]) }', "in r4, r0"),
}
CHANGED = {"sent": "a channel", "received": "a channel"}  # otherwise the state of that name


def guest(line: str) -> str:
    return f"""
        .org 16
start:  set r3, 77
        addi r5, r5, 1
here:   {line}
        addi r5, r5, 1
        set r6, 2
loop:   b loop
"""


@cache
def bad(name: str) -> Isa:
    item, _ = VARIANTS[name]
    return load_text(f'variant bad of g3 "Anyone may change it." {{ {item} }}')


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_breach_is_named_and_ends_the_guest(name: str, depth: int) -> None:
    isa = bad(name)
    vm = tower(isa, SIZE, depth)
    vm.load(assemble(isa, guest(VARIANTS[name][1]), "test"))
    end = vm.run(1000)
    assert end.reason is Reason.VIOLATION
    assert f"resource control: it changed {CHANGED.get(name, name)} of the machine below" in end.detail
    assert vm.state["pc"] == 16  # where the direct run began
    assert vm.run(1000).reason is Reason.VIOLATION
    assert depth > 1 or vm.statistics.by_decision()[Decision.KILLED] == 2


OTHER = "start: addi r1, r1, 1\n slti r2, r1, 100\n bnez r2, start\n rpsw r7\nloop: addi r1, r1, 1\n b loop"


@pytest.mark.parametrize("name", VARIANTS)
def test_the_others_live_on(name: str) -> None:
    isa = bad(name)
    monitor = Monitor(bare(isa, Storage(isa.word, 8 * SIZE)))
    rogue, good = monitor.create(SIZE), monitor.create(SIZE)
    rogue.load(assemble(isa, guest(VARIANTS[name][1]), "test"))
    good.load(assemble(isa, OTHER, "test"))
    ends = monitor.run(2000, 50)
    assert (ends[rogue.name].reason, ends[good.name].reason) == (Reason.VIOLATION, Reason.BUDGET)
    assert rogue.exit is ends[rogue.name]
    assert good.state["x"][1] > 500 and good.state["x"][7] == 0  # type: ignore[index,operator]


@pytest.mark.parametrize("name", VARIANTS)
def test_the_comparison_says_that_it_is_a_breach(name: str) -> None:
    isa = bad(name)
    image = assemble(isa, guest(VARIANTS[name][1]), "test")
    divergence = compare(Setup(isa, image, SIZE, Ports), 500).divergence
    assert divergence is not None and CHANGED.get(name, name) in divergence.breach
    assert divergence.place is not None and VARIANTS[name][1] in image.lines[divergence.place].text


def test_a_guest_that_keeps_to_itself_is_not_killed() -> None:
    """The same machine: only what a guest does counts."""
    isa = bad("timer")
    vm = tower(isa, SIZE, 1)
    vm.load(assemble(isa, OTHER, "test"))
    assert vm.run(500).reason is Reason.BUDGET
