"""Runs of instructions with a handler of their own: the same as single steps, wherever they are stopped, jumped into,
written over; and bugs planted in that."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from isa.assembler import assemble
from isa.description import Isa
from isa.engines.native import dispatch, fused, fusing, threaded
from isa.engines.native.code import NativeCode
from isa.engines.native.convention import END, IP, tail
from isa.engines.native.counted import CountedNative
from isa.engines.native.engine import NativeEngine
from isa.engines.native.exact import Exact
from isa.engines.native.frame import LONGEST, Tables
from isa.engines.native.fused import Fused, FusedValues
from isa.engines.native.options import Options
from isa.engines.native.plan import plan_of
from isa.engines.native.recorded import Records
from isa.engines.native.text import number
from isa.engines.native.threaded import Threaded
from isa.language import load_text
from isa.machine import Machine, Storage
from tests.engines.any_width import TEXT
from tests.isa.test_engine_programs import Stepping, ran
from tests.machines_to_test import G3
from tests.planting import Bugs, Check, Patch, Planted

pytestmark = pytest.mark.long

SIZE, FIRST = 1200, 300
WARM, FINE = (80, 80, 80), (*range(1, 2 * LONGEST), 400)  # budgets: until runs are there; then to stop anywhere in them
BUGS = Bugs()
caught_by = BUGS.caught_by
Change = Callable[[Machine], None]

SAME = 'instr same "d, a" R(0x2) {{ flag <- 1 when x[d] == x[a] }}'
FLAG = 'instr flag "d, a" R(0x3) {{ x[d] <- x[d] + zext(flag); flag <- 0 }}'
FLAGS = TEXT.replace("state off ", "state flag : bits(1) @general\nstate off ")
FLAGS = re.sub("instr sra .*", lambda found: SAME, re.sub("instr rem .*", lambda found: FLAG, FLAGS))


RECORD = number(64, 8)  # bytes of one of G3's
WORD = assemble(G3, "xori r5, r5, 100\n").segments[0].words[0]


class Fresh(NativeEngine):
    """With no handlers of runs from before; looks for runs whenever it can."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, Options(regions=False, background=False, fuse=1))

    @staticmethod
    def native(isa: Isa) -> NativeCode:
        return NativeCode(isa)

    @property
    def runs(self) -> int:
        """How many records lead to one."""
        assert self.fusing is not None
        words = len(self.storage.root.cells)
        return sum(self.tables.is_run(self.tables.number(word)) for word in range(words))


def agree(
    source: str, budgets: tuple[int, ...] = FINE, change: Change | None = None, isa: Isa = G3, **state: int
) -> None:
    """Run a program in both engines: until its runs are found, then, after a change, in pieces."""
    image = assemble(isa, source)
    outcomes = []
    for engine in (Fresh, Stepping):
        machine = Machine(isa, Storage(isa.word, SIZE), engine=engine)
        machine.load(image)
        for name, value in state.items():
            if name in machine.state.layout.slots:
                machine.state[name] = value
        x = machine.state["x"]
        machine.state["x"] = [state.get(f"r{n}", 0) for n in range(len(x))]
        first = ran(machine, WARM)
        if isinstance(machine.engine, Fresh):
            assert machine.engine.fusing is not None and machine.engine.fusing.dispatch.numbers
            machine.engine.fusing._next = 1 << 60  # they stay as they are
        if change is not None:
            change(machine)
        outcomes.append((first, ran(machine, budgets)))
    assert outcomes[0] == outcomes[1]


def g3(source: str, *arguments: Any, **state: int) -> None:
    whole = f".org 8\n.word stop, 0, 0, {SIZE}\n.org {FIRST}\n{source}\nstop: halt\n"
    agree(whole, *arguments, **{"pc": FIRST, "bound": SIZE, **state})


# ---- what is checked

LOOP = "1: addi r1, r1, 3\n xor r2, r2, r1\n addi r1, r2, 1\n add r3, r1, r1\n add r0, r3, r3\n add r4, r0, r3\n"
LOOP += " slli r3, r3, 1\n add r4, r4, r3\n sub r2, r2, r4\n add r2, r2, r2\n b 1b\n"


def registers() -> None:
    """Registers that are written several times in a run, read twice by one instruction, or always zero."""
    g3(LOOP)


def jumps_into_runs() -> None:
    """A branch goes to the middle of a run now and then, another leaves it early."""
    source = "1: addi r1, r1, 1\n andi r2, r1, 3\n bnez r2, 2f\n addi r3, r3, 5\n addi r4, r3, 1\n"
    g3(source + "2: add r5, r5, r3\n addi r6, r5, 1\n xor r5, r5, r6\n b 1b\n")


def traps() -> None:
    """An address in the middle of a run is refused in the end; a step comes back to itself."""
    source = "1: addi r1, r1, 1\n slli r2, r1, 4\n lw r3, 0(r2)\n add r4, r4, r3\n addi r5, r4, 1\n b 1b\n"
    g3(source)
    g3("1: addi r1, r1, 1\n sltiu r2, r1, 70\n xori r2, r2, 1\n2: bnez r2, 2b\n b 1b\n")


