"""The monitors that are programs of the machine: one on the machine itself, and one in a process of a system.

They are known by what they say by their symbols (docs/monitors-in-assembly.md). Their work is done in steps of the
machine, and so it can be counted.
"""

from dataclasses import replace

from guests.pack import Tenant, flat
from isa.description import Isa
from isa.devices import Console, Disk, MemoryBacking, Script
from isa.devices.queue import Queue
from isa.errors import UsageError
from isa.machine import Reason
from monitor import Decision
from proofs.under.accounts import BUDGET, Account, account
from proofs.under.blocks import watchable
from proofs.under.case import Case as Under
from proofs.under.comparing import compare
from trapline.kinds.derived import where
from trapline.kinds.kind import Case, Tried
from trapline.running import programs

INTERRUPTS = ("clock", "device")


def assembled(case: Case, name: str, monitor: str) -> Tried:
    """The guest under a shipped monitor in assembly. Raises TraplineError where it cannot be brought into it."""
    isa, image = case.setup.isa, programs.find(monitor, None).image
    shown = watchable(isa, image, monitor)
    run = Under(isa, case.program.image, (_tenant(case),), (shown,), (monitor,), engine=case.setup.engine)
    result = compare(run, case.steps)
    if result.parting is not None:
        return Tried(name, False, where(case, result.parting.found), result.steps)
    if result.ended is not Reason.HALT:
        return Tried(name, True, steps=result.steps)
    spent = account(run.machine(), image, result.real + BUDGET)
    exits, overhead = _exits(isa, spent), (spent.steps - spent.direct) / result.steps
    singly = sum(count for decision, count in exits.items() if decision != Decision.SCHEDULED.value)
    direct = spent.direct / (spent.direct + singly)
    ready = case.ready(replace(run, engine=case.engine).machine)
    return Tried(name, True, "", result.steps, direct, exits, overhead, ready)


def _tenant(case: Case) -> Tenant:
    """The guest with its devices as they are to begin with."""
    ports, image = case.setup.ports(), case.program.image
    if ports.find(Queue) is not None:
        raise UsageError("a monitor in assembly has no queue for its guests", "use one that is derived")
    console, disk = ports.find(Console), ports.find(Disk)
    if console is not None and not isinstance(console.input, Script):
        raise UsageError("a recording is not typed for a guest of a monitor in assembly", "give a file of characters")
    typed = console.input.data if console is not None and isinstance(console.input, Script) else b""
    blocks = bytes(disk.backing.data) if disk is not None and isinstance(disk.backing, MemoryBacking) else b""
    name, words = case.program.name, case.setup.words
    return Tenant(name, flat(image), image.entry, words, input=typed, disk=blocks, seed=case.setup.seed)


def _exits(isa: Isa, spent: Account) -> dict[str, int]:
    """Exits by decision, as other kinds have them: an interrupt is the monitor's own business, any other cause that
    has a name is the guest's, and what is left is an instruction."""
    found: dict[str, int] = {}
    for kind, costs in spent.costs.items():
        named = Decision.SCHEDULED if kind in INTERRUPTS else Decision.REFLECTED
        decision = named if kind in isa.enums["Cause"].members else Decision.EMULATED
        found[decision.value] = found.get(decision.value, 0) + costs.total()
    return dict(sorted(found.items()))
