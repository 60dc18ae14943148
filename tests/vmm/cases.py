"""Shipped guests under monitors in assembly, as `trapline compare --under` has them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from guests.catalogue import LIBRARY, find
from guests.pack import Tenant, flat
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from monitor.techniques import Monitors
from proofs.programs.convention import Monitor
from proofs.under.blocks import watchable
from proofs.under.case import Case
from proofs.under.comparing import Comparison, compare
from tests.guests.boot import image_of, machine
from tests.vmm import packed

SMALL = Path(__file__).with_name("small.s")
BUDGET = 1_000_000  # steps of a guest


def small(old: str = "", new: str = "") -> Image:
    """The small monitor, or one with a text in it replaced that occurs once."""
    text = SMALL.read_text("utf-8")
    assert not old or text.count(old) == 1, old
    return assemble(
        packed.G3, text.replace(old, new) if old else text, "small.s", Directory(str(SMALL.parent), LIBRARY)
    )


@cache
def monitor(name: str) -> Monitor:
    return watchable(packed.G3, small() if name == "small" else packed.monitor(), name)


def case(name: str, *under: str | Monitor, below: Monitors = 0, storage: int = 0) -> Case:
    """The shipped guest under these monitors, lowest first: `vmm`, `small`, or others."""
    guest = find(name)
    isa = machine(guest.machine)
    image = image_of(guest, isa)
    disk = bytes(512 * guest.disk)
    program = Tenant(name, flat(image), image.entry, storage or guest.storage, input=guest.input.encode(), disk=disk)
    monitors = tuple(one if isinstance(one, Monitor) else monitor(one) for one in under)
    names = tuple(one if isinstance(one, str) else "mistaken" for one in under)
    return Case(isa, image, (program,), monitors, names, below)


def program(text: str, *under: str | Monitor, blocks: int = 0) -> Case:
    """The same for a program of a test, which traps to `handler` if it has one."""
    vector = "handler" if "handler:" in text else "start"
    image = assemble(packed.G3, f".org 8\n.word {vector}, 0, 0, 60\n.org 16\nstart:\n{text}\n", "program.s")
    tenant = Tenant("program", flat(image), image.entry, 128, disk=bytes(512 * blocks))
    return replace(case("hello", *under), image=image, guests=(tenant,))


def compared(name: str, *under: str | Monitor, below: Monitors = 0) -> Comparison:
    return compare(case(name, *under, below=below), BUDGET)
