"""A student's monitor with guests laid into it: what labs 7 and 8 compare.

The monitor follows docs/monitors-in-assembly.md. Its blocks say where windows lie, and here they are filled in: each
guest gets a window behind the monitor, its share, and the state in which it begins, which may be any at all. Behind all
windows lie words that are nobody's.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from guests.pack import Tenant, flat
from isa.assembler import Image
from isa.description import Isa
from isa.devices import BLOCK, Console, Ports, Script, attach
from isa.engines.choice import INTERPRETER, bare
from isa.errors import TraplineError
from isa.machine import Machine
from proofs.programs.convention import Monitor, NoMonitor
from proofs.runs.guests import Guest
from proofs.under.blocks import Blocks, watchable
from proofs.under.case import Case

SPARE = 2 * BLOCK  # words that are nobody's
LARGEST = 1024  # words of a block
SHARE, LEFT, TABLE = "VM_SHARE", "VM_LEFT", "vms"
PATIENCE = 1 << 18  # steps of a monitor between two entries


def monitor_of(isa: Isa, image: Image) -> Monitor:
    """The monitor that an image is. Raises NoMonitor for one that does not follow the convention."""
    monitor = watchable(isa, image, "the monitor")
    symbols, size = image.symbols, image.symbols["VM_WORDS"]
    if size > LARGEST:
        raise NoMonitor(f"its blocks have {size} words; {LARGEST} are the most", "leave VM_WORDS as it was")
    places = {name: at for name, at in symbols.items() if name.startswith("VM_") and name != "VM_WORDS"}
    reached = [*places.values(), *Blocks(monitor).slots, symbols["VM_STEPS"] + 1]
    if wrong := [at for at in reached if not 0 <= at < size]:
        raise NoMonitor(f"word {wrong[0]} does not lie in a block of {size}", "leave the layout of the block as it was")
    for name in ("vm", TABLE):
        if name in symbols and symbols[name] + 2 * size > image.top:
            raise NoMonitor(f"there is no room for blocks at `{name}`", "leave the blocks where they were")
    return monitor


@dataclass(frozen=True)
class Laid(Case):
    """`states` are the cells in which the guests begin."""

    states: tuple["array[int]", ...] = ()

    @cached_property
    def boots(self) -> tuple[Tenant, ...]:
        made: list[Tenant] = []
        inside, states = self.guests, self.states
        for monitor, name in zip(reversed(self.monitors), reversed(self.names), strict=True):
            inside, states = (_lay(monitor, inside, states, name),), ()
            made[:0] = inside
        return tuple(made)

    def twin(self, number: int, words: int) -> Machine:
        made = super().twin(number, words)
        made.state.block[:] = self.states[number]
        return made

    def _ports(self, program: Tenant) -> Ports:
        """A console, at which nobody types."""
        return attach(self.isa, Console(Script(b"")))


def lay(monitor: Monitor, guests: Sequence[Guest], levels: int = 1, shares: Sequence[int] = (1000, 1000)) -> Laid:
    """These guests under the monitor, on itself so often. Raises TraplineError for more guests than it has places."""
    if len(guests) > 1 and TABLE not in monitor.image.symbols:
        raise TraplineError(f"the monitor has no blocks for {len(guests)} guests", f"label their table `{TABLE}`")
    tenants = tuple(_tenant(guest, share) for guest, share in zip(guests, shares, strict=False))
    states = tuple(_cells(guest) for guest in guests)
    monitors, names = (monitor,) * levels, ("the monitor",) * levels
    return Laid(
        monitor.isa, monitor.image, tenants, monitors, names, engine=INTERPRETER, patience=PATIENCE, states=states
    )


def _tenant(guest: Guest, share: int) -> Tenant:
    words = [guest.words.get(at, 0) for at in range(guest.size)]
    return Tenant("guest", tuple(words), guest.entry, guest.size, share)


def _cells(guest: Guest) -> "array[int]":
    machine = bare(guest.isa, guest.storage(), engine="reference")
    guest.start(machine)
    return array("Q", machine.state.block)


def _lay(monitor: Monitor, guests: Sequence[Tenant], states: Sequence["array[int]"], name: str) -> Tenant:
    """The monitor, in whose blocks and windows the guests are."""
    symbols, words, blocks = monitor.image.symbols, list(flat(monitor.image)), Blocks(monitor)
    size = -(-len(words) // BLOCK) * BLOCK
    for number, guest in enumerate(guests):
        at = monitor.vm if number == 0 else symbols[TABLE] + number * symbols["VM_WORDS"]
        own = {"VM_WINDOW": size, "VM_SIZE": guest.storage, "VM_PC": guest.entry, "VM_BOUND": guest.storage}
        own |= {"VM_HALTED": 0, SHARE: guest.share, LEFT: guest.share}
        for symbol, value in own.items():
            if symbol in symbols:
                words[at + symbols[symbol]] = value
        if states:
            for slot, cell in zip(blocks.slots, states[number], strict=True):
                words[at + slot] = cell
        words += [0] * (size - len(words))
        words += [*guest.words, *[0] * (guest.storage - len(guest.words))]
        size += -(-guest.storage // BLOCK) * BLOCK
    return Tenant(name, tuple(words), monitor.image.entry, size + SPARE)
