"""Machines that a monitor of this kind cannot work on are refused, each with its reason."""

import pytest

from isa.assembler import assemble
from isa.description import Isa
from isa.devices import Ports
from isa.engines.choice import bare
from isa.errors import MachineError
from isa.ir.fold import const, eq
from isa.ir.nodes import Element, Read
from isa.language import load_text
from isa.machine import Reason, Storage
from isa.machine.storage import page_shift
from monitor import Monitor
from monitor.techniques import INTERPRET, Technique
from proofs.runs.compare import Setup, compare
from tests.machines_to_test import EACH, MACHINES

STEP = """
  override step {{
    {time}
    pc <- pc + 1
    execute {fetch} else trap illegal(insn)
  }}
"""
USUAL = """trap clock(0) when psw.ie == 1 && timer == 1
    trap device(zext(pending)) when psw.ie == 1 && pending != 0
    timer <- timer - 1 when timer >u 1"""
CLOCK = "trap clock(0) when psw.ie == 1 && timer == 1 timer <- timer - 1 when timer >u 1 "
LEVEL = "trap clock(0) when psw.ie == 1 && timer <u 20 timer <- timer + 1"  # at rest, and true if only it were enabled
VIEW = """
  override view mem[va : word] : word "" {{
    trap memory(va) when {trap}
    return {place}
  }}
"""
CHECK = "va >=u bound || base >=u size(storage) || va >=u size(storage) - base"


def step(time: str = USUAL, fetch: str = "mem[pc]") -> str:
    return STEP.format(time=time, fetch=fetch)


def view(trap: str = CHECK, place: str = "storage[base + va]") -> str:
    return VIEW.format(trap=trap, place=place)


