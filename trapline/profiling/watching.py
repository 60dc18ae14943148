"""A run that is watched, for a report: modes, traps, exits, devices and what is printed go into a timeline.

Watching changes nothing of the run, its counts included. Between two traps a machine runs as fast as its engine can;
each exit and each trap is looked at in Python, which takes some ten microseconds.
"""

from functools import partial

from isa.description import Role
from isa.machine import Exit, Machine
from isa.machine.counts import counts_of
from monitor import ExitEvent, VirtualMachine
from trapline.profiling.timeline import Series, Timeline
from trapline.running.rig import Rig
from trapline.state.standing import mode_of

CONSOLE, SENT = "console", "sent"


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
        self._moded = len(self.machine.isa.roles[Role.MODE]) == 1
        self._mode, self._since = self._mode_now(), self.machine.steps
        self.machine.ports.listener = self._device
        for host in self.machine.hosts:
            if isinstance(host, VirtualMachine):
                host.monitor.subscribe(self._guest_exit if host is self.machine else partial(self._exit, host))
        if self.level == 0 and self._moded:
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
        """As `Machine.run`, which is the loop of the same two."""
        machine = self.machine
        first, retired, stop = machine.steps, machine.retired, machine.steps + budget
        while True:
            end = machine.run_to_trap(stop - machine.steps)
            if end.trap is None:
                return Exit(end.reason, machine.steps - first, machine.retired - retired, None, end.detail)
            cause = machine.isa.cause.name_of(end.trap.cause) or str(end.trap.cause)
            self.timeline.add(Series(self.level, "trap", cause), machine.steps)
            self._changed(machine.steps)
            machine.enter(end.trap)
            self._changed(machine.steps)

    def end(self) -> Timeline:
        """The timeline, up to where the machine stands."""
        self._close(self.machine.steps)
        self.machine.ports.listener = None
        return self.timeline

    # ---- what happens

    def _guest_exit(self, event: ExitEvent) -> None:
        self._note(self.level, event.step, event)
        self._changed(event.step)
        for host in self.machine.hosts[1:]:
            self._behind[self._levels[id(host)]] = event.step - host.steps

    def _exit(self, host: Machine, event: ExitEvent) -> None:
        """Of a monitor below: its machine takes those of the guest's steps that run directly on it."""
        level = self._levels[id(host)]
        self._note(level, event.step + self._behind[level], event)

    def _note(self, level: int, step: int, event: ExitEvent) -> None:
        self.timeline.add(Series(level, "exit", event.decision.value), step)

    def _device(self, device: str, what: str, step: int) -> None:
        self.timeline.add(Series(self.level, "device", f"{device}, {what}"), step)
        if self.rig.printed != self._printed:
            self.timeline.add(Series(self.level, "printed", CONSOLE), step, self.rig.printed - self._printed)
            self._printed = self.rig.printed

    # ---- modes

    def _mode_now(self) -> str:
        return mode_of(self.machine) if self._moded else ""

    def _changed(self, step: int) -> None:
        """The mode may have changed before this step."""
        mode = self._mode_now()
        if mode != self._mode:
            self._close(step)
            self._mode = mode

    def _close(self, step: int) -> None:
        if self._moded:
            self.timeline.span(Series(self.level, "mode", self._mode), self._since, step)
        self._since = max(step, self._since)
