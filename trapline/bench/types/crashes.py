"""What a crash of each part takes with it: done, not argued. A word of the part becomes no instruction while all of it
runs, and then it is seen which neighbours do as they promised all the same."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from guests.catalogue import find
from isa.devices import Console
from isa.machine import Machine
from trapline.bench.types.systems import SHARED, TYPE1, System, tenant

WHEN = 20  # entries into the guest before it
BUDGET = 1 << 22
GUEST, NEIGHBOUR = "exits", "crc"
OTHERS = ("primes", "ticker", "polite")  # the other processes, in their order


@dataclass(frozen=True)
class Crash:
    """`spared` of the `all` neighbours that were under way end as if nothing had been. Without a `label` a guest falls
    where it stands."""

    system: System
    part: str
    label: str = ""
    spared: int = 0
    all: int = 0


CRASHES = (
    Crash(TYPE1, "a guest"),
    Crash(SHARED, "a guest"),
    Crash(TYPE1, "the monitor", "resume"),
    Crash(SHARED, "the monitor", "step"),
    Crash(SHARED, "the kernel below it", "resume"),
)


def happen(crash: Crash, engine: str) -> Crash:
    """The crash, with what came of it."""
    image, promises = crash.system.image, list(_promises(crash.system))
    beside = [] if crash.system is SHARED else [tenant(NEIGHBOUR)]
    machine = crash.system.boot(engine, tenant(GUEST), *beside)
    machine.break_places = {image.symbols["leave"]}
    for _ in range(WHEN):
        machine.run(BUDGET)
    before = _printed(machine)
    machine.break_places = set()
    machine.storage.store(image.symbols[crash.label] if crash.label else _stands(machine, image.symbols), 0)
    machine.run(BUDGET)
    after = _printed(machine)
    waiting = [lines for lines in promises if lines - before]
    return replace(crash, spared=sum(not lines - after for lines in waiting), all=len(waiting))


def _promises(system: System) -> Iterator[Counter[str]]:
    """What each neighbour prints, until and with its end."""
    if system is not SHARED:
        lines = [f"{NEIGHBOUR}| {line}" for line in find(NEIGHBOUR).prints.splitlines()]
        yield Counter([*lines, f"[{NEIGHBOUR} halts with 0]"])
        return
    printed = find(system.guest).prints.splitlines()
    for number, name in enumerate(OTHERS, 1):
        end = f"[process {number} ends with 0]"
        yield Counter(line for line in printed if line.startswith(f"{name}: ") or line == end)


def _printed(machine: Machine) -> Counter[str]:
    console = machine.ports.find(Console)
    assert console is not None
    return Counter(console.output.decode("ascii", "replace").splitlines())


def _stands(machine: Machine, symbols: dict[str, int]) -> int:
    """The word of storage that the guest executes next."""
    block = symbols["vm"]
    return sum(machine.storage.load(block + symbols[name]) for name in ("VM_WINDOW", "VM_BASE", "VM_PC"))
