"""A machine as it stands between two steps, to go on from later, in another process.

`Snapshot.take(machine).save(path)` and `Snapshot.load(path).apply(machine)`; the second machine must be of the same
description, as large, and have the same devices attached. It then does what the first would have done: state,
storage, counts, devices, and the seeded choices of `unknown` are all taken over. Files: `snapshot_format`.
"""

import sys
from array import array
from dataclasses import dataclass
from random import Random

from isa.description import Isa, Kind
from isa.devices.saved import Saved
from isa.machine import snapshot_format
from isa.machine.identity import meaning_digest
from isa.machine.machine import Machine
from isa.machine.snapshot_format import SnapshotError
from isa.machine.storage import LARGEST, Storage


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`name` is the machine's and `meaning` the digest of its description; `state` has the cells of every scalar and
    register file, `pages` the words of every page of storage that is not zero, `ports` what `Ports.save` gave. `code`
    and `replaced` say which words are instructions, and what stood in the place of some under a monitor."""

    name: str
    meaning: str
    size: int
    steps: int
    retired: int
    seed: int
    state: dict[str, list[int]]
    pages: dict[int, list[int]]
    ports: dict[str, object]
    choices: list[object] | None
    code: tuple[tuple[int, int], ...] = ()
    replaced: tuple[tuple[int, int], ...] = ()

    @classmethod
    def take(cls, machine: Machine, storage: bool = True) -> "Snapshot":
        """As it stands; with or without what its storage holds."""
        block = machine.state.block
        slots = machine.state.layout.slots.items()
        return cls(
            name=machine.isa.name,
            meaning=meaning_digest(machine.isa),
            size=machine.storage.size,
            steps=machine.steps,
            retired=machine.retired,
            seed=machine.seed,
            state={name: block[slot.first : slot.first + slot.count].tolist() for name, slot in slots},
            pages=_pages_of(machine) if storage else {},
            ports=machine.ports.save(),
            choices=_choices(machine),
            code=machine.code,
            replaced=tuple(machine.standing()),
        )

    def apply(self, machine: Machine) -> None:
        """Put the machine into this state. Raises SnapshotError, or MachineError for its devices, with the machine
        unchanged but for devices that may have been restored already."""
        self._check(machine)
        machine.ports.restore(self.ports)
        self._put(machine)

    def apply_state(self, machine: Machine) -> None:
        """As `apply`, without the devices: to look at what was saved. Raises SnapshotError, or MachineError."""
        self._check(machine)
        self._put(machine)

    @property
    def devices(self) -> list[tuple[int, str]]:
        """The first port and the name of every device that was attached. Raises MachineError."""
        parts = [Saved("ports", part) for part in Saved("ports", self.ports).list("devices")]
        return [(part.number("port"), part.text("name")) for part in parts]

    def _put(self, machine: Machine) -> None:
        if self.choices is not None:
            machine.random.setstate(_generator(self.choices).getstate())
        _fill(machine.storage, self.pages)
        for name, cells in self.state.items():
            slot = machine.state.layout.slots[name]
            machine.state.block[slot.first : slot.first + slot.count] = array("Q", cells)
        machine.steps, machine.retired, machine.seed = self.steps, self.retired, self.seed
        machine.code = self.code
        machine.replace({place: (word, machine.storage.load(place)) for place, word in self.replaced})

    def _check(self, machine: Machine) -> None:
        if (self.name, self.meaning) != (machine.isa.name, meaning_digest(machine.isa)):
            which = "is of another description" if self.name == machine.isa.name else f"is of {self.name}"
            raise SnapshotError(f"the snapshot {which}, and this machine is {machine.isa.name}", "use that machine")
        if self.size != machine.storage.size:
            rule = f"the snapshot has {self.size} words of storage, and this machine {machine.storage.size}"
            raise SnapshotError(rule, f"give the machine {self.size} words")
        if self.choices is not None:
            _generator(self.choices)
        _check_state(machine.isa, self.state)
        _check_pages(machine.storage, self.pages)
        _check_program(machine.storage, self.code, self.replaced)

    # ---- on file

    def save(self, path: str) -> None:
        """Write the snapshot to a file. Raises SnapshotError; a former file of that name is then unchanged."""
        snapshot_format.write(path, self.to_bytes())

    @classmethod
    def load(cls, path: str) -> "Snapshot":
        """Read a snapshot file. Raises SnapshotError, or MachineError for what does not stand where it should."""
        return cls.from_bytes(snapshot_format.read(path), path)

    def to_bytes(self) -> bytes:
        whole = ("name", "meaning", "size", "steps", "retired", "seed", "state", "ports", "choices", "code", "replaced")
        header: dict[str, object] = {key: getattr(self, key) for key in whole}
        header["pages"] = [[page, len(words)] for page, words in self.pages.items()]
        return snapshot_format.pack(header, b"".join(_little(array("Q", words)) for words in self.pages.values()))

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "<bytes>") -> "Snapshot":
        header, pages = snapshot_format.unpack(data, name)
        saved = Saved("machine", header)
        return cls(
            name=saved.text("name"),
            meaning=saved.text("meaning"),
            size=saved.number("size", LARGEST),
            steps=saved.number("steps"),
            retired=saved.number("retired"),
            seed=saved.number("seed"),
            state={key: _numbers(saved, cells) for key, cells in saved.mapping("state").items()},
            pages=_pages(saved, pages),
            ports=saved.mapping("ports"),
            choices=None if header.get("choices") is None else saved.list("choices"),
            code=_pairs(saved, header.get("code", [])),
            replaced=_pairs(saved, header.get("replaced", [])),
        )


def _choices(machine: Machine) -> list[object]:
    """The state of the machine's seeded choices for `unknown`."""
    version, words, spare = machine.random.getstate()
    return [version, list(words), spare]


