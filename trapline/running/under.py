"""From the options of a command to a guest under monitors in assembly: `case` makes what `proofs.under` compares."""

import argparse
import sys
from functools import partial

from guests.pack import Tenant, flat
from isa.devices import Disk, MemoryBacking, Script
from isa.errors import UsageError
from isa.machine.snapshot import Snapshot
from proofs.under.blocks import watchable
from proofs.under.case import Case
from proofs.under.comparing import Comparison, before
from trapline.combinations import refuse
from trapline.running import programs
from trapline.running.launch import origin_of, recorded_input
from trapline.running.rig import plenty, scratch_disk


def check_under(arguments: argparse.Namespace) -> None:
    """What has no meaning where the monitor is a program. Raises UsageError."""
    help = "leave it away: the monitor gives each of its guests a disk that it may write"
    refuse(arguments, ["read_only"], "is not for a guest of a monitor in assembly", help)
    help = "leave it away: such a monitor has no queue for its guests"
    refuse(arguments, ["queue"], "is not for a guest of a monitor in assembly", help)
    help = "leave it away: the monitor decides how long its guest's turn is"
    refuse(arguments, ["quantum"], "is not for a guest of a monitor in assembly", help)
    help = "`--save FILE` keeps the machine, and `trapline debug --resume FILE` shows it"
    refuse(arguments, ["difference"], "is not written of a monitor in assembly", help)


def case(arguments: argparse.Namespace, program: programs.Program, engine: str) -> Case:
    """The guest of a command under the monitors of its `--under`. Raises TraplineError for what cannot be that."""
    found = [programs.find(name, program.machine) for name in arguments.under]
    names = tuple(one.name for one in found)
    monitors = tuple(watchable(program.isa, one.image, one.name) for one in found)
    below = arguments.monitor.techniques if arguments.monitor else 0
    guests = (_guest(arguments, program),)
    return Case(program.isa, program.image, guests, monitors, names, below, engine)


def save(path: str | None, case: Case, result: Comparison) -> str | None:
    """Write the machine as it was before the difference to the file, if one was asked for, and say on stderr what
    became of it. The file's name, if it was written. Raises TraplineError."""
    if path is None:
        return None
    if result.parting is None:
        print(f"no difference was found: {path} is not written", file=sys.stderr)
        return None
    Snapshot.take(before(case, result.parting)).save(path)
    print(f"both are still the same in {path}: `trapline debug --resume {path}` goes on there", file=sys.stderr)
    return str(path)


def _guest(arguments: argparse.Namespace, program: programs.Program) -> Tenant:
    if program.queue:
        raise UsageError(f"{program.name} needs a queue, and a monitor in assembly has none", "use one that is derived")
    image, seed = program.image, arguments.seed
    words = arguments.storage or program.storage or plenty(program.isa)
    disk = scratch_disk(program.isa, arguments.disk, program.disk)()
    typed, blocks = _typed(arguments, program), _blocks(disk)
    return Tenant(program.name, flat(image), image.entry, words, input=typed, disk=blocks, seed=seed)


def _typed(arguments: argparse.Namespace, program: programs.Program) -> bytes:
    """What is typed for the guest."""
    input = recorded_input(arguments.input, program.input, partial(origin_of, program, arguments.seed))()
    if not isinstance(input, Script):
        help = "give a file of characters: each arrives at its own step"
        raise UsageError("a monitor in assembly does not take a recording for its guest", help)
    return input.data


def _blocks(disk: Disk | None) -> bytes:
    if disk is None:
        return b""
    assert isinstance(disk.backing, MemoryBacking)
    return bytes(disk.backing.data)
