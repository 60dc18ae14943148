"""From the options of a command to a guest that is ready to run, fresh or resumed.

`launch` is a context: inside it the terminal, if the guest reads from it, is in the guest's hands; leaving restores it.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from functools import partial
from typing import TYPE_CHECKING

from isa.assembler import Image
from isa.classes import dataclass, replace
from isa.description import Isa
from isa.devices import Console, Descriptor, Disk, Input, Live, MemoryBacking, Script, read_input
from isa.devices.catalogue import misfit
from isa.devices.inputs import LARGEST_SCRIPT
from isa.devices.recording import Origin, Recorder
from isa.devices.saved import Saved
from isa.errors import TraplineError, UsageError
from isa.machines.catalogue import find as find_machine
from isa.machines.catalogue import shipped as shipped_machines
from trapline.combinations import check_disk, check_run, given
from trapline.options import DEFAULT_STEPS, LIVE_STEPS
from trapline.output import engine_in_use
from trapline.running import programs
from trapline.running.claims import claim
from trapline.running.disks import attached
from trapline.running.places import check_place
from trapline.running.rig import Outfit, Rig, build, plenty, scratch_disk

if TYPE_CHECKING:
    from isa.devices.terminal import Terminal
    from isa.machine.snapshot import Snapshot
    from monitor.techniques import Monitors

STDIN, STDOUT = 0, 1


class Stdout(Descriptor):
    """The guest's console on our stdout. `before` is called before anything is printed; `broken` if nobody reads it
    any more."""

    def __init__(self) -> None:
        super().__init__(STDOUT)
        self.before: Callable[[], None] = lambda: None
        self.broken = False

    def write(self, data: bytes) -> None:
        self.before()
        try:
            super().write(data)
        except BrokenPipeError:
            self.broken = True
            raise


@dataclass(slots=True)
class Launch:
    """`name` is the guest's, or the saved machine's; `image` is None for a resumed one; `terminal` is there if the
    guest reads live input. `again` makes the rig as it is before its run, where that can be had twice."""

    name: str
    rig: Rig
    image: Image | None
    sink: Stdout | None
    terminal: "Terminal | None"
    again: Callable[[], Rig] | None = None

    def steps(self, asked: int | None) -> int:
        """How many steps to run at most: somebody who types is not hurried."""
        return asked or (DEFAULT_STEPS if self.terminal is None else LIVE_STEPS)

    @property
    def visible(self) -> Console | None:
        """The guest's console, if what it prints goes to a terminal."""
        return self.rig.console if self.sink is not None and os.isatty(STDOUT) else None


@contextmanager
def launch(arguments: argparse.Namespace, debugged: bool = False) -> Iterator[Launch]:
    """Everything that `run` needs. A guest that is debugged has no hold of the terminal: where nothing else was asked
    for, what it reads is fed to its live input. Raises TraplineError in all its kinds."""
    with ExitStack() as opened:
        check_run(arguments)
        sink = None if arguments.json else Stdout()
        sys.stdout.flush()  # the guest writes past Python's buffer
        _check_place(arguments.save)
        check_place(getattr(arguments, "report", None))
        begin = _resumed if arguments.resume else _fresh
        launched = begin(arguments, sink, opened, debugged)
        if launched.terminal is not None:
            opened.enter_context(launched.terminal)
        yield launched


def _check_place(path: str | None) -> None:
    """Complain before the run, not after it, about a place where the machine cannot be saved."""
    if path is not None and not os.access(os.path.dirname(path) or ".", os.W_OK):
        raise TraplineError(f"cannot save the machine in {path}", "give a file in a folder that can be written")


def _recorder(arguments: argparse.Namespace, opened: ExitStack, origin: Callable[[], Origin]) -> Recorder | None:
    if arguments.record is None:
        return None
    if not os.isatty(STDIN) or arguments.input not in (None, "-"):
        raise UsageError("`--record` is for live input", "use it in a terminal, with `--input -`")
    recorder = Recorder(arguments.record, origin())
    opened.callback(recorder.close)
    return recorder


def _fresh(arguments: argparse.Namespace, sink: Stdout | None, opened: ExitStack, debugged: bool) -> Launch:
    program = programs.find(arguments.guest, arguments.isa, arguments.define)
    claim(arguments)
    origin = partial(origin_of, program, arguments.seed)
    recorder = _recorder(arguments, opened, origin)
    words = arguments.storage or program.storage or plenty(program.isa)
    input = guest_input("-" if recorder else arguments.input, program.input, recorder, origin, debugged)
    check_disk(arguments, program.disk > 0)
    disk = attached(program.isa, arguments.disk, arguments.read_only, opened)
    disk = disk or scratch_disk(program.isa, None, program.disk, arguments.read_only)()
    kit = Outfit(
        input if arguments.input else _if_console(program.isa, input), sink, disk, arguments.read_only, arguments.seed
    )
    kit = replace(kit, queue=program.queue or arguments.queue)
    counting = given(arguments, "profile") or given(arguments, "report")
    engine = _engine(arguments, counting or debugged)
    rig = build(program.isa, words, kit, arguments.monitor.techniques, engine, counting)
    rig.machine.load(program.image)
    terminal = _terminal(input) if isinstance(input, Live) and rig.console and not debugged else None
    spare = replace(kit, input=copy(kit.input), sink=None)

    def again() -> Rig:
        made = build(
            program.isa, words, replace(spare, input=copy(spare.input)), arguments.monitor.techniques, "reference"
        )
        made.machine.load(program.image)
        return made

    twice = None if disk or isinstance(input, Live) else again
    return Launch(program.name, rig, program.image, sink, terminal, twice)


