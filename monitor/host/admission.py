"""What a host takes: no machine that cannot be, and no more of them than it has room for. Everything here only asks.

Each raises TraplineError, with the rule and what mends it.
"""

from collections.abc import Sequence
from dataclasses import replace

from isa.assembler import Image
from isa.devices import BLOCK
from isa.devices.inputs import LARGEST_SCRIPT
from isa.devices.keys import OCTETS, WAITING
from isa.errors import TraplineError, UsageError
from isa.machine.sizes import check_size
from monitor.host.definition import MOST_BLOCKS, Definition, DiskPart
from monitor.host.ledger import Taken
from monitor.host.life import Refused, State
from monitor.host.living import Living
from monitor.host.record import Record, Snapshot
from monitor.host.together import Together

Machines = Living | Together

MOST_SNAPSHOTS = 1000  # of a machine
MOST_OTHER = 1 << 26  # bytes of what is neither storage nor a disk
MOST_SENT = 1 << 16  # characters that a machine has not taken yet


def filled(living: Machines, wanted: Definition, image: Image, files: list[bytes]) -> list[tuple[DiskPart, bytes]]:
    """The disks of a machine that can be made, each with what it holds; those that name a file take one of `files`."""
    image.check(living.isa)
    check_storage(living, wanted, wanted.storage)
    if image.top > wanted.storage:
        rule = f"{wanted.name}: the program has {image.top:,} words, and the machine {wanted.storage:,}"
        raise TraplineError(rule, f"give it `storage = {image.top}` or more")
    size, disks = block_bytes(living), []
    for part in wanted.disks:
        data = files.pop(0) if part.file or part.volume else bytes(part.blocks * size)
        blocks, excess = divmod(len(data), size)
        if excess or not 0 < blocks <= MOST_BLOCKS:
            file = part.file or part.volume
            rule = f"{wanted.name}: `{file}` has {len(data):,} bytes, which are not 1 to {MOST_BLOCKS:,} blocks"
            raise TraplineError(rule, f"a block has {size} bytes: truncate -s {size * (blocks + 1)} {file}")
        disks.append((replace(part, blocks=blocks), data))
    return disks


def block_bytes(living: Machines) -> int:
    """How many bytes a block of a disk has."""
    return BLOCK * ((living.isa.word + 7) // 8)


def check_storage(living: Machines, wanted: Definition, words: int) -> None:
    """Whether a machine can be of that size on this host at all."""
    check_size(living.isa, words, living.page)
    if living.whole(words) > living.whole(living.capacity.storage):
        rule = f"{wanted.name} is to have {words:,} words, and the host has {living.capacity.storage:,}"
        raise TraplineError(rule, "give the machine less, or the host more")


def check_storage_left(living: Machines, taken: Taken, record: Record) -> None:
    """Whether a machine can be on beside those that are."""
    words, room = living.whole(record.definition.storage), living.whole(living.capacity.storage)
    if taken.words + words > room:
        rule = f"{record.name} needs {words:,} words, and {room - taken.words:,} of {room:,} are left"
        raise TraplineError(rule, "kill or save a machine that is on, or give the host more")


def check_more(living: Machines, taken: Taken, wanted: Definition) -> None:
    """Whether there is room for one more machine, and for its disks."""
    capacity, size = living.capacity, block_bytes(living)
    if taken.machines >= capacity.machines:
        raise TraplineError(f"the host has {taken.machines:,} machines, and may have no more", "undefine one")
    more = size * sum(part.blocks for part in wanted.disks)
    if size * taken.blocks + more > capacity.disks:
        rule = f"the disks of {wanted.name} take {more:,} bytes, and the host has {capacity.disks:,} for disks"
        raise TraplineError(rule, f"{size * taken.blocks:,} are taken: undefine a machine, or give the host more")


def most_bytes(living: Machines, wanted: Definition) -> int:
    """How many bytes any contents of a machine may have: its storage, a disk, its program, what it printed."""
    return max(8 * wanted.storage, block_bytes(living) * sum(part.blocks for part in wanted.disks), MOST_OTHER)


def check_snapshot(name: str, snapshots: Sequence[Snapshot], new: str) -> None:
    """Whether a machine can have one more snapshot, of this name."""
    if any(snapshot.name == new for snapshot in snapshots):
        raise TraplineError(f"{name} has a snapshot {new} already", "choose another name, or forget that one")
    if len(snapshots) >= MOST_SNAPSHOTS:
        raise TraplineError(f"{name} has {len(snapshots):,} snapshots, and may have no more", "forget one")


def check_input(record: Record, characters: bytes) -> None:
    """Whether a machine takes what is typed."""
    if record.input:
        raise TraplineError(f"{record.name} reads a file, and nothing can be typed for it", "define it without `input`")
    if len(record.sent) + len(characters) > min(MOST_SENT, LARGEST_SCRIPT):
        raise TraplineError(f"{record.name} has not taken what was sent before", "run it, and send less at a time")


def check_screen(record: Record) -> Record:
    """The same machine, if it has a screen."""
    if not record.definition.screen:
        raise UsageError(f"{record.name} has no screen", "define it with `screen = true`")
    return record


def check_keys(record: Record, events: bytes) -> None:
    """Whether it takes what is done at its keyboard and pointer."""
    if len(record.keyed) // 2 + len(events) > WAITING * OCTETS:
        raise TraplineError(f"{record.name} has not taken what was pressed before", "run it, and press less at a time")


def check_listens(living: Machines, record: Record) -> None:
    """Whether what is typed comes to it."""
    if not living.listens(record):
        rule = f"{record.name} has no console to which anything could be typed"
        raise Refused(rule, "run it first; of machines that run together the first without an `input` has the console")


def check_arriving(name: str, held: Sequence[str]) -> None:
    """Whether a name is not that of a machine which arrives, and of which its source has not said that it is here."""
    if held:
        rule = f"a machine {name} is held for the host that it comes from, which has not said yet whose it is"
        help = "migrate it again from there; or give it up, with `undefine --all`, though it may be nowhere else"
        raise TraplineError(rule, help)


def check_left(record: Record, snapshots: Sequence[Snapshot], everything: bool) -> None:
    """Whether a machine may be forgotten: nothing that was kept on purpose goes unseen."""
    left = [f"{len(snapshots)} snapshot{'s' * (len(snapshots) > 1)}"] if snapshots else []
    left += ["what was saved of it"] if record.state is State.SAVED else []
    if left and not everything:
        rule = f"{record.name} would leave {' and '.join(left)}"
        raise Refused(rule, "`--all` removes that too; `revert` and `restore` go back to it")
