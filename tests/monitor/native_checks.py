"""A monitored machine in native code beside the same one in Python: guests, and what must be the same.

What is compared is all that counts at every level: see `tests.engines.differential.shown`. The Python side is the
dispatcher on single steps.
"""

from collections.abc import Callable, Mapping
from random import Random

from isa.assembler import assemble
from isa.description import Isa
from isa.devices import DeviceFailure, Ports
from isa.engines.native.engine import NativeEngine
from isa.engines.native.options import Options
from isa.language import load_text
from monitor import Decision, VirtualMachine
from monitor.monitor import tower
from monitor.techniques import HYBRID, INTERPRET, TRAP, Monitors
from tests.engines.differential import difference, shown
from tests.engines.engines import ENGINES, STEPPING, Factory, at_the_bottom, native
from tests.engines.hot_programs import hot_generator
from tests.isa.alarm import Alarm
from tests.machines_to_test import G3, W64
from tests.monitor.test_breach import VARIANTS, guest

SIZE = 4096
NATIVE = native(regions=False)
MakePorts = Callable[[], Ports]
_ITEMS = "".join(item for item, _ in VARIANTS.values() if "lrel" not in item)
ANYONE = load_text(
    f"""variant anyone of g3 "Anyone may change anything." {{ {_ITEMS}
    override instr lrel "d, a" T(0x83) "Anyone." {{ base <- x[d] }}
    override instr rrel "d, a" T(0x82) "Anyone." {{ bound <- x[d] }} }}"""
)
BREACHES = {name: line for name, (_, line) in VARIANTS.items()} | {"bound": "rrel r3, r3"}


class Silent(NativeEngine):
    """Native, and nothing above it is: there the dispatcher works in Python."""

    def level(self) -> None:
        return None


SIDES: Mapping[str, Factory] = {
    "reference": ENGINES["reference"],
    "native": NATIVE,
    "hot": native(hot=2, full=False),
    "silent": lambda machine: Silent(machine, Options(regions=False)),
}


def tall(isa: Isa, monitors: Monitors, engine: Factory, ports: Callable[[], Ports] = Ports) -> VirtualMachine:
    """A virtual machine with these monitors below it, the real machine with this engine."""
    vm = tower(isa, SIZE, monitors, ports())
    bottom = at_the_bottom(vm)
    bottom.engine = engine(bottom)
    return vm


def both(
    isa: Isa, source: str, monitors: Monitors, play: Callable[[VirtualMachine], object], ports: MakePorts = Ports
) -> VirtualMachine:
    """Play with a guest in native code and in Python; raises AssertionError unless the same came of it. The native
    one."""
    found = []
    for engine in (NATIVE, STEPPING):
        vm = tall(isa, monitors, engine, ports)
        vm.load(assemble(isa, source, "test"))
        play(vm)
        found.append(vm)
    assert shown(found[0]) == shown(found[1])
    assert [host.stopped_by for host in found[0].hosts] == [host.stopped_by for host in found[1].hosts]
    return found[0]


# ---- guests

TURNS = """
        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  set r8, 30
1:      lpsw user(r0)
handler:
        lw  r6, 4(r0)           # the cause
        addi r8, r8, -1
        beqz r8, 2f
        set r3, 23
        stim r3
        set r7, Cause.clock
        bne r6, r7, 1b
        set r4, 90
        stim r4
        setie 1
        idle                    # until the clock rings
        b 1b
2:      halt
user:   .word 0, 3, 256, 64
        .org 256
3:      addi r9, r9, 1
        andi r4, r9, 7
        bnez r4, 4f
        svc 7
4:      b 3b
"""

COUNTING = """
        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  set r8, 40
1:      rtim r3
        svc 7
        addi r8, r8, -1
        bnez r8, 1b
        set r3, 25
        stim r3
        sti
2:      addi r9, r9, 1
        slti r4, r9, 30
        bnez r4, 2b
        halt
handler:
        lw r5, 0(r0)
        lw r6, 4(r0)
        set r7, Cause.clock
        beq r6, r7, 3f
        addi r5, r5, 1
        sw r5, 0(r0)
3:      stim r0
        lpsw 0(r0)
"""


def the_same_came_of_it(depth: int = 1) -> None:
    """Exits of all kinds, cut up in any way."""
    both(G3, COUNTING, depth, cut_up)


def cut_up(vm: VirtualMachine) -> None:
    random = Random(len(vm.hosts) - 1)
    for _ in range(60):
        (vm.run if random.random() < 0.7 else vm.run_to_trap)(random.choice((1, 2, 3, 5, 17, 300)))


def the_same_came_of_it_further_up() -> None:
    the_same_came_of_it(2)
    the_same_came_of_it(3)


