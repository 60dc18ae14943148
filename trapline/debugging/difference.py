"""The step at which a guest shows a difference between the bare and the monitored machine, on file: `compare`,
`witness` and `prove --properties` write it, `trapline debug --at` opens it.

The file has all that is needed, and names no other: the machine before its first step, as it is saved, with its
devices; the program's image, for labels and lines; the description, unless it is a shipped one. Nothing in it is
believed. docs/debug.md describes it.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any

from isa.assembler import Image
from isa.assembler.image import printable
from isa.assembler.image_format import dump, parse
from isa.description import Isa
from isa.devices.saved import Saved, packed
from isa.encoding import encoding_digest
from isa.engines.choice import ENGINES, bare
from isa.errors import Source, TraplineError
from isa.files.sources_read import read_noted
from isa.files.writing import write_whole
from isa.machine import Machine
from isa.machine.identity import meaning_digest
from isa.machine.snapshot import Snapshot
from isa.machines.catalogue import described, find, shipped
from isa.machines.checked import origin
from monitor import VirtualMachine
from monitor.techniques.catalogue import Monitors, read, under, written
from proofs.runs.compare import Divergence, Setup, compare
from proofs.runs.guests import Guest
from trapline.options import MAX_DEPTH
from trapline.running.launch import restored

KIND, VERSION = "difference", 2
LARGEST = 1 << 28  # bytes of the file
LONGEST = 200  # characters of a guest's name


@dataclass(frozen=True, slots=True)
class Difference:
    """`start` is the machine before its first step, `monitors` are under the other one, and `step` is the first one
    after which the two are not the same."""

    guest: str
    isa: Isa
    image: Image
    start: Snapshot
    monitors: Monitors
    engine: str
    step: int

    @classmethod
    def of(cls, setup: Setup, image: Image, guest: str, step: int) -> "Difference":
        return cls(guest, setup.isa, image, Snapshot.take(setup.bare()), setup.monitors, setup.engine, step)

    @property
    def title(self) -> str:
        return f"{self.guest} on {self.isa.name}, bare beside {under(self.monitors)}"

    def save(self, path: str) -> None:
        """Write the file, whole or not at all. Raises TraplineError."""
        data = json.dumps(self._facts()).encode()
        if len(data) > LARGEST:
            raise TraplineError(f"a difference of {len(data):,} bytes is too large for a file", "use a smaller disk")
        try:
            write_whole(path, data)
        except (OSError, ValueError) as error:
            raise TraplineError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None

    def _facts(self) -> dict[str, Any]:
        return {
            "trapline": KIND,
            "version": VERSION,
            "guest": self.guest,
            "machine": self.isa.name,
            "description": _description(self.isa),
            "monitors": written(self.monitors),
            "engine": self.engine,
            "step": self.step,
            "image": packed(dump(self.image)),
            "start": packed(self.start.to_bytes()),
        }

    @classmethod
    def load(cls, path: str) -> "Difference":
        """Read a file that anybody may have written. Raises TraplineError in all its kinds."""
        whole = _read(path)
        facts = Saved(f"difference {path}", whole)
        isa = _machine(facts, whole.get("description") is not None)
        monitors, engine = read(facts.text("monitors")), facts.text("engine")
        image, start = parse(facts.data("image"), path), Snapshot.from_bytes(facts.data("start"), path)
        if not monitors or len(monitors) > MAX_DEPTH:
            raise facts.damaged("there are no such monitors")
        if engine not in ENGINES:
            raise facts.damaged("there is no such engine")
        image.check(isa)
        if start.meaning != meaning_digest(isa):
            raise TraplineError(f"{path} is of another {isa.name}", "look at it with the release that wrote it")
        guest = printable(facts.text("guest"))[:LONGEST]
        return cls(guest, isa, image, start, monitors, engine, facts.number("step"))


@dataclass(frozen=True)
class Begun(Setup):
    """What is compared from a state that was saved, whatever else the image says."""

    start: Snapshot | None = None

    def bare(self) -> Machine:
        return self._restored(0)

    def monitored(self) -> VirtualMachine:
        made = self._restored(self.monitors)
        assert isinstance(made, VirtualMachine)
        return made

    def _restored(self, monitors: Monitors) -> Machine:
        assert self.start is not None
        return restored(self.start, self.isa, monitors, self.engine).machine


def keep(path: str | None, setup: Setup, image: Image, guest: str, found: Divergence | None) -> str | None:
    """Write what was found to the file, if one was asked for, and say on stderr what became of it. The file's name, if
    it was written. Raises TraplineError."""
    if path is None:
        return None
    if found is None:
        print(f"no difference was found: {path} is not written", file=sys.stderr)
        return None
    Difference.of(setup, image, guest, found.step).save(path)
    print(f"the step at which they part is in {path}: `trapline debug --at {path}` opens it", file=sys.stderr)
    return str(path)


def keep_guest(path: str, isa: Isa, guest: Guest, monitors: Monitors) -> str | None:
    """The same of a generated guest, which is run again as commands run guests."""
    machine = bare(isa, guest.storage(), guest.ports(), guest.seed)
    guest.start(machine)
    begun = Begun(isa, guest, guest.size, guest.ports, monitors, guest.seed, start=Snapshot.take(machine))
    image = Image(isa.name, isa.word, (), encoding_digest(isa, ()), tuple(guest.segments), guest.entry)
    return keep(path, begun, image, "a generated guest", compare(begun, guest.steps).divergence)


def _description(isa: Isa) -> str | None:
    """The text in which the machine is described, if that is not a shipped one."""
    text = origin(isa)
    if text is None or (isa.name in shipped() and find(isa.name) is isa):
        return None
    return text[1]


def _machine(facts: Saved, described_there: bool) -> Isa:
    name = facts.text("machine")
    if described_there:
        return described(Source(f"{name:.60}.isa", facts.text("description")), name)
    if name not in shipped():
        raise facts.damaged(f"there is no shipped machine {name!r:.60}")
    return find(name)


def _read(path: str) -> dict[str, object]:
    try:
        data = read_noted(path, LARGEST)
    except (OSError, ValueError) as error:
        raise TraplineError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > LARGEST:
        raise TraplineError(f"{path} is larger than {LARGEST} bytes", "this is no difference")
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or facts.get("trapline") != KIND:
        raise TraplineError(f"{path} is no difference", "`trapline compare GUEST --difference FILE` writes one")
    if facts.get("version") != VERSION:
        raise TraplineError(f"{path} has another version of the format than {VERSION}", "compare again")
    return facts