def _resumed(arguments: argparse.Namespace, sink: Stdout | None, opened: ExitStack, debugged: bool) -> Launch:
    from isa.machine.snapshot import Snapshot

    snapshot = Snapshot.load(arguments.resume)
    isa = _machine_of(snapshot, arguments.isa)
    claim(arguments)
    disk = attached(isa, arguments.disk, arguments.read_only, opened) or _disk_of(snapshot, isa)
    check_disk(arguments, disk is not None)
    kit = Outfit(_if_console(isa, Live()), sink, disk, arguments.read_only, snapshot.seed, _queued(snapshot))
    counting = given(arguments, "profile") or given(arguments, "report")
    engine = _engine(arguments, counting or debugged)
    rig = _stood(snapshot, isa, kit, arguments.monitor.techniques, engine, counting)
    return Launch(os.path.basename(arguments.resume), rig, None, sink, None if debugged else _reattached(rig))


def _engine(arguments: argparse.Namespace, plain: bool) -> str:
    """The engine that was asked for; unless it must be `plain`, one that watches where there is something to watch."""
    asked = engine_in_use(arguments.engine)
    if plain or not arguments.monitor.techniques:
        return asked
    from trapline.running.watching import engine_for

    return engine_for(arguments.monitor.techniques, asked)


def restored(snapshot: "Snapshot", isa: Isa, monitors: "Monitors", engine: str, sink: Stdout | None = None) -> Rig:
    """A saved machine under these monitors, with nothing from outside. Raises TraplineError, and UsageError for one
    that had the file of a disk."""
    disk, seed, queue = _disk_of(snapshot, isa), snapshot.seed, _queued(snapshot)
    kit = Outfit(_if_console(isa, Live()), sink, disk, seed=seed, queue=queue)
    return _stood(snapshot, isa, kit, monitors, engine)


def _stood(
    snapshot: "Snapshot", isa: Isa, kit: Outfit, monitors: "Monitors", engine: str, counting: bool = False
) -> Rig:
    rig = build(isa, snapshot.size, kit, monitors, engine, counting)
    snapshot.apply(rig.machine)
    return rig


def _if_console(isa: Isa, input: Input | None) -> Input | None:
    """The input, for a machine that has room for a console."""
    return None if misfit(isa, Console.name, Console.ports) else input


def _machine_of(snapshot: "Snapshot", asked: str | None) -> Isa:
    if asked is None and snapshot.name not in shipped_machines():
        raise UsageError(f"the saved machine is a {snapshot.name!r:.60}", "name its description: `--isa PATH[:NAME]`")
    isa = find_machine(asked or snapshot.name)
    if isa.name != snapshot.name:
        raise TraplineError(f"the saved machine is of {snapshot.name}, not of {isa.name}", "leave `--isa` away")
    return isa


def _disk_of(snapshot: "Snapshot", isa: Isa) -> Disk | None:
    """A disk like the one that was attached, if one was, in as much memory.

    Raises UsageError for a file: a saved machine may come from anybody, and must not choose which of our files it
    reads and writes.
    """
    for entry in Saved("ports", snapshot.ports).list("devices"):
        part = Saved("ports", entry)
        if part.text("name") == Disk.name:
            backing = Saved(Disk.name, Saved(Disk.name, part.mapping("state")).mapping("backing"))
            if backing.text("kind") == "memory":
                return Disk(MemoryBacking(backing.data("data")), isa.word)
            raise UsageError(
                f"the saved machine had the disk {backing.text('path')!r:.200}", "attach it again, with `--disk FILE`"
            )
    return None


def _queued(snapshot: "Snapshot") -> bool:
    """Whether the machine had a queue."""
    parts = [Saved("ports", entry) for entry in Saved("ports", snapshot.ports).list("devices")]
    return any(part.text("name") == "queue" for part in parts)


def _reattached(rig: Rig) -> "Terminal | None":
    """Stdin, for a resumed guest that was reading live input; without a terminal its input has ended."""
    input = rig.console.input if rig.console else None
    if not isinstance(input, Live):
        return None
    if os.isatty(STDIN):
        return _terminal(input)
    input.close()
    return None


def _terminal(input: Live) -> "Terminal":
    """Stdin for such an input."""
    from isa.devices.terminal import Terminal

    return Terminal(STDIN, input)


def origin_of(program: programs.Program, seed: int) -> Origin:
    """What a recording of a run of this program says of it."""
    from isa.machine.identity import meaning_digest, words_digest  # most runs are not recorded

    return Origin(words_digest(program.image), program.isa.name, meaning_digest(program.isa), int(seed))


def guest_input(
    asked: str | None, usual: bytes, recorder: Recorder | None, origin: Callable[[], Origin], debugged: bool = False
) -> Input | None:
    """Where console input comes from: the `--input`, else the guest's usual one, else the terminal, or whoever debugs
    the guest, else nowhere. Raises UsageError for a recording of another run than `origin` says."""
    live = os.isatty(STDIN) or debugged
    if asked is None:
        return Script(usual) if usual else Live(recorder) if live else None
    if asked == "-":
        return Live(recorder) if live else Script(_stdin())
    return read_input(asked, origin)()


def recorded_input(asked: str | None, usual: bytes, origin: Callable[[], Origin]) -> Callable[[], Input]:
    """A maker of equal inputs, for runs that are to be compared. Raises UsageError for a terminal."""
    if asked == "-" and os.isatty(STDIN):
        raise UsageError("live input cannot be given twice", "record it with `trapline run --record FILE`")
    if asked is None or asked == "-":
        data = usual if asked is None else _stdin()
        return lambda: Script(data)
    return read_input(asked, origin)


def _stdin() -> bytes:
    """All of stdin. Raises OSError if it cannot be read."""
    with open(STDIN, "rb", closefd=False) as stream:
        return stream.read(LARGEST_SCRIPT)
