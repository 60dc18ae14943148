"""A moment of a run, on file: the step at which a bare and a monitored machine part (`difference.py`), or at which a
machine alone does what it should not (`trapline lab check`). `trapline debug --at` opens it.

The file has all that is needed, and names no other: the machine before its first step, as it is saved, with its
devices; the program's image, for labels and lines; the description, unless it is a shipped one. Nothing in it is
believed. docs/debug.md describes it.
"""

import json
from dataclasses import dataclass
from typing import Any

from isa.assembler import Image
from isa.assembler.image import printable
from isa.assembler.image_format import dump, parse
from isa.description import Isa
from isa.devices.saved import Saved, packed
from isa.engines.choice import ENGINES
from isa.errors import Source, TraplineError
from isa.files.sources_read import read_noted
from isa.files.writing import write_whole
from isa.machine.identity import meaning_digest
from isa.machine.snapshot import Snapshot
from isa.machines.catalogue import described, find, shipped
from isa.machines.checked import origin
from monitor.techniques.catalogue import Monitors, read, under, written
from trapline.options import MAX_DEPTH

KINDS, VERSION = {True: "difference", False: "counterexample"}, 2  # with monitors, and without
LARGEST = 1 << 28  # bytes of the file
LONGEST = 200  # characters of a guest's name


@dataclass(frozen=True, slots=True)
class Moment:
    """`start` is the machine before its first step. `monitors` are under another one beside it, and then `step` is the
    first one after which the two are not the same; without monitors there is one machine."""

    guest: str
    isa: Isa
    image: Image
    start: Snapshot
    monitors: Monitors
    engine: str
    step: int

    @property
    def title(self) -> str:
        where = f"bare beside {under(self.monitors)}" if self.monitors else f"at step {self.step:,}"
        return f"{self.guest} on {self.isa.name}, {where}"

    def save(self, path: str) -> None:
        """Write the file, whole or not at all. Raises TraplineError."""
        data = json.dumps(self._facts()).encode()
        if len(data) > LARGEST:
            raise TraplineError(f"a moment of {len(data):,} bytes is too large for a file", "use a smaller disk")
        try:
            write_whole(path, data)
        except (OSError, ValueError) as error:
            raise TraplineError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None

    def _facts(self) -> dict[str, Any]:
        return {
            "trapline": KINDS[bool(self.monitors)],
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
    def load(cls, path: str) -> "Moment":
        """Read a file that anybody may have written. Raises TraplineError in all its kinds."""
        whole = _read(path)
        facts = Saved(f"{whole['trapline']} {path}", whole)
        isa = _machine(facts, whole.get("description") is not None)
        monitors, engine = read(facts.text("monitors")), facts.text("engine")
        image, start = parse(facts.data("image"), path), Snapshot.from_bytes(facts.data("start"), path)
        if monitors is None or len(monitors) > MAX_DEPTH or KINDS[bool(monitors)] != whole["trapline"]:
            raise facts.damaged("there are no such monitors")
        if engine not in ENGINES:
            raise facts.damaged("there is no such engine")
        image.check(isa)
        if start.meaning != meaning_digest(isa):
            raise TraplineError(f"{path} is of another {isa.name}", "look at it with the release that wrote it")
        guest = printable(facts.text("guest"))[:LONGEST]
        return cls(guest, isa, image, start, monitors, engine, facts.number("step"))


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
        raise TraplineError(f"{path} is larger than {LARGEST} bytes", "no moment is")
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or facts.get("trapline") not in KINDS.values():
        raise TraplineError(f"{path} is no moment of a run", "`--difference FILE` and `trapline lab check` write one")
    if facts.get("version") != VERSION:
        raise TraplineError(f"{path} has another version of the format than {VERSION}", "have it written again")
    return facts
