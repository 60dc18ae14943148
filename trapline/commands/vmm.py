"""Pack guests onto a disk, from which the monitor in assembly boots (`trapline run vmm --disk DISK`), or list what such
a disk holds. See docs/monitors-in-assembly.md.

Of each guest may be said, after a `=` and with commas between:
  name:NAME       what its lines of output begin with, up to 12 letters
  storage:WORDS   its storage; otherwise what its header asks for
  share:STEPS     how many steps a turn of it has; otherwise 5000
  input:FILE      what is typed for it; otherwise what its header says
  console         it gets what is typed at the monitor's own console
  disk:FILE       its disk holds what the file holds
  blocks:N        its disk has N empty blocks; otherwise what its header says
  seed:N          of its random source; otherwise 0

examples:
  trapline vmm pack os hello rogue=share:500 -o guests.disk
  trapline vmm list guests.disk
  trapline vmm pack vmm=disk:guests.disk -o nested.disk
"""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trapline.options import add_machine_option, written

if TYPE_CHECKING:
    from guests.pack import Entry

SUMMARY = "pack guests for the monitor in assembly, or list those on a disk"


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("what", choices=("pack", "list"), help="write a disk, or read one")
    add("guests", metavar="GUEST", nargs="+", help="each GUEST[=OPTION,...] to pack; for `list` the one disk")
    add("-o", "--output", type=written, metavar="FILE", help="where the disk is written")
    add_machine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    return _list(arguments) if arguments.what == "list" else _pack(arguments)


def _pack(arguments: argparse.Namespace) -> int:
    from guests.pack import BYTES, pack, room
    from isa.errors import TraplineError, UsageError
    from isa.files.writing import write_whole
    from trapline.output import emit_json
    from trapline.running.claims import claim
    from trapline.running.programs import find
    from trapline.running.tenants import tenant

    if arguments.output is None:
        raise UsageError("where shall the disk be written?", "name a file: `-o FILE`")
    monitor = find("vmm", arguments.isa)
    tenants = [tenant(text, monitor.isa, arguments.isa) for text in arguments.guests]
    data = pack(tenants)
    claim(arguments)
    try:
        write_whole(arguments.output, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot write {arguments.output}: {reason}", "give a file that can be written") from None
    words, blocks = room(tenants, monitor.image.top), len(data) // BYTES
    if arguments.json:
        names = [one.name for one in tenants]
        emit_json({"disk": arguments.output, "guests": names, "blocks": blocks, "storage": words})
    else:
        more = f" --isa {arguments.isa}" if arguments.isa else ""
        command = f"`trapline run vmm --disk {arguments.output}{more}`"
        if words > (monitor.storage or 0):
            command = f"`trapline run vmm --disk {arguments.output}{more} --storage {words}`"
        count = f"{len(tenants)} guest{'s' * (len(tenants) > 1)}"
        print(f"{arguments.output}: {count}, {blocks} blocks; {command}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from guests.pack import unpack
    from isa.devices.backing import copied
    from isa.errors import UsageError
    from trapline.combinations import refuse
    from trapline.output import emit_json, show

    refuse(arguments, ["output", "isa"], "is for `vmm pack`", "leave it away")
    if len(arguments.guests) > 1:
        raise UsageError("one disk is listed at a time", "`trapline vmm list DISK`")
    data = bytes(copied(arguments.guests[0]).data)
    entries = unpack(data)
    if arguments.json:
        emit_json({"guests": [_facts(entry, data) for entry in entries]})
        return 0
    from rich.table import Table

    table = Table("guest", "storage", "share", "input", "program", "disk", box=None, pad_edge=False)
    for row in _rows(entries, data):
        table.add_row(*row)
    show(table)
    return 0


def _rows(entries: "tuple[Entry, ...]", data: bytes, indent: str = "") -> Iterator[tuple[str, ...]]:
    """A line for each guest, and below one that is a monitor those of its own guests."""
    for entry in entries:
        input = "console" if entry.console else str(entry.letters)
        program, disk = _blocks(entry.length), _blocks(entry.blocks)
        yield f"{indent}{entry.name}", str(entry.storage), str(entry.share), input, program, disk
        yield from _rows(*_inside(entry, data), indent + "  ")


def _blocks(number: int) -> str:
    return {0: "none", 1: "1 block"}.get(number, f"{number} blocks")


def _facts(entry: "Entry", data: bytes) -> dict[str, Any]:
    facts = ("name", "storage", "share", "console", "letters", "entry", "seed")
    places = {"program": [entry.image, entry.length], "disk": [entry.disk, entry.blocks]}
    entries, disk = _inside(entry, data)
    guests = {"guests": [_facts(one, disk) for one in entries]} if entries else {}
    return {**{fact: getattr(entry, fact) for fact in facts}, **places, **guests}


def _inside(entry: "Entry", data: bytes) -> "tuple[tuple[Entry, ...], bytes]":
    """The guests on the disk of a guest, if it holds any, and that disk."""
    from guests.pack import BYTES, unpack
    from trapline.running.tenants import holds_guests

    disk = data[entry.disk * BYTES : (entry.disk + entry.blocks) * BYTES]
    return (unpack(disk) if holds_guests(disk) else ()), disk