REFUSED: dict[str, tuple[str, str]] = {
    "a table of pages": (
        view("va >=u bound", "storage[storage[zext(va[31:8])] + zext(va[7:0])]"),
        "looks into storage, where a guest could change it without a trap",
    ),
    "no base": (
        'override state base : word @resource "Not a relocation."',
        "0 places with the role @base; a monitor needs one",
    ),
    "two bounds": (
        'add state limit : word @bound "Another." override def privileged() "" '
        "{ trap privileged(insn) when psw.mode == user || limit == 7 }",
        "2 places with the role @bound; a monitor needs one",
    ),
    "timer by two": (step(USUAL.replace("timer - 1 when timer >u 1", "timer - 2 when timer >u 1")), "of timer is"),
    "timer that jumps": (step(USUAL + "\n timer <- 100 when timer == 0"), "it makes of timer is neither"),
    "timer in parts": (step(USUAL.replace("timer == 1", "timer[3:0] == 1")), "its trap clock is next due"),
    "prologue that stores": (step(USUAL + "\n storage[6] <- timer"), "time law is not known: it changes storage"),
    "prologue that drops to user mode": (step(USUAL + "\n psw.mode <- user when pending == 3"), "moves psw.mode"),
    "prologue that moves the base": (step(USUAL + "\n base <- base + 1"), "moves base, which decides relocation"),
    "prologue that halts": (step(USUAL + "\n halted <- 1 when timer == 5"), "moves halted, which decides the halt"),
    "prologue that copies the timer": (step(USUAL + "\n psw[9:2] <- timer[7:0]"), r"it makes of psw\[9:2\] is"),
    "prologue that asks a register": (step(USUAL.replace(">u 1", ">u 1 && x[1] == 0")), "it makes of timer is"),
    "a trap that asks where it is": (step(USUAL + "\n trap device(1) when psw.ie == 1 && pc == 9"), "looks at the pc"),
    "a trap that asks how large it is": (
        step(USUAL + "\n trap device(1) when psw.ie == 1 && size(storage) >u 9"),
        "its trap device looks at the pc or",
    ),
    "a jump by the clock": (
        "override step { timer <- timer - 1 when timer >u 1 pc <- if timer == 5 then pc + 2 else pc + 1 "
        "execute mem[pc] else trap illegal(insn) }",
        "pc depends on what it moves",
    ),
    "interrupts after reset": (
        "override on reset { psw <- 2; base <- 0; bound <- size(storage); timer <- 1; pending <- 0 }",
        "not quiet after reset",
    ),
    "no switch for interrupts": (
        step(USUAL.replace("psw.ie == 1 && timer == 1", "timer == 0 && psw.ie == 0")),
        "not quiet after reset",
    ),
    "a clock that starts by itself": (
        step(
            USUAL.replace("timer - 1 when timer >u 1", "timer + 1 when timer <u 50").replace(
                "psw.ie == 1 && timer", "timer"
            )
        ),
        "not quiet after reset",
    ),
    "fetch of a constant": (step(fetch="zext(pending)"), "fetch of .* is not a relocated access"),
    "base that multiplies": (view(place="storage[base * 2 + va]"), "does not compose"),
    "base counted in pages": (view(place="storage[(base << 4) + va]"), "does not compose"),
    "bound that is an end": (view(CHECK.replace("va >=u bound", "base + va >=u bound")), "does not compose"),
    "bound that counts from one": (view(CHECK.replace("va >=u bound", "va >u bound")), "does not compose"),
    "no check of the end": (view("va >=u bound"), "does not compose"),
    "supervisor unrelocated": (view(place="storage[if psw.mode == user then base + va else va]"), "does not compose"),
    "supervisor unbounded": (view(CHECK.replace("va >=u bound", "psw.mode == user && va >=u bound")), "not compose"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_machine_is_refused_with_the_reason(why: str) -> None:
    body, reason = REFUSED[why]
    isa = load_text(f'variant odd of g3 "{why}." {{ {body} }}')
    real = bare(isa, Storage(isa.word, 8192))
    with pytest.raises(MachineError, match=reason) as error:
        Monitor(real).create(1024)
    assert error.value.help
    the_same_interpreted(isa)


def the_same_interpreted(isa: Isa, engine: str = "reference") -> None:
    """Nothing is asked of a machine on which nothing runs directly."""
    image = assemble(isa, ".org 16\nstart: set r1, 4\n1: addi r1, r1, -1\n bnez r1, 1b\n svc 1", "test")
    assert compare(Setup(isa, image, 4096, Ports, (INTERPRET,), engine=engine), 50).equivalent


@pytest.mark.nightly
@pytest.mark.parametrize("why", REFUSED)
def test_none_is_refused_in_native_code_where_nothing_runs_directly(why: str) -> None:
    the_same_interpreted(load_text(f'variant odd of g3 "{why}." {{ {REFUSED[why][0]} }}'), "native")


@pytest.mark.parametrize("where", ["x", "pc", "timer"])
def test_a_condition_must_stand_still_while_a_machine_runs(where: str) -> None:
    """A register file passes to the real machine, and so does the pc; time moves the timer."""
    value = Element(32, "x", const(4, 1)) if where == "x" else Read(32, where)
    technique = Technique("restless", "Runs directly at times.", lambda isa: eq(value, const(value.width, 0)))
    with pytest.raises(MachineError, match="may run directly under restless changes while it does"):
        Monitor(bare(MACHINES["g3"], Storage(32, 8192)), technique=technique)


@EACH
def test_the_machines_here_are_admitted(name: str) -> None:
    isa = MACHINES[name]
    words = 1 << page_shift(isa.word)
    vm = Monitor(bare(isa, Storage(isa.word, 4 * words))).create(words)
    assert vm.run(0).reason is Reason.BUDGET


@pytest.mark.parametrize("body", [step("timer <- timer - 1 when timer >u 1"), step(CLOCK), step(""), step(LEVEL)])
def test_simpler_clocks_are_admitted(body: str) -> None:
    unused = "delete instr idle" if body == step("") else ""
    isa = load_text(f'variant simple of g3 "Less time." {{ {body} {unused} }}')
    assert Monitor(bare(isa, Storage(isa.word, 8192))).create(1024).storage.size == 1024


def test_an_ordinary_switch_is_admitted_if_what_it_switches_is_parked() -> None:
    """Then the real machine is quiet, however its guest turns it."""
    switch = 'add state g : word @general "A switch."'
    for time, more, admitted in (
        ("g == 1 && pending != 0", switch, True),
        ("g == 1", switch, False),
        ("psw.mode == supervisor", "", True),
    ):
        body = step(USUAL.replace("psw.ie == 1 && pending != 0", time))
        real = bare(load_text(f'variant odd of g3 "A switch." {{ {more} {body} }}'), Storage(32, 8192))
        if admitted:
            assert Monitor(real).create(1024).run(5).reason is Reason.BUDGET
        else:
            with pytest.raises(MachineError, match="not quiet"):
                Monitor(real)


def test_a_machine_with_devices_of_its_own_is_no_place_for_a_monitor() -> None:
    from isa.devices import Console, attach

    isa = MACHINES["g3"]
    with pytest.raises(MachineError, match="no devices of its own"):
        Monitor(bare(isa, Storage(32, 8192), attach(isa, Console())))