def guests_agree() -> None:
    for name, seed, depth in [("g3", seed, 1 + seed % 3) for seed in range(8)]:
        hot = hot_generator(G3).hot_guest(Random(seed), 300)
        found = difference(hot, depth, ("native",), {**SIDES, "oracle": STEPPING})
        assert found is None, (name, seed, depth, sorted(found[1]))


ATTENTIVE = """
        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  set r1, 1
        set r8, 60
        sti
1:      in r3, r1
        addi r4, r4, 1
        out r8, r1
        addi r8, r8, -1
        bnez r8, 1b
        cli
        idle
        halt
handler:
        rpnd r7
        cpnd r7
        lpsw 0(r0)
"""


class Failing(Alarm):
    """The host fails it twice."""

    def send(self, port: int, word: int, now: int) -> None:
        self.asked.append(now)
        if len(self.asked) in (20, 21):
            raise DeviceFailure(self.name, "no")
        super().send(port, word, now)


def devices_live_in_the_same_time(monitors: Monitors = 1) -> None:
    """They are told the step, act when they are due, interrupt, wake who waits; and fail, to be asked again."""

    def play(vm: VirtualMachine) -> None:
        for budget in (7, 50, 1, 1000, 1000, 3, 2000):
            vm.run(budget)

    vm = both(G3, ATTENTIVE, monitors, play, lambda: Ports({1: Failing([11, 40, 900])}))
    decisions = {decision for decision, count in vm.statistics.by_decision().items() if count}
    assert vm.halted and decisions >= {Decision.FAILED, Decision.INJECTED}
    assert vm.statistics.share_direct == 0 or decisions >= {Decision.SCHEDULED, Decision.IDLED}


def a_breach_is_the_same(name: str = "timer", depth: int = 1) -> None:
    """The guest is run after its end too. Before it there is a store that must be made once."""
    stores = "lw r8, 200(r0)\n addi r8, r8, 1\n sw r8, 200(r0)\n"
    source = guest(BREACHES[name]).replace("here:", stores + "here:")

    def play(vm: VirtualMachine) -> None:
        for _ in range(2):
            assert "resource control" in vm.run(1000).detail

    both(ANYONE, source, depth, play)


def a_breach_is_the_same_further_up() -> None:
    for depth in (2, 3):
        a_breach_is_the_same("psw", depth)


def a_channel_is_a_breach() -> None:
    """Python takes a step in the middle of the direct run that is audited."""
    a_breach_is_the_same("sent")


def an_unknown_value_is_one_step() -> None:
    """Python takes steps in the middle of direct runs, with the random numbers of the machine on top."""

    def play(vm: VirtualMachine) -> None:
        for budget in (1, 2, 3, 5, 8, 13):
            vm.run(budget)

    for depth in (1, 2):
        both(W64, "start: " + "addi r0, r0, 1\n any r6\n xor r5, r5, r6\n" * 8, depth, play)


def an_instruction_for_python_has_its_cause() -> None:
    both(G3, "start: set r1, 3\n1: out r0, r2\n addi r1, r1, -1\n bnez r1, 1b\n halt", 1, lambda vm: vm.run(100))


def a_trap_in_the_fetch_has_no_place() -> None:
    wild = "\n .org 8\n .word 20, Mode.supervisor, 0, 0xffffffff\n .org 16\nstart: set r1, -1\n jr r1\n .org 20\n halt"
    vm = both(G3, wild, 1, lambda vm: vm.run(100))
    assert [place for (_, cause, _, place) in vm.statistics.exits if cause == "memory"] == [None]


def they_take_turns() -> None:
    """The technique interprets some of it, idling and traps among that, and some runs directly."""
    for monitors in ((HYBRID,), (TRAP, HYBRID), (INTERPRET,)):
        vm = both(G3, TURNS, monitors, cut_up)
        decisions = vm.statistics.by_decision()
        assert vm.skipped and decisions[Decision.REFLECTED] and decisions[Decision.INJECTED]
        assert bool(decisions[Decision.INTERPRETED]) == (HYBRID in monitors)


def they_take_turns_with_devices() -> None:
    devices_live_in_the_same_time((HYBRID,))


def somebody_looks_between_exits() -> None:
    """Python is entered as often as the engine below asks for it, though no direct run is as long as that."""
    begun: list[int] = []

    class Asking(NativeEngine):
        slice = property(lambda self: 50, lambda self, steps: None)  # type: ignore[assignment]

        def begin(self) -> None:
            begun.append(self.machine.steps)
            super().begin()

    vm = tall(G3, 1, lambda machine: Asking(machine, Options(regions=False, background=False)))
    vm.load(assemble(G3, COUNTING, "test"))
    vm.run(400)
    assert vm.steps == 400 and len(begun) > 5
