"""How a guest gets into a monitor in assembly: `enclose` makes one program of the two, which a machine boots.

A monitor with the symbol `directory` reads its guests from its disk (`guests.pack`). Any other has one window, which
begins at `guest_window` and is as large as its block says; the guest's words are put there, and its entry into the
block. Since what comes of it is a program again, monitors stack.
"""

from collections.abc import Sequence
from dataclasses import replace

from guests.pack import LETTERS, Tenant, flat, pack, room
from isa.assembler import Image, Segment
from isa.devices import BLOCK
from isa.errors import MachineError, TraplineError
from isa.machine.storage import most_words
from proofs.programs.convention import Monitor, NoMonitor

DIRECTORY, WINDOW = "directory", "guest_window"


def enclose(monitor: Monitor, guests: Sequence[Tenant], name: str) -> Tenant:
    """The monitor with these guests in it, the first of which has its console. Raises TraplineError for a guest that
    does not fit, NoMonitor for a monitor that has no place for one, MachineError for storage that there cannot be."""
    symbols = monitor.image.symbols
    for guest in guests:
        if len(guest.words) > guest.storage:
            help = f"give it more: `--storage {len(guest.words)}`"
            raise TraplineError(f"{guest.name} has {len(guest.words)} words and storage of {guest.storage}", help)
    if DIRECTORY in symbols:
        made = _with_disk(monitor, guests, name)
    elif WINDOW not in symbols:
        raise NoMonitor(
            f"{name} does not say how a guest gets into it: it has neither {DIRECTORY} nor {WINDOW}",
            f"label the first word of its guest's window `{WINDOW}`, or read guests from the disk",
        )
    elif len(guests) > 1:
        raise TraplineError(f"{name} has one window, and {len(guests)} guests do not fit", "give it one")
    else:
        made = _with_window(monitor, guests[0], name)
    most = most_words(monitor.isa.word)
    if made.storage > most:
        help = f"ask for less storage, or fewer monitors: there may be {most} words"
        raise MachineError(f"{name} with its guests would need {made.storage} words of storage", help)
    return made


def loaded(program: Tenant, like: Image) -> Image:
    """A program as an image that is checked as that one is."""
    return replace(like, segments=(Segment(0, program.words),), entry=program.entry)


def _with_disk(monitor: Monitor, guests: Sequence[Tenant], name: str) -> Tenant:
    """The monitor, on whose disk the guests are."""
    image, first = monitor.image, guests[0]
    named = [replace(guest, name=_name(guest.name)) for guest in guests]
    tenants = [replace(named[0], console=True, input=b""), *named[1:]]
    size, disk = room(tenants, image.top), pack(tenants)
    return Tenant(name, flat(image), image.entry, size, first.share, input=first.input, disk=disk, seed=first.seed)


def _with_window(monitor: Monitor, guest: Tenant, name: str) -> Tenant:
    """The monitor, in whose window the words of the guest are."""
    first, words = monitor.image.symbols[WINDOW], list(flat(monitor.image))
    size = words[monitor.at("VM_SIZE")]
    if guest.storage > size:
        help = f"make the window larger, or ask for less: `--storage {size}`"
        raise TraplineError(f"{guest.name} needs {guest.storage} words, and its window in {name} has {size}", help)
    if guest.disk:
        raise TraplineError(f"{guest.name} needs a disk, and {name} reads none", "run a guest without a disk")
    words += [0] * (first + size - len(words))
    words[first : first + len(guest.words)] = guest.words
    words[monitor.at("VM_PC")] = guest.entry
    storage = -(-len(words) // BLOCK) * BLOCK
    return Tenant(name, tuple(words), monitor.image.entry, storage, input=guest.input, seed=guest.seed)


def _name(text: str) -> str:
    """As much of a name as a directory takes."""
    return "".join([c if c.isascii() and c.isprintable() else "." for c in text])[:LETTERS]