def windows() -> None:
    """The bound comes to lie in the middle of a run; another base moves it."""
    for end in range(FIRST + 1, FIRST + 11):

        def cut(machine: Machine, end: int = end) -> None:
            machine.state["bound"] = end

        g3(LOOP, FINE, cut)

    def moved(machine: Machine) -> None:
        for at in range(40):
            machine.storage.store(FIRST + 500 + at, machine.storage.load(FIRST + at))
        machine.state["base"] = 500

    g3(LOOP, FINE, moved)


def stores() -> None:
    """A run that stores into data, and now and then into itself, further on and further back."""
    source = "1: addi r1, r1, 1\n andi r2, r1, 31\n sltiu r2, r2, 1\n mul r2, r2, r9\n sw r6, 2f(r2)\n addi r5, r5, 3\n"
    source += "add r5, r5, r1\n addi r4, r5, 1\n addi r3, r3, 1\n b 1b\n2: .word 0\n"
    for at in (5, 7, 8, 0):  # what is written over is alike, so that a bug does no harm to others
        g3(source, (*FINE, 400), None, r9=(at - 10) & 0xFFFFFFFF, r6=WORD)


def loops() -> None:
    """Runs that are loops: left by their condition, at the bound, by stores into themselves, with few steps left."""
    source = (
        "2: set r1, 0\n1: addi r1, r1, 1\n xor r2, r2, r1\n add r3, r3, r2\n bne r1, r9, 1b\n addi r5, r5, 1\n b 2b\n"
    )
    g3(source, r9=20)

    def cut(machine: Machine) -> None:
        machine.state["bound"] = FIRST + 4

    g3(source, FINE, cut, r9=20)
    source = "1: addi r1, r1, 1\n andi r2, r1, 31\n sltiu r2, r2, 1\n mul r2, r2, r9\n sw r6, 2f(r2)\n addi r5, r5, 3\n"
    source += "add r5, r5, r1\n bne r1, r10, 1b\n set r1, 0\n b 1b\n2: .word 0\n"
    for at in (5, 0):
        g3(source, (*FINE, 400), None, r9=(at - 10) & 0xFFFFFFFF, r6=WORD, r10=90)


def changes_from_outside() -> None:
    """A word in the middle of a run is written between two runs of the machine."""
    for at in range(FIRST, FIRST + 10):

        def written(machine: Machine, at: int = at) -> None:
            machine.storage.store(at, machine.storage.load(FIRST + 1))

        g3(LOOP, FINE, written)


def flags() -> None:
    """A scalar that is set under a condition, and read and set again; on words of 64 and of 16 bits."""
    for width in (16, 64):
        isa = load_text(FLAGS.format(width=width, rest=f"0:{width - 8}"))
        source = ".org 300\n1: inc x1, x1\n same x1, x2\n flag x3, x0\n add x2, x3\n same x2, x2\n same x1, x3\n"
        source += " flag x3, x0\n sub x2, x1\n bnz x1, 1b\n"
        agree(source, FINE, None, isa, pc=FIRST, bound=SIZE, r2=1)


CHECKS = (registers, jumps_into_runs, traps, windows, stores, loops, changes_from_outside, flags)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_runs_do_what_single_steps_do(check: Check) -> None:
    check()


# ---- planted


def anew(patch: Patch) -> None:
    """Handlers of runs are made of the text as it is now."""
    patch.setattr(dispatch, "cache", SimpleNamespace(digest=lambda *parts: uuid4().hex))


def module_anew(patch: Patch, function: str) -> None:
    """A function of the description's own module does nothing."""
    key, right = uuid4().hex, getattr(Records, function)
    patch.setattr(NativeCode, "key", property(lambda self: key))
    nothing = "  ret void\n}\n"
    patch.setattr(Records, function, lambda self: right(self).partition("entry:")[0] + "entry:\n" + nothing)


@caught_by(registers)
def the_first_write_counts(patch: Patch) -> None:
    right = fusing.sources

    def first(found: list[Any]) -> tuple[int, ...]:
        made = right(found)
        backs = [right([found[i], found[-1]]) for i in range(len(found) - 1)]
        return tuple(next((len(found) - 1 - i for i, back in enumerate(backs) if back[n]), 0) for n in range(len(made)))

    patch.setattr(fusing, "sources", first)


@caught_by(registers)
def operands_are_taken_for_each_other(patch: Patch) -> None:
    def taken(found: list[Any]) -> tuple[int, ...]:
        *before, (last, _) = found
        files = [{state for state, _ in traits.writes} for traits, _ in reversed(before)]
        return tuple(next((n for n, file in enumerate(files, 1) if state in file), 0) for state, _ in last.reads)

    patch.setattr(fusing, "sources", taken)


