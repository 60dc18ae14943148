"""Where the steps of a machine go while a monitor in assembly runs a guest on it.

The monitor is known by its symbols alone (docs/monitors-in-assembly.md): it stands at `leave` whenever it enters the
guest, and passes `ended` when that has halted. All between a trap of the guest and the next `leave` is what the exit
costs.
"""

from collections import Counter
from dataclasses import dataclass, field

from isa.assembler import Image
from isa.description import Role
from isa.encoding import decoder
from isa.errors import MachineError
from isa.machine import Machine, Reason, Trap

BUDGET = 1 << 24  # steps, of which all of them together take a few hundred thousand


@dataclass
class Account:
    """`boot` steps came before the guest's first, which took `direct` steps itself until it had halted `steps` later,
    those not counted in which nothing was to do. `below` is how many words of storage lie below its own. `costs` has by
    the kind of an exit how many steps each took, with the trap itself and the `lpsw` that goes back."""

    boot: int = 0
    below: int = 0
    direct: int = 0
    steps: int = 0
    costs: dict[str, Counter[int]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """How much of the processor reaches the guest."""
        return self.direct / self.steps

    @property
    def exits(self) -> int:
        return sum(found.total() for found in self.costs.values())

    @property
    def overhead(self) -> float:
        """Steps of an exit, in the mean."""
        return (self.steps - self.direct) / self.exits

    def usual(self, kind: str) -> int:
        """What an exit of this kind costs most often."""
        return self.costs[kind].most_common(1)[0][0]


class Clerk:
    """Writes the account of one run. Raises MachineError if the guest does not come to its end."""

    def __init__(self, machine: Machine, image: Image, budget: int) -> None:
        self.machine, self.image, self.budget = machine, image, budget
        self.account = Account()
        self._decoder = decoder(machine.isa)
        self._ended = image.symbols["ended"]
        machine.break_places = {image.symbols["leave"], self._ended}

    def write(self) -> Account:
        machine, account = self.machine, self.account
        self._on()
        account.boot, account.below = machine.steps, self._word("VM_WINDOW")
        began = self._busy
        while machine.engine.place() != self._ended:
            end = machine.run_to_trap(self.budget)
            if end.trap is None or machine.steps > self.budget:
                raise MachineError(f"the guest has not ended after {machine.steps:,} steps: {end.reason.value}")
            account.direct += end.steps - 1
            kind, before = self._kind(end.trap), self._busy
            machine.enter(end.trap)
            self._on()
            account.costs.setdefault(kind, Counter())[self._busy - before + 1] += 1
        account.steps = self._busy - began
        return account

    @property
    def _busy(self) -> int:
        """Steps in which there was something to do."""
        return self.machine.steps - self.machine.skipped

    def _on(self) -> None:
        end = self.machine.run(self.budget)
        if end.reason is not Reason.BREAKPOINT:
            raise MachineError(f"the monitor has not come back to its guest: {end.reason.value}")

    def _word(self, name: str) -> int:
        return self.machine.storage.read(self.image.symbols["vm"] + self.image.symbols[name], 1)[0]

    def _kind(self, trap: Trap) -> str:
        """The instruction that is emulated, or else the cause that is reflected or is the monitor's own."""
        cause = str(self.machine.isa.enums["Cause"].name_of(trap.cause))
        found = self._decoder.find(trap.info)
        return found.name if found and cause == "privileged" and self._supervisor() else cause

    def _supervisor(self) -> bool:
        """Whether the guest believes that it is."""
        place = self.machine.isa.the(Role.MODE)
        mode = self._word(f"VM_{place.state.upper()}") >> place.low & (1 << place.width) - 1
        return mode != self.machine.isa.modes.guest


def account(machine: Machine, image: Image, budget: int = BUDGET) -> Account:
    """Run the guest to its end, in so many steps of the machine at most."""
    return Clerk(machine, image, budget).write()
