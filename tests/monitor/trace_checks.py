"""What must hold of traces, as functions, so that planted bugs can be held against them."""

from guests.catalogue import Guest, find
from isa.assembler import assemble
from isa.devices import Ports, standard
from isa.engines.choice import bare
from isa.machine import Machine, Reason, Storage
from isa.machine.records import NEVER, Recorder, Records, Trace
from isa.machine.trace import TraceLine, each_line, lines_of
from monitor.monitor import Monitor, tower
from tests.engines.differential import Shown, shown
from tests.engines.engines import ENGINES, Switch, at_the_bottom
from tests.engines.test_native_guests import machine_of
from tests.guests.boot import image_of
from tests.machines_to_test import G3, W64
from tests.monitor.test_breach import SIZE, VARIANTS, bad, guest

RECORDING = ("reference", "interpreter")  # one records in Python, one in native code
OS, STEPS = find("os"), 2500  # traps, user programs that are relocated, devices, clocks, idling
TURN = 700  # steps between two looks of the world outside
FIRST, STOP = 1111, 1888

Lines = list[TraceLine]


def played(machine: Machine, engine: str, trace: Trace | None, steps: int = STEPS) -> Shown:
    """A run in turns, and everything that counts afterwards."""
    Switch(machine, ENGINES).to(engine)
    machine.trace = trace
    while machine.steps < steps and machine.run(min(TURN, steps - machine.steps)).reason is Reason.BUDGET:
        pass
    machine.trace = None
    return shown(machine)


def traced(machine: Machine, engine: str, steps: int = STEPS, room: int = 1 << 15, **window: int) -> Lines:
    """`room` is that of the recorder, in records."""
    lines: Lines = []

    def take(records: Records) -> None:
        lines.extend(lines_of(records))

    played(machine, engine, Trace(Recorder(take, room), **window), steps)
    return lines


def right(of: Guest = OS, steps: int = STEPS, **window: int) -> Lines:
    """Bare, and recorded in Python."""
    return traced(machine_of(of, 0), "reference", steps, **window)


# ---- checks


def every_engine_records_the_same(of: Guest = OS, depth: int = 0) -> None:
    expected = right(of)
    assert len(expected) > 30
    for engine in RECORDING:
        assert traced(machine_of(of, depth), engine) == expected


def monitored_it_is_the_same() -> None:
    every_engine_records_the_same(OS, 1)
    every_engine_records_the_same(OS, 2)


def nothing_is_lost_where_a_buffer_ends() -> None:
    """In a guest without devices native code runs long, and its buffer is full many times."""
    expected = right(find("primes"))
    for depth, engine in ((0, "interpreter"), (1, "interpreter"), (0, "reference")):
        assert traced(machine_of(find("primes"), depth), engine, room=64) == expected


def a_window_is_a_part_of_the_whole() -> None:
    expected = [line for line in right() if FIRST <= line.step < STOP]
    for depth, engine in ((0, "reference"), (0, "interpreter"), (1, "interpreter"), (2, "interpreter")):
        assert traced(machine_of(OS, depth), engine, first=FIRST, stop=STOP) == expected


def changed_registers_add_up() -> None:
    """What changes is the same everywhere, and all of it: the last changes are the state at the end."""
    expected = right(registers=True)
    for depth, engine in ((0, "interpreter"), (1, "interpreter"), (2, "reference")):
        assert traced(machine_of(OS, depth), engine, registers=True) == expected
    machine = machine_of(OS, 0)
    start = list(machine.state.block)
    played(machine, "reference", None)
    state = dict(enumerate(start)) | {slot: value for line in expected for slot, value in line.changed}
    for slot, name in enumerate(machine.state.layout.names):
        assert name in ("pc", "timer") or state[slot] == machine.state.block[slot]


CARRIES = "on 1\n set r1, -1\n set r2, 300\n1: add r3, r2, r1\n add r4, r3, r3\n rstat r5\n loop r2, 1b\n stop\n"


def what_shares_a_word_adds_up() -> None:
    """A carry is the program's, and changes directly, in a word with the mode, which is another one below."""

    def machine(depth: int) -> Machine:
        made = tower(W64, SIZE, depth, Ports({})) if depth else bare(W64, Storage(64, SIZE), Ports({}))
        made.load(assemble(W64, CARRIES, "test"))
        return made

    expected = traced(machine(0), "reference", registers=True)
    status = machine(0).state.layout.slots["status"].first
    assert len({value for line in expected for slot, value in line.changed if slot == status}) > 1
    for engine in RECORDING:
        for depth in (1, 2):
            assert traced(machine(depth), engine, registers=True) == expected


def registers_cost_no_more_runs() -> None:
    """The machine below takes many steps at a time, whatever is recorded of them."""

    class Holding(Recorder):
        runs = 0

        def hold(self) -> int:
            self.runs += 1
            return super().hold()

    recorder = Holding(lambda records: None)
    played(machine_of(find("primes"), 1), "reference", Trace(recorder, registers=True))
    assert 0 < recorder.runs < STEPS / 100


def a_trace_changes_nothing(first: int = 0, stop: int = NEVER) -> None:
    for depth in (0, 1, 2):
        for engine in RECORDING:
            quiet = played(machine_of(OS, depth), engine, None)
            trace = Trace(Recorder(lambda records: None, 64), first, stop)
            assert _but_for_caches(played(machine_of(OS, depth), engine, trace)) == _but_for_caches(quiet)


def nor_does_a_window() -> None:
    a_trace_changes_nothing(FIRST, STOP)


def what_came_to_nothing_is_not_in_it() -> None:
    """A guest that is ended for what it did directly stands where it stood before: so does its trace."""
    for name, depth in (("timer", 1), ("received", 2)):
        for engine in RECORDING:
            vm = tower(bad(name), SIZE, depth, Ports({}))
            vm.load(assemble(vm.isa, guest(VARIANTS[name][1]), "test"))
            assert traced(vm, engine, room=4) == []
            assert vm.stopped_by


def the_machine_below_can_be_traced() -> None:
    """Every step that it takes, with its own number."""
    for engine in RECORDING:
        vm = machine_of(OS, 2)
        real, steps = at_the_bottom(vm), list[int]()
        real.trace = each_line(lambda line, steps=steps: steps.append(line.step))  # type: ignore[misc]
        played(vm, engine, None)
        assert steps == sorted(set(steps)) and len(steps) == real.steps - real.skipped > 1000


def one_of_several_is_traced() -> None:
    """Machines take turns, or run side by side; a trace has the steps of one of them alone."""
    primes = find("primes")
    expected = right(primes)
    for threads in (1, 2):
        monitor = Monitor(Machine(G3, Storage(G3.word, 1 << 16), engine=ENGINES["interpreter"]))
        vms = [monitor.create(primes.storage, standard(G3)) for _ in range(3)]
        lines = Lines()
        for vm in vms:
            vm.load(image_of(primes, G3))
        vms[1].trace = each_line(lines.append)
        monitor.run(STEPS, 300, threads)
        assert lines == expected


def _but_for_caches(found: Shown) -> Shown:
    return {name: value for name, value in found.items() if "written" not in name}
