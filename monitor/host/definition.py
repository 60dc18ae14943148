"""What the file of a virtual machine says. Every mistake has its line, its rule and what mends it.

name = "web"                # by default the file's name
guest = "echo"              # a shipped guest; or `image = "web.s"`, a file beside this one
storage = 65536             # words; by default what the guest needs
input = "requests.txt"      # what its console reads; without it, what is sent to it
screen = true               # with keyboard and pointer
seed = 7                    # of its random source
shares = 2                  # beside those of others, and whatever else its host's policy looks at:
reservation = 20000         # steps that it has in every period
cap = 50000                 # steps that it has at most in one
period = 100000             # steps; by default the host's
slot = 25000                # steps of a static partition's frame
processor = 1               # the only one that it runs on

[[disks]]
blocks = 64                 # empty; or `file = "web.img"`; or `folder = "site"`, all files in it as an archive; or
volume = "web.toml"         # one in the host's folder, which follows the disk (`copies.py`)
read_only = false
queue = false               # whether it is reached through a queue too

[[networks]]                # a port of a network of its host: `networks.py`
name = "lan"
"""

import os
from dataclasses import dataclass

from isa.errors import TraplineError, UsageError
from isa.files.tables import Table, read_table
from monitor.host.networks import NAME, RULE, NetworkPart, read_joined
from monitor.service.promised import MOST_PROCESSORS
from monitor.service.terms import MOST_PERIOD, MOST_WEIGHT, Terms

MOST_WORDS = 1 << 26  # of a machine
MOST_BLOCKS = 1 << 16
MOST_DISKS = 1  # there is one place for a disk (`isa.devices.catalogue`)


@dataclass(frozen=True, slots=True)
class DiskPart:
    """One disk: so many empty blocks, or what a file holds, or with `folder` all files of a folder of that name, or
    what a volume of the host holds, which then holds what the disk does."""

    blocks: int = 0
    file: str = ""
    read_only: bool = False
    queue: bool = False
    folder: bool = False
    volume: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A virtual machine as it is asked for. `guest` says what program it has, `image` that it is a file of the user's.
    `storage` is 0 for what the guest needs. `input` is a file's name, empty for live input. `shares` and what follows
    is what it is promised, in steps; a `period` of 0 is the host's, and `processor` the only one that it runs on.
    `screen` says that it has one, with keyboard and pointer."""

    name: str
    guest: str = ""
    image: bool = False
    storage: int = 0
    disks: tuple[DiskPart, ...] = ()
    input: str = ""
    seed: int = 0
    shares: int = 1
    reservation: int = 0
    cap: int | None = None
    period: int = 0
    slot: int = 0
    processor: int | None = None
    screen: bool = False
    networks: tuple[NetworkPart, ...] = ()

    def terms(self, period: int) -> Terms:
        """What it is promised on a host with this period. Raises MachineError for what no policy can promise."""
        pins = frozenset(() if self.processor is None else (self.processor,))
        return Terms(self.shares, self.reservation, self.cap, self.period or period, self.slot, pins)


def check_name(name: str) -> str:
    """Raises UsageError for what names no machine and no snapshot."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r:.80} is no name", RULE)
    return name


def read_definition(path: str, data: bytes) -> Definition:
    """What a file says, under the name `path`. Raises SourceError, TraplineError."""
    table = read_table(path, data)
    name = table.text("name", os.path.splitext(os.path.basename(path))[0])
    if not NAME.fullmatch(name):
        table.wrong("name", f"{name!r:.80} is no name", RULE)
    image, guest = _file(table, "image"), table.text("guest", "")
    if bool(image) == bool(guest):
        table.wrong("guest", "a machine has a `guest` or an `image`, one of them", 'write `guest = "hello"`')
    parts = table.tables("disks")
    if len(parts) > MOST_DISKS:
        table.wrong("disks", f"there is room for {MOST_DISKS} disk, and these are {len(parts)}", "leave the others out")
    disks = tuple(_disk(part) for part in parts)
    storage, seed = table.number("storage", 0, MOST_WORDS, 0), table.number("seed", 0, 2**64 - 1, 0)
    input, promised, screen = _file(table, "input"), _promised(table), table.flag("screen")
    networks = read_joined(table)
    table.finish()
    known = name, image or guest, bool(image), storage, disks, input, seed
    return Definition(*known, screen=screen, networks=networks, **promised)  # type: ignore[arg-type]


