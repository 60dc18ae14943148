"""The monitors in assembly that a host can have for its machines, and where each keeps what is to be told of a guest.

docs/monitors-in-assembly.md has the convention by which that is found: symbols of the monitor's image.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from guests.catalogue import DIRECTORY
from guests.pack import Entry
from isa.assembler import Image
from isa.assembler.assembled import assembled
from isa.description import Isa
from isa.machine import Machine, Storage
from monitor.host.types import HOSTED, VMM


class Seen(NamedTuple):
    """A guest at a moment: its steps; whether it has halted; whether its monitor still gives it steps."""

    steps: int
    halted: bool
    lives: bool


@dataclass(frozen=True, slots=True)
class System:
    """A monitor by the name of its guest, and what it prints when one `waits` for ever, if no block tells it. `quiet`
    are symbols of places at which no block is being copied."""

    name: str
    waits: str
    quiet: tuple[str, ...]

    def image(self, isa: Isa) -> Image:
        return _image(self.name, isa)

    def places(self, isa: Isa) -> set[int]:
        """The words of storage at which, when one of them is executed, what is seen of all guests is true."""
        return {self.image(isa).symbols[name] for name in self.quiet}

    def seen(self, machine: Machine, number: int) -> Seen:
        symbols, storage = self.image(machine.isa).symbols, machine.storage
        at = _block(symbols, storage, number)
        low, high = storage.read(at + symbols["VM_STEPS"], 2)
        lives = storage.load(at + symbols["VM_LIVE"]) if "VM_LIVE" in symbols else 1
        return Seen(low | high << machine.isa.word, bool(storage.load(at + symbols["VM_HALTED"])), bool(lives))

    def printed(self, text: bytes, entries: Sequence[Entry], name: str, ended: bool) -> bytes:
        """What one of the guests has printed, of what all have: whole lines, which come behind names. One that is alone
        on the machine prints without, and the last two are its monitor's."""
        lines = text.split(b"\n")[:-1]
        if self.name == VMM and len(entries) == 1:
            return b"".join(line + b"\n" for line in lines[:-2]) if ended else text
        begin = name.encode() + b"| "
        return b"".join(line.removeprefix(begin) + b"\n" for line in lines if line.startswith(begin))


SYSTEMS = {
    VMM: System("vmm", "", ("leave", "ended", "sleep")),
    HOSTED: System("hosted", "monitor: the machine waits for ever", ("leave", "ended")),
}


@cache
def _image(name: str, isa: Isa) -> Image:
    return assembled(isa, os.path.join(DIRECTORY, f"{name}.s"), DIRECTORY)


def _block(symbols: dict[str, int], storage: Storage, number: int) -> int:
    """Where the block of a guest is: the current one's has a place of its own."""
    current = symbols["vm"]
    if storage.load(current + symbols["VM_NUMBER"]) == number:
        return current
    return symbols["vms"] + number * symbols["VM_WORDS"]
