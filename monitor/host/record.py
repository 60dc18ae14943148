"""What a host knows of a machine: its definition, its state, and the point that it goes on from.

All of it is plain and immutable. Contents (a program, disks, storage) are named by their digests, and lie in `objects`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from isa.display import Displayed
from monitor.host.definition import Definition, DiskPart
from monitor.host.life import ACTIVE, State
from monitor.host.networks import NetworkPart
from monitor.host.used import NOTHING, Used

LATELY = 2048  # records that are read again, and most of which have not changed
SEAL = 16  # digits


def sealed(values: dict[str, Any], about: str = "") -> str:
    """Values as text that shows whether somebody has changed it; `about` says whose they are."""
    text = json.dumps(values, sort_keys=True)
    return _seal(text, about) + text


def unsealed(text: str, about: str = "") -> dict[str, Any]:
    """The values again. Raises ValueError for another text, or another's."""
    values = text[SEAL:]
    if text[:SEAL] != _seal(values, about):
        raise ValueError("its seal is broken")
    found: dict[str, Any] = json.loads(values)
    return found


def _seal(text: str, about: str) -> str:
    return sha256(f"{about}\n{text}".encode()).hexdigest()[:SEAL]


@dataclass(frozen=True, slots=True)
class Point:
    """A machine at a moment. `machine` is its snapshot, empty for one that has yet to boot; `disks` are what its disks
    hold, `storage` is its size. A saved machine goes on in the state that it `was` in; `detail` says why it ended."""

    state: State
    disks: tuple[str, ...]
    machine: str = ""
    steps: int = 0
    retired: int = 0
    storage: int = 0
    was: State = State.RUNNING
    detail: str = ""

    @property
    def digests(self) -> tuple[str, ...]:
        return (*self.disks, self.machine) if self.machine else self.disks

    def text(self) -> str:
        return sealed({**asdict(self), "state": self.state.value, "was": self.was.value})

    @classmethod
    def parse(cls, text: str) -> "Point":
        values = unsealed(text)
        states = {key: State(values[key]) for key in ("state", "was")}
        return cls(**{**values, **states, "disks": tuple(values["disks"])})


@dataclass(frozen=True, slots=True, repr=False)
class Record(Displayed):
    """A machine. `image` and `input` are its program and what its console reads; `generation` tells it from its
    copies, with the number of the host that gave it, its `origin` (0 if that had not exchanged machines with
    others); `asked` says that it was asked to stop; `snapshot` is the one that it comes from; `sent` is what was
    typed for it, `keyed` what was done at its keyboard and pointer (events in hexadecimal digits), and neither has
    been given to it yet; `used` is what it has had."""

    name: str
    definition: Definition
    image: str
    input: str
    point: Point
    generation: int
    origin: int = 0
    asked: bool = False
    snapshot: str = ""
    sent: str = ""
    keyed: str = ""
    used: Used = NOTHING

    @property
    def state(self) -> State:
        return self.point.state

    @property
    def digests(self) -> tuple[str, ...]:
        """What of `objects` it needs."""
        return (self.image, *((self.input,) if self.input else ()), *self.point.digests)

    def after(self, point: Point) -> "Record":
        """The same, further on: what was typed has been given to it, and one that has ended is asked nothing."""
        return replace(self, point=point, sent="", keyed="", asked=self.asked and point.state in ACTIVE)

    def as_new(self, generation: int, origin: int) -> "Record":
        """A copy, or the same a second time."""
        return replace(self, generation=generation, origin=origin)

    def in_state(self, state: State) -> "Record":
        return replace(self, point=replace(self.point, state=state))

    def departing(self, state: State) -> "Record":
        """The same in another state, from which it may come back."""
        return replace(self, point=replace(self.point, state=state, was=self.point.state))

    @property
    def leaves(self) -> bool:
        """Whether it is on its way to another host, where it goes on as what it was."""
        return self.state is State.MIGRATING and self.point.was in (State.RUNNING, State.IDLE)

    def failed(self, why: str) -> "Record":
        """The same, crashed before it could take a step."""
        return replace(self, point=replace(self.point, state=State.CRASHED, detail=why))

    def title(self) -> str:
        return f"{self.name}: {self.state.value}"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "guest", self.definition.guest
        yield "storage", f"{self.definition.storage:,} words"
        yield "steps", f"{self.point.steps:,}"
        yield "generation", str(self.generation)
        if self.asked:
            yield "asked", "to stop"
        if self.snapshot:
            yield "snapshot", self.snapshot
        if self.point.detail:
            yield "why", self.point.detail

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        point = {"steps": self.point.steps, "retired": self.point.retired, "detail": self.point.detail}
        known = {
            "generation": self.generation,
            "origin": f"{self.origin:016x}",
            "asked_to_stop": self.asked,
            "snapshot": self.snapshot,
        }
        used = self.used.facts()
        return {"name": self.name, "state": self.state.value, **asdict(self.definition), **point, **known, **used}

    def text(self) -> str:
        keys = "image", "input", "generation", "origin", "asked", "snapshot", "sent", "keyed"
        plain = {key: getattr(self, key) for key in keys}
        return sealed({**plain, "definition": asdict(self.definition), "used": self.used.facts()}, self.name)

    @classmethod
    @lru_cache(LATELY)
    def parse(cls, name: str, point: str, text: str) -> "Record":
        values = unsealed(text, name)
        bytes.fromhex(values.get("keyed", ""))
        definition = values.pop("definition")
        disks = tuple(DiskPart(**part) for part in definition.pop("disks"))
        joined = tuple(map(NetworkPart.parse, definition.pop("networks", ())))
        wanted = Definition(**definition, disks=disks, networks=joined)
        used = Used.parse(values.pop("used")) if "used" in values else NOTHING
        return cls(name, wanted, point=Point.parse(point), used=used, **values)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A point that is kept under a name, and the snapshot before it."""

    name: str
    parent: str
    point: Point = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a policy keeps, as text: of the host, and of each account by its number, with whose it is; None for one that
    is no more. With `anew`, nothing else is kept."""

    whole: str
    accounts: Mapping[int, tuple[str, str] | None]
    anew: bool = False
