"""A run that is watched, for a report: modes, traps, exits, devices and what is printed go into a timeline.

Watching changes nothing of the run, its counts included. Under one monitor native code writes down its exits as it
runs; a bare machine stops at each trap, and under several monitors the lower ones are followed in Python, which takes
some ten microseconds for a trap or an exit.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from isa.description import Role
from isa.devices.ports import Device
from isa.machine import Exit, Machine
from isa.machine.counts import counts_of
from monitor import Decision, ExitEvent, VirtualMachine
from monitor.virtual import Told
from trapline.profiling.timeline import Series, Timeline
from trapline.running.rig import Rig

CONSOLE = "console"
TRAPS = (Decision.REFLECTED, Decision.INJECTED)


class Watch:
    """Runs the guest's machine of a rig (`run`), and notes in `timeline` what happens. `printed` has how many bytes the
    guest had printed, by piece."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.machine = rig, rig.machine
        self.timeline = Timeline(self.machine.steps)
        self._printed = rig.printed
        self._levels = {id(host): level for level, host in enumerate(reversed(self.machine.hosts))}
        self._behind = dict.fromkeys(self._levels.values(), 0)  # by how many steps a machine below lags behind
        self.level = len(self._levels) - 1
        self._below = [host for host in self.machine.hosts[1:] if isinstance(host, VirtualMachine)]
        self._decided = {decision: Series(self.level, "exit", decision.value) for decision in Decision}
        self._tells = isinstance(self.machine, VirtualMachine)
        self._places = self.machine.isa.roles[Role.MODE]
        self._modes = {value: name for name, value in self.machine.isa.modes.values.items()}
        self._mode, self._since = self._mode_of(self.machine.state.block), self.machine.steps
        self.machine.ports.sent, self.machine.ports.acted = (
            partial(self._device, "sent"),
            partial(self._device, "acted"),
        )
        for host in self._below:
            host.monitor.subscribe(partial(self._exit, host))
        if isinstance(self.machine, VirtualMachine):
            self.machine.told = self._told
        elif self._mode >= 0:
            counts_of(self.machine.storage).listener = self._changed

    # ---- running

    @property
    def steps(self) -> int:
        return self.machine.steps

    @property
    def retired(self) -> int:
        return self.machine.retired

    @property
    def skipped(self) -> int:
        return self.machine.skipped

    def run(self, budget: int) -> Exit:
        """As `Machine.run`, which is the loop of the same two where nobody tells of traps."""
        machine = self.machine
        if self._tells and not machine.watched:
            return machine.run(budget)
        first, retired, stop = machine.steps, machine.retired, machine.steps + budget
        while True:
            end = machine.run_to_trap(stop - machine.steps)
            if end.trap is None:
                return Exit(end.reason, machine.steps - first, machine.retired - retired, None, end.detail)
            if not self._tells:
                cause = machine.isa.cause.name_of(end.trap.cause) or str(end.trap.cause)
                self.timeline.add(Series(self.level, "trap", cause), machine.steps)
            self._changed(machine.steps)
            machine.enter(end.trap)
            self._changed(machine.steps)

    def end(self) -> Timeline:
        """The timeline, up to where the machine stands."""
        self._close(self.machine.steps)
        self.timeline.reach(self.machine.steps)
        self.machine.ports.sent = self.machine.ports.acted = None
        return self.timeline

    # ---- what happens

    def _told(self, exits: Iterable[Told]) -> None:
        """Of exits of the guest, and of traps that were delivered to it."""
        for step, decision, cause, mode in exits:
            if decision is not None:
                self.timeline.add(self._decided[decision], step)
            if decision in TRAPS:
                self.timeline.add(Series(self.level, "trap", cause), step)
            if mode != self._mode >= 0:
                self._moded(step, mode)
            for host in self._below:  # then it is one at a time
                self._behind[self._levels[id(host)]] = step - host.steps

    def _exit(self, host: Machine, event: ExitEvent) -> None:
        """Of a monitor below: its machine takes those of the guest's steps that run directly on it."""
        level = self._levels[id(host)]
        self.timeline.add(Series(level, "exit", event.decision.value), event.step + self._behind[level])

    def _device(self, what: str, step: int, device: Device, raised: int = 0) -> None:
        self.timeline.add(Series(self.level, "device", f"{device.name}, {what}"), step)
        if self.rig.printed != self._printed:
            self.timeline.add(Series(self.level, "printed", CONSOLE), step, self.rig.printed - self._printed)
            self._printed = self.rig.printed

    # ---- modes

    def _changed(self, step: int) -> None:
        """The mode may have changed before this step."""
        self._moded(step, self._mode_of(self.machine.state.block))

    def _moded(self, step: int, mode: int) -> None:
        """It is this mode from a step on."""
        if mode != self._mode:
            self._close(step)
            self._mode = mode

    def _close(self, step: int) -> None:
        if self._mode >= 0:
            name = self._modes.get(self._mode, str(self._mode))
            self.timeline.span(Series(self.level, "mode", name), self._since, step)
        self._since = step

    def _mode_of(self, block: Sequence[int]) -> int:
        """The mode in a block of state; -1 on a machine that has none, or more than one thing that is called so."""
        if len(self._places) != 1:
            return -1
        place = self._places[0]
        return block[self.machine.state.layout.slots[place.state].first] >> place.low & (1 << place.width) - 1