def _promised(table: Table) -> dict[str, int | None]:
    """What its host's policy is to know of it."""
    period, cap = _steps(table, "period"), _steps(table, "cap")
    reservation = _steps(table, "reservation")
    for key, steps, whole, most in (("cap", cap, "period", period), ("reservation", reservation, "cap", cap or period)):
        if steps and most and steps > most:
            rule = f"a {key} of {steps:,} steps is more than the {whole if whole in table else 'period'}, {most:,}"
            table.wrong(key, rule, "say less, or give it a longer `period`")
    if "deadline" in table:
        table.number("deadline", 0, MOST_PERIOD)
        table.wrong("deadline", "a deadline is the end of a period", "write `reservation` and `period`")
    return {
        "shares": table.number("shares", 1, MOST_WEIGHT, 1),
        "reservation": reservation or 0,
        "cap": cap,
        "period": period or 0,
        "slot": _steps(table, "slot") or 0,
        "processor": table.number("processor", 0, MOST_PROCESSORS - 1) if "processor" in table else None,
    }


def _steps(table: Table, key: str) -> int | None:
    return table.number(key, 1, MOST_PERIOD) if key in table else None


def _disk(part: Table) -> DiskPart:
    file, folder, volume = (_file(part, key) for key in ("file", "folder", "volume"))
    blocks = part.number("blocks", 0, MOST_BLOCKS, 0)
    if sum(map(bool, (file, folder, volume, blocks))) != 1:
        part.wrong("blocks", "a disk has `blocks`, a `file`, `folder` or `volume`, one of them", "write `blocks = 64`")
    read_only, queue = part.flag("read_only", bool(folder)), part.flag("queue")
    if folder and not read_only:
        part.wrong(
            "read_only", "what a guest writes does not come into a folder: its disk is read-only", "leave it away"
        )
    return DiskPart(blocks, file or folder, read_only, queue, bool(folder), volume)


def _file(table: Table, key: str) -> str:
    """The name of a file beside the definition, or in a folder there; empty if none is named."""
    name = table.text(key, "")
    if name and (os.path.isabs(name) or os.pardir in name.split("/") or "\0" in name):
        rule = f"`{name:.80}` is not beside this file"
        table.wrong(key, rule, "copy it here, and leave `..` or a leading `/` away")
    return name


def beside(definition: str, name: str, most: int) -> str:
    """The path of a file that a definition names. Raises TraplineError for one that a link leads to elsewhere, is none,
    or is larger than `most` bytes."""
    path = _inside(definition, name)
    if not os.path.isfile(path):
        raise TraplineError(f"{definition}: there is no file `{name}` beside it", "check the name")
    if os.path.getsize(path) > most:
        raise TraplineError(f"{definition}: `{name}` is larger than {most:,} bytes", "use a smaller file")
    return path


def folder_beside(definition: str, name: str) -> str:
    """The same of a folder."""
    path = _inside(definition, name)
    if not os.path.isdir(path):
        raise TraplineError(f"{definition}: there is no folder `{name}` beside it", "check the name")
    return path


def _inside(definition: str, name: str) -> str:
    folder = os.path.realpath(os.path.dirname(definition) or ".")
    path = os.path.realpath(os.path.join(folder, name))
    if not path.startswith(folder.rstrip(os.sep) + os.sep):
        raise TraplineError(f"{definition}: `{name}` leads out of {folder}", "copy it there")
    return path
