"""What is counted of either, in steps of the one machine that all instances are on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from guests.contained import Container
from isa.devices import Console
from isa.errors import MachineError
from isa.machine import Machine, Reason
from trapline.bench.contained.systems import CONTAINERS, MACHINES, System, escape, keeper, task

SYSTEMS = (CONTAINERS, MACHINES)
BUDGET = 1 << 26
SLICE = 5000
FEW = 8  # as many as the monitor in assembly can have
INSTANCES = (1, 10, 100)
HOST = 1 << 20  # words of storage
THINGS = {  # what a program does: its size, how many more of it are done, and of how much each is
    "computing, for 1,000 steps of its own": ("ROUNDS", 50_000, 2 / 1000),
    "a system call": ("ASKS", 200, 1),
    "a block written": ("BLOCKS", 20, 1),
    "a character printed": ("LINES", 20, 32),
}
KEEPERS = 3


@dataclass(frozen=True)
class Counted:
    """Of one system: steps until the `first` instance has said something, until `few` or a `hundred` have (None: there
    cannot be so many), and until the few have ended `together`, those not counted in which nothing was to do. `costs`
    has the steps of each thing, `storage` words and `blocks` of disk by the number of instances; `fit` is how many a
    host has room for, and `lines` have to be trusted by all. Of the neighbours of somebody who attacks the kernel so
    many are `spared`, and `spared_checked` if no check is missing."""

    first: int
    few: int
    hundred: int | None
    together: int
    costs: Mapping[str, float]
    storage: Mapping[int, int]
    blocks: Mapping[int, int]
    fit: int
    lines: int
    spared: int
    spared_checked: int

    @property
    def more(self) -> float:
        """Steps until one more has said something."""
        return (self.few - self.first) / (FEW - 1)


def count(system: System, engine: str, show: Callable[[str], None] = lambda text: None) -> Counted:
    """Raises MachineError if something does not come to its end."""

    def told(what: str) -> None:
        show(f"{system.name}: {what}")

    told("start")
    first, few = (started(system, engine, number) for number in (1, FEW))
    hundred = started(system, engine, INSTANCES[-1]) if system.most >= INSTANCES[-1] else None
    told("what things cost")
    costs = {what: cost(system, engine, *thing) for what, thing in THINGS.items()}
    told("storage")
    storage = {number: system.room(instances(number)) for number in INSTANCES}
    blocks = {number: blocks_of(system, number) for number in INSTANCES}
    told("the attack")
    spared, checked = (attacked(system, engine, safe) for safe in (False, True))
    together = ended(system, engine, instances(FEW))
    return Counted(
        first, few, hundred, together, costs, storage, blocks, fitting(system), system.lines(), spared, checked
    )


def instances(number: int) -> list[Container]:
    return [task(name=f"a{n}") for n in range(number)]


def started(system: System, engine: str, number: int) -> int:
    """Steps until each of so many instances has said that it is there, exactly."""

    def there(on: Machine) -> bool:
        return printed(on).count("| ready\n") == number

    def fresh() -> Machine:
        return system.boot(engine, instances(number))

    coarse = fresh()
    while not there(coarse):
        if coarse.run(SLICE).reason is not Reason.BUDGET or coarse.steps > BUDGET:
            if there(coarse):
                break
            raise MachineError(f"of {number} {system.name} not all have begun after {coarse.steps:,} steps")
    exact = fresh()
    exact.run(max(0, (coarse.steps - 1) // SLICE * SLICE))
    while not there(exact):
        exact.run(1)
    return exact.steps


def ended(system: System, engine: str, found: Sequence[Container]) -> int:
    """Steps until all of these have ended, those not counted in which nothing was to do."""
    on = system.boot(engine, found)
    if on.run(BUDGET).reason is not Reason.HALT:
        raise MachineError(f"{len(found)} {system.name} have not ended after {on.steps:,} steps")
    return on.steps - on.skipped


def cost(system: System, engine: str, size: str, more: int, each: float) -> float:
    """Steps of one thing, from a program that does more of it and one that does less."""
    few, many = (ended(system, engine, [task(((size, number),))]) for number in (more, 2 * more))
    return (many - few) / (more * each)


def blocks_of(system: System, number: int) -> int:
    """Of the disk. Machines have none in common, however many."""
    if number <= system.most:
        return len(system.disk(instances(number), True)) // 512
    one, two = (len(system.disk(instances(n), True)) // 512 for n in (1, 2))
    return one + (number - 1) * (two - one)


def fitting(system: System) -> int:
    """How many instances a host has storage for."""
    least, most = 1, 2
    while system.room(instances(most)) <= HOST:
        least, most = most, 2 * most
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if system.room(instances(middle)) <= HOST else (least, middle)
    return least


def attacked(system: System, engine: str, checked: bool) -> int:
    """How many neighbours of somebody who attacks the kernel end as if nothing had been."""
    found = [*(keeper(f"k{n}") for n in range(KEEPERS)), escape("e")]
    on = system.boot(engine, found, checked)
    on.run(BUDGET)
    return printed(on).count("| nobody has asked for my secret\n")


def printed(on: Machine) -> str:
    console = on.ports.find(Console)
    assert console is not None
    return console.output.decode("ascii", "replace")
