"""Bugs planted in the monitor, each caught by a named check that the monitor as it is passes."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from isa.description import Role
from isa.errors import MachineError
from isa.ir.fold import add, const, eq, rewriter, select, sub, ult
from isa.ir.nodes import FALSE, TRUE, Behaviour, Effect, Expr, Read, Write
from isa.machine import Machine, Pause, Storage, Trap
from isa.machine.time import NEVER
from monitor import VirtualMachine
from monitor import core as core_module
from monitor import monitor as monitor_module
from monitor.allocator import Allocator
from monitor.compiled import CompiledCore
from monitor.core import Allocation, Core
from monitor.dispatcher import Dispatcher
from tests.monitor import planted_checks as checks
from tests.planting import Bugs, Planted, must_catch

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

Patch = pytest.MonkeyPatch
Effects = Iterable[Effect]
CAUGHT = (AssertionError, MachineError, IndexError)


BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, CAUGHT)


# ---- the core


def unadmitted(patch: Patch) -> None:
    """Admission would refuse a machine whose relocation does not compose; here the guest shall notice."""
    patch.setattr(monitor_module, "admit", lambda *parts: None)


def composed_without_select(base: Expr, bound: Expr, allocation: Allocation) -> tuple[Expr, Expr]:
    room = sub(allocation.size, base)
    return add(allocation.offset, base), select(ult(bound, room), bound, room)


@caught_by(checks.nothing_is_beyond_the_window)
def room_without_its_select(patch: Patch) -> None:
    patch.setattr(core_module, "compose", composed_without_select)
    unadmitted(patch)


@caught_by(checks.the_clock_rings_in_time)
def room_without_its_select_is_refused_admission(patch: Patch) -> None:
    patch.setattr(core_module, "compose", composed_without_select)


@caught_by(checks.processes_keep_to_their_windows)
def bound_not_clamped(patch: Patch) -> None:
    patch.setattr(core_module, "compose", lambda base, bound, given: (add(given.offset, base), given.size))
    unadmitted(patch)


@caught_by(checks.every_exit_has_a_reason)
def bound_too_tight_by_one(patch: Patch) -> None:
    """Correct and slow: the last word of every window is reached by interpretation."""
    right = core_module.compose

    def tight(base: Expr, bound: Expr, given: Allocation) -> tuple[Expr, Expr]:
        real, room = right(base, bound, given)
        return real, select(ult(room, const(32, 64)), room, const(32, 25))

    patch.setattr(core_module, "compose", tight)
    unadmitted(patch)


@caught_by(checks.processes_keep_to_their_windows)
def real_mode_is_the_virtual_one(patch: Patch) -> None:
    right = Core.mapped

    def mapped(self: Core, state: Any) -> Expr:
        place = self.isa.the(Role.MODE)
        whole = core_module.read(core_module.VIRTUAL, state)
        return whole if state.name == place.state else right(self, state)

    patch.setattr(Core, "mapped", mapped)


def saved(patch: Patch, make: Callable[[Core, Effects], Effects]) -> None:
    """Have other effects copied back: `make` gets the core and the right ones."""
    right = Core.save.func
    patch.setattr(Core, "save", property(lambda core: Behaviour((), tuple(make(core, right(core).effects)))))


def copied_back(core: Core, effects: Effects, name: str) -> Effects:
    """These effects and that of a whole scalar."""
    real = core_module.read(core_module.REAL, core.isa.states[name])
    target = core_module.VIRTUAL + name
    kept = [e for e in effects if not (isinstance(e, Write) and e.state == target)]
    return [*kept, Write(TRUE, target, 0, real)]


@caught_by(checks.processes_keep_to_their_windows)
def relocation_stale_after_a_load_psw(patch: Patch) -> None:
    """Composed once, when the machine starts."""
    build = CompiledCore.__init__

    def init(self: CompiledCore, core: Core) -> None:
        from isa.engines.reference.steps import steps_of

        build(self, core)
        hand_down, slots = self.hand_down, steps_of(core.isa).layout.slots
        first: dict[str, int] = {}

        def stale(v: Any, r: Any, offset: int, size: int) -> int:
            due: int = hand_down(v, r, offset, size)
            for name in ("base", "bound"):
                slot = slots[name].first
                r[slot] = first.setdefault(name, r[slot])
            return due

        self.hand_down = stale

    patch.setattr(CompiledCore, "__init__", init)
    unadmitted(patch)


@caught_by(checks.processes_keep_to_their_windows, checks.the_clock_rings_in_time)
def virtual_mode_not_kept(patch: Patch) -> None:
    saved(patch, lambda core, effects: copied_back(core, effects, "psw"))


@caught_by(checks.a_changed_resource_is_a_breach, checks.the_clock_rings_in_time)
def resource_copied_back_instead_of_audited(patch: Patch) -> None:
    saved(patch, lambda core, effects: copied_back(core, effects, "timer"))
    patch.setattr(Core, "breach", FALSE)


@caught_by(checks.a_changed_resource_is_a_breach)
def no_audit(patch: Patch) -> None:
    patch.setattr(Core, "breach", FALSE)


def due(patch: Patch, make: Callable[[Expr], Expr]) -> None:
    """Have another horizon: `make` gets the right one."""
    right = Core.horizon.func
    patch.setattr(Core, "horizon", property(lambda core: make(right(core))))


# ---- the dispatcher


@caught_by(checks.nothing_is_beyond_the_window)
def window_one_word_too_long(patch: Patch) -> None:
    build = Dispatcher.__init__

    def init(self: Dispatcher, *arguments: Any) -> None:
        build(self, *arguments)
        self._window = (self._window[0], self._window[1] + 1)

    patch.setattr(Dispatcher, "__init__", init)


@caught_by(checks.the_clock_rings_in_time)
def horizon_late_by_one(patch: Patch) -> None:
    due(patch, lambda right: select(eq(right, const(64, NEVER)), right, add(right, const(64, 1))))


@caught_by(checks.every_exit_has_a_reason)
def horizon_early_by_one(patch: Patch) -> None:
    due(patch, lambda right: select(eq(right, const(64, 0)), right, sub(right, const(64, 1))))


@caught_by(checks.every_exit_has_a_reason)
def everything_interpreted(patch: Patch) -> None:
    due(patch, lambda right: const(64, 0))


@caught_by(checks.the_clock_rings_in_time, checks.devices_live_in_virtual_time)
def interrupt_a_step_late(patch: Patch) -> None:
    """What is due is not asked before a direct run, which takes at least one step."""
    due(patch, lambda right: select(eq(right, const(64, 0)), const(64, 1), right))


@caught_by(checks.the_clock_rings_in_time)
def virtual_time_stands_still_in_direct_runs(patch: Patch) -> None:
    patch.setattr(Core, "advance", Behaviour())


@caught_by(checks.a_count_that_passes_counts_once)
def what_passed_ages_again(patch: Patch) -> None:
    patch.setattr(core_module, "owned", lambda isa, behaviour: behaviour)


@caught_by(checks.a_count_that_passes_counts_once)
def what_is_parked_ages_as_the_virtual_machine_does(patch: Patch) -> None:
    """The audit expects a clock of users to stand still while the virtual machine's supervisor runs."""
    patch.setattr(Core, "real", lambda core, expr: rewriter(lambda n: unreal(core, n))(expr))