def _generator(choices: list[object]) -> Random:
    generator = Random()
    try:
        version, words, spare = choices
        generator.setstate((version, tuple(words), spare))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise SnapshotError("the snapshot is damaged: its seeded choices cannot be taken up") from None
    return generator


def _numbers(saved: Saved, values: object) -> list[int]:
    if not isinstance(values, list) or not all(type(v) is int and 0 <= v < 1 << 64 for v in values):
        raise saved.damaged("a list of numbers is missing")
    return values


def _pairs(saved: Saved, found: object) -> tuple[tuple[int, int], ...]:
    """Pairs of numbers. Files from before they were written have none."""
    if not isinstance(found, list):
        raise saved.damaged("a list of pairs is missing")
    pairs = [_numbers(saved, pair) for pair in found]
    if any(len(pair) != 2 for pair in pairs):
        raise saved.damaged("a list of pairs is missing")
    return tuple((first, second) for first, second in pairs)


def _pages(saved: Saved, data: bytes) -> dict[int, list[int]]:
    """Page number to words, from the header's (number, words) pairs and the words themselves."""
    pages: dict[int, list[int]] = {}
    at = 0
    for pair in saved.list("pages"):
        number, count = [*_numbers(saved, pair), 0, 0][:2]
        if number in pages or 8 * count > len(data) - at:
            raise saved.damaged("its pages are not those of its header")
        pages[number] = _from_little(data[at : at + 8 * count])
        at += 8 * count
    if at != len(data):
        raise saved.damaged("its pages are not those of its header")
    return pages


def _little(words: "array[int]") -> bytes:
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()


def _from_little(data: bytes) -> list[int]:
    words = array("Q", data)
    if sys.byteorder == "big":
        words.byteswap()
    return words.tolist()


def _check_state(isa: Isa, state: dict[str, list[int]]) -> None:
    """Every cell there, none too wide, none set that always reads as zero."""
    expected = {s.name: s for s in isa.states.values() if s.kind in (Kind.SCALAR, Kind.ARRAY)}
    for name, part in expected.items():
        cells = state.get(name, [])
        fits = len(cells) == part.count and all(cell >> part.width == 0 for cell in cells)
        if not fits or any(cells[i] for i in part.zero):
            raise SnapshotError(f"the snapshot is damaged: its `{name}` is not one of {isa.name}")
    if extra := set(state) - set(expected):
        raise SnapshotError(f"the snapshot is damaged: {isa.name} has no `{min(extra)!s:.40}`")


def _check_pages(storage: Storage, pages: dict[int, list[int]]) -> None:
    for number, words in pages.items():
        first = number * storage.page_words
        if first >= storage.size or len(words) != min(storage.page_words, storage.size - first):
            raise SnapshotError(f"the snapshot is damaged: there is no page {number} of {len(words)} words")
        if any(word >> storage.width for word in words):
            raise SnapshotError(f"the snapshot is damaged: a word of page {number} is too wide")


def _check_program(storage: Storage, code: tuple[tuple[int, int], ...], replaced: tuple[tuple[int, int], ...]) -> None:
    inside = all(first + count <= storage.size for first, count in code)
    if not inside or any(place >= storage.size or word >> storage.width for place, word in replaced):
        raise SnapshotError("the snapshot is damaged: its program does not lie in storage")


def _pages_of(machine: Machine) -> dict[int, list[int]]:
    storage = machine.storage
    return {page: machine.words(*_extent(storage, page)).tolist() for page in storage.nonzero_pages()}


def _extent(storage: Storage, page: int) -> tuple[int, int]:
    """The first word of a page, and how many it has."""
    first = page * storage.page_words
    return first, min(storage.page_words, storage.size - first)


def _fill(storage: Storage, pages: dict[int, list[int]]) -> None:
    """Make storage hold these pages and zeros."""
    for number in [page for page in storage.nonzero_pages() if page not in pages]:
        storage.write(number * storage.page_words, [0] * len(storage.page(number)))
    for number, words in pages.items():
        storage.write(number * storage.page_words, words)
