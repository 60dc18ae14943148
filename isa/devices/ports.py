"""What a device is to a machine, and the ports through which a machine reaches its devices.

The machine calls `Ports` with its own step count and its own storage, so a device of a virtual machine lives in virtual
time and can reach no storage but that machine's. Next: `console.py`, `disk.py`, `random.py`; `catalogue.py` says
where each of them is attached. docs/devices.md describes every port for the programmer of a guest.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable
from zlib import crc32

from isa.devices.polling import NOTES, Polls
from isa.devices.rewinding import branch, mark_device, rewind_device
from isa.devices.saved import Saved
from isa.errors import MachineError, TraplineError

D = TypeVar("D")


class DeviceFailure(TraplineError):
    """The host could not do what a device needs (full disk, file gone). Raised before the device changes, so the
    same step or `act` can be tried again; a guest never sees it."""

    def __init__(self, device: str, message: str, help: str = "") -> None:
        super().__init__(f"{device}: {message}", help)
        self.device = device


class Readable(Protocol):
    """As much of a machine's storage as somebody needs who only looks; words counted from 0, IndexError outside."""

    @property
    def size(self) -> int: ...

    def read(self, index: int, count: int, /) -> list[int]: ...


class DeviceStorage(Readable, Protocol):
    """As much of it as a device needs."""

    def write(self, index: int, words: list[int], /) -> None: ...


class Device(Protocol):
    """One device. `port` counts from its first port, `now` is the number of steps the machine has taken.

    Nothing a guest does raises; only the host's own trouble does, as `DeviceFailure` and before any change.
    """

    @property
    def name(self) -> str: ...

    @property
    def ports(self) -> int:
        """How many consecutive ports it takes."""
        ...

    def recv(self, port: int, now: int) -> int:
        """The next word; 0 when there is nothing to give."""
        ...

    def send(self, port: int, word: int, now: int) -> None: ...

    def deadline(self) -> int | None:
        """The step at whose boundary `act` must run; one that has passed means the next boundary; None: nothing due."""
        ...

    def act(self, now: int, storage: DeviceStorage) -> bool:
        """Do what is due at this boundary; True raises the interrupt of the device's first port."""
        ...

    def save(self) -> dict[str, object]:
        """The device's state as JSON values, enough to go on from exactly here."""
        ...

    def restore(self, saved: dict[str, object]) -> None:
        """Take up a saved state; MachineError if it is damaged or another device's."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A device that has something to show to whoever debugs a guest."""

    def told(self) -> dict[str, int]:
        """Numbers by their names."""
        ...


Sent = Callable[[int, Device], object]
Acted = Callable[[int, Device, int], object]


class PortsMark(NamedTuple):
    """What the ports of a machine are at a moment: see `isa.devices.rewinding`."""

    devices: tuple[Any, ...]
    traffic: int
    fingerprint: int
    raised: int


_NOTHING = Polls()  # where there is no device nothing is ever in the table