@caught_by(registers, jumps_into_runs)
def a_run_that_is_not_begun_takes_no_step(patch: Patch) -> None:
    anew(patch)
    patch.setattr(fused, "tail", lambda text, to: tail(text, to, end=text.add(END, RECORD)))


@caught_by(loops)
def a_round_is_charged_too_little(patch: Patch) -> None:
    anew(patch)
    right = Fused._again
    patch.setattr(Fused, "_again", lambda self, text, at, stop, end: right(self, text, at, stop, text.add(end, RECORD)))


@caught_by(traps)
def a_trap_is_laid_to_the_first_instruction(patch: Patch) -> None:
    anew(patch)
    patch.setattr(
        threaded, "tail", lambda text, to, **k: tail(text, to, **{**k, **({"ip": IP} if "leave" in to else {})})
    )


@caught_by(jumps_into_runs)
def a_jump_is_measured_from_the_first_instruction(patch: Patch) -> None:
    anew(patch)
    right = Threaded._near

    def near(self: Threaded, text: Any, *rest: Any) -> None:
        here, text.ip = text.ip, IP
        right(self, text, *rest)
        text.ip = here

    patch.setattr(Threaded, "_near", near)


@caught_by(stores)
def runs_stay_when_a_guest_writes_over_them(patch: Patch) -> None:
    module_anew(patch, "split")


@caught_by(changes_from_outside)
def runs_stay_when_somebody_writes_over_them(patch: Patch) -> None:
    patch.setattr(Tables, "is_run", lambda self, number: False)


@caught_by(flags)
def the_first_value_of_a_flag_counts(patch: Patch) -> None:
    anew(patch)
    right = FusedValues._write

    def write(self: FusedValues, effect: Any, *rest: Any) -> None:
        known = dict(self.step.scalars)
        right(self, effect, *rest)
        self.step.scalars.update(known)

    patch.setattr(FusedValues, "_write", write)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    bug.plant(monkeypatch)
    with pytest.raises(AssertionError):
        bug.check()


# ---- what becomes of runs


def looping(engine: Any, source: str = LOOP) -> Machine:
    machine = Machine(G3, Storage(32, SIZE), engine=engine)
    machine.load(assemble(G3, f".org {FIRST}\n{source}\n"))
    machine.state["bound"], machine.state["pc"] = SIZE, FIRST
    return machine


def test_a_loop_of_some_instructions_is_some_runs() -> None:
    machine = looping(Fresh)
    for budget in WARM:
        machine.run(budget)
    engine = machine.engine
    assert isinstance(engine, Fresh) and engine.runs == 2
    parts = [[(part.serial, part.sources) for part in run] for run in engine.fusing.dispatch.numbers]
    assert [len(run) for run in parts] == [LONGEST, 3]


def test_a_program_that_is_in_regions_has_no_runs_looked_for() -> None:
    looks: list[int] = []
    machine = looping(lambda made: NativeEngine(made, Options(background=False, hot=100, fuse=20_000)))
    engine = machine.engine
    assert isinstance(engine, NativeEngine) and engine.fusing is not None
    engine.fusing.look = lambda begin: looks.append(machine.steps)  # type: ignore[method-assign]
    for _ in range(20):
        machine.run(5_000)
    assert not looks
    alone = looping(lambda made: NativeEngine(made, Options(regions=False, background=False, fuse=20_000)))
    for _ in range(20):
        alone.run(5_000)
    assert isinstance(alone.engine, NativeEngine) and alone.engine.fusing is not None
    assert alone.engine.fusing.dispatch.numbers


def test_runs_are_not_looked_for_while_another_thread_runs_there() -> None:
    machine = looping(Fresh)
    engine = machine.engine
    assert isinstance(engine, Fresh)
    engine.translations.begin()
    for budget in WARM:
        machine.run(budget)
    assert not engine.runs
    engine.translations.end()
    for budget in WARM:
        machine.run(budget)
    assert engine.runs


def test_a_number_that_another_table_has_is_decoded_anew() -> None:
    machine = looping(Fresh)
    for budget in WARM:
        machine.run(budget)
    counting = CountedNative(machine)
    machine.engine = counting
    machine.run(1_100)
    assert sum(count.steps for count in counting.counts.of(machine.storage)) == 1_100


def test_what_always_traps_is_in_no_run() -> None:
    """It would be left to the loop from there, and what follows it would be in no run of its own."""
    writer = Fused(Exact(plan_of(G3)))
    fits = {handler.instruction.name: writer.traits(n).fits for n, handler in enumerate(writer.plan.handlers, 1)}
    assert not fits["svc"] and fits["lw"] and fits["sw"] and fits["beq"]


def test_a_full_table_takes_no_more_runs(monkeypatch: Patch) -> None:
    monkeypatch.setattr(dispatch, "ROOM", 1)
    machine = looping(Fresh)
    for budget in (*WARM, *WARM):
        machine.run(budget)
    assert isinstance(machine.engine, Fresh) and machine.engine.runs == 1