def unreal(core: Core, node: Expr) -> Expr | None:
    if not isinstance(node, Read) or node.state not in core.isa.states:
        return None
    state = core.isa.states[node.state]
    return core.parked(state) if state.role is Role.TIMER else Read(node.width, core_module.VIRTUAL + node.state)


@caught_by(checks.the_clock_rings_in_time)
def steps_of_a_direct_run_counted_wrong(patch: Patch) -> None:
    right = Dispatcher._direct

    def direct(self: Dispatcher, allowed: int) -> Trap | Pause:
        before = self.done
        end = right(self, allowed)
        self.done -= self.done > before + 1
        return end

    patch.setattr(Dispatcher, "_direct", direct)


@caught_by(checks.a_trap_entry_may_halt)
def halt_in_a_trap_entry_not_seen(patch: Patch) -> None:
    build = Dispatcher.__init__

    def init(self: Dispatcher, *arguments: Any) -> None:
        build(self, *arguments)
        self._entry_halts = False

    patch.setattr(Dispatcher, "__init__", init)


@caught_by(checks.processes_keep_to_their_windows)
def trap_entered_at_the_wrong_pc(patch: Patch) -> None:
    right = Dispatcher.enter

    def enter(self: Dispatcher, trap: Trap) -> None:
        self.vm.state.block[self._pc] += 1
        right(self, trap)

    patch.setattr(Dispatcher, "enter", enter)


@caught_by(checks.processes_keep_to_their_windows)
def general_registers_not_saved(patch: Patch) -> None:
    saved(patch, lambda core, effects: [e for e in effects if isinstance(e, Write)])


# ---- devices of virtual machines


@caught_by(checks.devices_live_in_virtual_time)
def pending_bit_lost(patch: Patch) -> None:
    """A new interrupt takes the place of the pending ones."""

    def act(self: VirtualMachine) -> int | None:
        before = self.state["pending"]
        self.state["pending"] = 0
        deadline = Machine._act(self)
        if not self.state["pending"]:
            self.state["pending"] = before
        return deadline

    patch.setattr(VirtualMachine, "_act", act)


@caught_by(checks.devices_live_in_virtual_time)
def device_told_a_stale_time(patch: Patch) -> None:
    right = Machine.receive
    patch.setattr(
        VirtualMachine,
        "receive",
        lambda self, channel, port, ahead: right(self, channel, port, 0),
    )


@caught_by(checks.a_disk_moves_its_own_words)
def device_address_not_relocated(patch: Patch) -> None:
    """The device is given the storage of the machine below."""

    def act(self: VirtualMachine) -> int | None:
        own, self.storage = self.storage, self.monitor.below.storage
        try:
            return Machine._act(self)
        finally:
            self.storage = own

    patch.setattr(VirtualMachine, "_act", act)


# ---- the allocator


@caught_by(checks.windows_are_disjoint_and_clean, checks.a_readable_relocation_is_noticed)
def real_page_0_given_out(patch: Patch) -> None:
    build = Allocator.__init__

    def init(self: Allocator, storage: Storage) -> None:
        build(self, storage)
        self._taken = []

    patch.setattr(Allocator, "__init__", init)


@caught_by(checks.windows_are_disjoint_and_clean)
def windows_overlap(patch: Patch) -> None:
    patch.setattr(Allocator, "_fit", lambda self, wanted, size: 1)


@caught_by(checks.windows_are_disjoint_and_clean)
def windows_keep_what_was_in_them(patch: Patch) -> None:
    patch.setattr(Storage, "nonzero_pages", lambda self: [])