class Ports:
    """The devices of one machine, by first port.

    `traffic` counts the words sent and received, those at ports without a device too (between two runs `counted` is the
    same, without asking); `fingerprint` is the CRC-32 of
    them all in order, by which two machines can be compared at any step. `acted`, if set, is told of every device
    that has acted by itself: the step before which it did, the device, and the pending bits that it raises. `sent` is
    told of every word that is sent, with the step and the device; nobody is told of words received, since native code
    takes some of these without asking (`isa.devices.polling`). What else it did so is settled before anybody looks.
    Raises MachineError when two devices claim one port.
    """

    def __init__(self, devices: Mapping[int, Device] | None = None) -> None:
        self.devices: dict[int, Device] = dict(sorted((devices or {}).items()))
        self._devices = tuple(self.devices.values())
        self.counted = self._fingerprint = self._raised = 0
        self.acted: Acted | None = None
        self.sent: Sent | None = None
        self._polls = Polls() if self.devices else _NOTHING
        self.polls = self._polls.address  # the table that native code has of them: see `isa.devices.polling`
        self._places: dict[int, tuple[Device, int]] = {}
        for first, device in self.devices.items():
            self._claim(first, device)

    def _claim(self, first: int, device: Device) -> None:
        for port in range(first, first + device.ports):
            if port < 0 or port in self._places:
                taken = f"is taken by the {self._places[port][0].name}" if port >= 0 else "does not exist"
                raise MachineError(f"the {device.name} cannot be attached at port {first}: port {port} {taken}")
            self._places[port] = device, port - first

    def recv(self, port: int, now: int) -> int:
        """The next word from a port; 0 where there is no device. Raises DeviceFailure."""
        self.settle()
        place = self._places.get(port)
        if place is None:
            self._note(b"<%x %x" % (port, 0))
            return 0
        word = place[0].recv(place[1], now)
        self._note(b"<%x %x" % (port, word))
        self._polls.received(port, *place)
        self._polls.renew(self.sent is None)
        return word

    def send(self, port: int, word: int, now: int) -> None:
        """Give a word to a port; dropped where there is no device. Raises DeviceFailure."""
        self.settle()
        place = self._places.get(port)
        if place:
            place[0].send(place[1], word, now)
            if self.sent is not None:
                self.sent(now, place[0])
            self._polls.sent(port, *place)
        self._note(b">%x %x" % (port, word))
        self._polls.renew(self.sent is None)

    def _note(self, line: bytes) -> None:
        self.counted += 1
        self._fingerprint = crc32(line, self._fingerprint)

    def settle(self) -> None:
        """After native code, and before anybody looks: have devices store what it sent them, and count that and what it
        received without asking."""
        if self._polls.table[NOTES]:
            passed, lines = self._polls.settle()
            self.counted += passed
            self._fingerprint = crc32(lines, self._fingerprint)

    @property
    def traffic(self) -> int:
        if self._devices:
            self.settle()
        return self.counted

    @property
    def fingerprint(self) -> int:
        self.settle()
        return self._fingerprint

    def renew(self) -> None:
        """Before a run: somebody may have changed a device."""
        self.settle()
        self._polls.renew(self.sent is None)

    def deadline(self) -> int | None:
        """The first step at whose boundary `act` must run, or None."""
        first = None
        for device in self._devices:
            due = device.deadline()
            if due is not None and (first is None or due < first):
                first = due
        return first

    def act(self, now: int, storage: DeviceStorage) -> int:
        """Let every device that is due act, in port order; the mask of pending bits to raise (bit = first port).

        Raises DeviceFailure with the failing device unchanged. The interrupts of devices that acted before it are
        kept, and returned by the call that succeeds.
        """
        self.settle()
        try:
            for first, device in self.devices.items():
                due = device.deadline()
                if due is not None and due <= now:
                    raised = 1 << first if device.act(now, storage) else 0
                    self._raised |= raised
                    if self.acted is not None:
                        self.acted(now, device, raised)
        finally:
            self.renew()
        raised, self._raised = self._raised, 0
        return raised

    def find(self, kind: type[D]) -> D | None:
        """The first device of a class, or None."""
        return next((device for device in self.devices.values() if isinstance(device, kind)), None)

    def mark(self) -> PortsMark:
        """What all devices are now, for `rewind`."""
        self.settle()
        marks = tuple(mark_device(device) for device in self._devices)
        return PortsMark(marks, self.traffic, self.fingerprint, self._raised)

    def rewind(self, mark: PortsMark) -> None:
        """Be again what was marked."""
        self.settle()
        for device, part in zip(self._devices, mark.devices, strict=True):
            rewind_device(device, part)
        _, self.counted, self._fingerprint, self._raised = mark
        self.renew()

    def branch(self) -> None:
        """Something else is going to happen than what came after this moment. Raises OSError if a disk's file cannot
        be brought back."""
        for device in self._devices:
            branch(device)

    def save(self) -> dict[str, object]:
        """The state of all devices as JSON values, to go on from exactly here."""
        self.settle()
        parts = [{"port": p, "name": d.name, "state": d.save()} for p, d in self.devices.items()]
        words = {"traffic": self.traffic, "fingerprint": self.fingerprint}
        return {"devices": parts, "raised": self._raised, **words}

    def restore(self, saved: dict[str, object]) -> None:
        """Take up a saved state. Raises MachineError if it is damaged or was saved with other devices; the machine
        that owns these ports must not be run then."""
        whole = Saved("ports", saved)
        parts = [Saved("ports", part) for part in whole.list("devices")]
        there = [(part.number("port"), part.text("name")) for part in parts]
        if there != [(port, device.name) for port, device in self.devices.items()]:
            listed = ", ".join(f"{name} at {port}" for port, name in there) or "none"
            raise MachineError(f"the state was saved with other devices: {listed}", "attach the same devices")
        traffic, fingerprint, raised = whole.number("traffic"), whole.number("fingerprint"), whole.number("raised")
        for part, device in zip(parts, self.devices.values(), strict=True):
            device.restore(part.mapping("state"))
        self.renew()
        self.counted, self._fingerprint, self._raised = traffic, fingerprint, raised
