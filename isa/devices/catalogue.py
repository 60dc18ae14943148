"""Which device is attached where. A new device is one class and one line of `PLACES`.

`standard` is the usual outfit of a machine, as the command line and the tests build it; `attach` puts any devices at
their places and refuses what the machine has no room for.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from isa.classes import dataclass
from isa.description import Isa, Role
from isa.devices.console import Console, Sink
from isa.devices.disk import Disk, open_disk
from isa.devices.inputs import Input
from isa.devices.ports import Device, Ports
from isa.devices.random import RandomSource
from isa.devices.rings import Rings
from isa.errors import MachineError

if TYPE_CHECKING:
    from isa.devices.notices import Notices


@dataclass(frozen=True, slots=True)
class Place:
    """The first port of a kind of device, whether it interrupts, and the least width of a port's words in bits."""

    port: int
    interrupts: bool
    least: int = 1


PLACES: dict[str, Place] = {
    Console.name: Place(0, interrupts=True, least=8),
    Disk.name: Place(2, interrupts=True, least=3),
    RandomSource.name: Place(5, interrupts=False),
    Rings.name: Place(6, interrupts=True, least=3),
    "notices": Place(9, interrupts=True),  # by name: few machines have any of these
    "card": Place(11, interrupts=True, least=8),
    "screen": Place(13, interrupts=False, least=8),
    "keys": Place(14, interrupts=True, least=32),
    "queue": Place(15, interrupts=True, least=3),
}


def attach(isa: Isa, *devices: Device) -> Ports:
    """The devices at their standard places. Raises MachineError if the machine has no port, no pending bit, or too
    narrow a word for one of them, and if two are of one kind."""
    ports: dict[int, Device] = {}
    for device in devices:
        place = PLACES[device.name]
        if why := misfit(isa, device.name, device.ports):
            raise MachineError(f"{isa.name} has no room for a {device.name}: {why}", "run the machine without it")
        if place.port in ports:
            raise MachineError(f"there is room for one {device.name} only", f"attach a single {device.name}")
        ports[place.port] = device
    return Ports(ports)


def misfit(isa: Isa, name: str, count: int) -> str:
    """Why a device of this name with `count` ports does not fit the machine; empty if it does."""
    place = PLACES[name]
    last = place.port + count - 1
    if not isa.roles[Role.CHANNEL]:
        return "it has no channel"
    channel = isa.states[isa.the(Role.CHANNEL).state]
    if last >= channel.count:
        return f"its channel `{channel.name}` has {channel.count} ports, and port {last} is needed"
    if channel.width < place.least:
        return f"its channel `{channel.name}` has words of {channel.width} bits, and {place.least} are needed"
    pending = max((p.width for p in isa.roles[Role.PENDING]), default=0)
    if place.interrupts and pending <= place.port:
        return f"it has {pending} pending bits, and bit {place.port} is needed"
    return ""


def standard(
    isa: Isa,
    *,
    input: Input | None = None,
    sink: Sink | None = None,
    disk: Disk | str | None = None,
    read_only: bool = False,
    queue: bool = False,
    seed: int | None = 0,
    notices: "Notices | None" = None,
    others: Iterable[Device] = (),
) -> Ports:
    """The usual outfit: a console, a random source and rings wherever they fit, and a disk (a file's name, or a `Disk`)
    if one is given, with a `queue` before it if that is asked for; the notices of a host, if there are any and they
    fit; and what else is given. An input, a disk or another device that the machine has no room for raises
    MachineError; a disk's file that cannot be used raises TraplineError."""
    devices: list[Device] = []
    if input is not None or not misfit(isa, Console.name, Console.ports):
        devices.append(Console(input, sink))
    if disk is not None:
        attach(isa, *devices)
        devices.append(attached := _disk(isa, disk, read_only))
        if queue:
            from isa.devices.queue import Queue

            devices.append(Queue(attached))
    if not misfit(isa, RandomSource.name, RandomSource.ports):
        devices.append(RandomSource(port_width(isa), seed or 0))
    if not misfit(isa, Rings.name, Rings.ports):
        behind = attach(isa, *devices)
        devices.append(Rings(behind.find(Console), behind.find(Disk)))
    if notices is not None and not misfit(isa, notices.name, notices.ports):
        devices.append(notices)
    return attach(isa, *devices, *others)


def _disk(isa: Isa, disk: Disk | str, read_only: bool) -> Disk:
    return open_disk(disk, isa.word, port_width(isa), read_only) if isinstance(disk, str) else disk


def port_width(isa: Isa) -> int:
    """The width of the channel's words; that of a word if there is no channel."""
    places = isa.roles[Role.CHANNEL]
    return isa.states[places[0].state].width if places else isa.word
