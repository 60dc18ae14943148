"""Guests that send devices what makes no sense, or nearly none: sequences of commands, drawn from a seed, and a world
of all devices in which they are done, without a processor or as a program of G3."""

import json
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from isa.assembler import Image, assemble
from isa.devices import Disk, MemoryBacking, Ports, Script, Telling, standard
from isa.devices.arrivals import Arrivals
from isa.devices.card import HEADER, LEAST, MOST, Card, station_address
from isa.devices.keys import Keys, pointed, pressed
from isa.devices.screen import Picture, Screen
from isa.machine import Storage
from tests.machines_to_test import G3

DATA, WORDS = 2048, 20480  # where what devices are shown lies, and how much storage there is: room for a picture
SPOTS = [DATA + 96 * i for i in range(20)]
ASKED = SPOTS[-4:]  # where requests for the queue lie
BLOCKS = 6
EMPTY = bytes(range(256)) * 2 * BLOCKS  # the disk, before anything is written
CHARACTERS, BLOCK_MOVES, FRAMES, REQUESTS = 1, 4, 3, 1  # words of a slot, by the kind of ring
RINGS = {6: CHARACTERS, 7: CHARACTERS, 8: BLOCK_MOVES, 11: FRAMES, 12: FRAMES, 15: REQUESTS}  # by port
SCREEN, PORTS = 13, 16
KEPT = ("card", "waiting", 64), ("keys", "waiting", 256), ("queue", "under way", 8)
LARGEST_STATE = 100_000  # characters of a saved state


class Put(NamedTuple):
    """Words are written to storage."""

    address: int
    words: tuple[int, ...]


class Send(NamedTuple):
    port: int
    word: int


class Receive(NamedTuple):
    port: int


class Wait(NamedTuple):
    steps: int


Command = Put | Send | Receive | Wait


def number(random: Random) -> int:
    """Any word, but more often one at which something could go wrong."""
    edges = (0, 1, 2, 7, 8, 127, 128, 129, 4096, 4097, WORDS - 128, WORDS - 1, WORDS, 2**31, 2**32 - 128, 2**32 - 1)
    return random.choice((random.choice(edges), random.randrange(9), random.randrange(300), random.getrandbits(32)))


def address(random: Random) -> int:
    return number(random) if random.random() < 0.1 else random.choice(SPOTS) + random.choice((0, 0, 0, 4, 40))


def nearly(random: Random, words: list[int]) -> tuple[int, ...]:
    """These words, with a mistake here and there."""
    return tuple(number(random) if random.random() < 0.04 else word for word in words)


def slot(random: Random, port: int) -> list[int]:
    match RINGS[port]:
        case _ if port == 15:
            return [number(random) if random.random() < 0.03 else random.choice(ASKED)]
        case 1:
            return [random.randrange(256)]
        case 4:
            return [random.choice((1, 2)), address(random), random.randrange(BLOCKS), 9]
        case _:
            return [address(random), random.choice((HEADER, 40, LEAST, 200, MOST)), 9]


def request(random: Random) -> list[int]:
    """One for the queue, of whole blocks in several pieces."""
    blocks, pieces = random.randrange(1, 3), random.randrange(1, 5)
    cuts = sorted(random.randrange(128 * blocks + 1) for _ in range(pieces - 1))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, 128 * blocks], strict=True)]
    parts = [word for size in sizes for word in (address(random), size)]
    return [random.choice((1, 2, 1, 2, 3)), random.randrange(BLOCKS - 1), pieces, 9, *parts]


def commands(seed: int) -> Iterator[Command]:
    """A guest's commands. Most do what the device's manual says, nearly."""
    random = Random(seed)
    for _ in range(random.randrange(3, 9)):
        port, at = random.choice((*RINGS, 11, 12, 15, 15, SCREEN)), random.choice(SPOTS)
        if port == SCREEN:
            yield Put(
                at, nearly(random, [random.choice((1, 1, 2)), random.choice((0, 64, DATA)), random.choice((0, at))])
            )
        else:
            size, given = random.randrange(2, 9), random.randrange(8)
            slots = [word for _ in range(size) for word in slot(random, port)]
            yield Put(at, nearly(random, [size, given % size, random.choice((0, 0, size - 1)), 0, *slots]))
        for spot in ASKED[: random.randrange(5) if port == 15 else 1]:
            yield Put(spot, nearly(random, request(random)))
        yield Send(port, at if random.random() < 0.9 else number(random))
        if random.random() < 0.3:
            yield Send(random.randrange(PORTS), number(random))
        if random.random() < 0.3:
            yield Receive(random.randrange(PORTS))
        yield Wait(random.choice((0, 1, 20, 110, 230, 700)))


def arrivals(seed: int) -> tuple[Arrivals, Arrivals]:
    """Frames and keys that come meanwhile, some of them no frames."""
    random = Random(seed)
    steps = sorted(random.randrange(800) for _ in range(random.randrange(8)))
    to = b"\xff" * 6, station_address(1), station_address(2)
    frames = [(step, random.choice(to) + random.randbytes(random.choice((0, 8, 30, 300, 1600)))) for step in steps]
    keys = [(step, random.choice((pressed(65), pointed(3, 4, 1), pointed(5, 6, 1)))) for step in steps]
    if seed % 29 == 28:  # more than anybody keeps
        return Arrivals([(40, to[0] + bytes(8))] * 80), Arrivals([(40, pressed(65))] * 300)
    return Arrivals(frames), Arrivals(keys)


def ports(seed: int, out: list[tuple[int, bytes]] | None = None) -> Ports:
    """All devices that a guest can have."""
    frames, keys = arrivals(seed)
    wire = None if out is None else lambda now, frame: out.append((now, frame))
    others = Card(32, 1, wire, frames), Screen(32), Keys(keys)
    disk = Disk(MemoryBacking(EMPTY), 32)
    return standard(G3, input=Script(b"typed\n"), disk=disk, queue=True, seed=seed, others=others)


class World:
    """The devices and the storage of a machine between two that are not its own: `around` are theirs."""

    def __init__(self, seed: int) -> None:
        self.seed, self.out = seed, list[tuple[int, bytes]]()
        whole = Storage(32, WORDS + 2 * Storage(32, 1).page_words)
        page = whole.page_words
        self.storage = whole.window(page, WORDS)
        self.around = whole.cells[:page], whole.cells[page + WORDS :]
        self.ports, self._spare, self.now = ports(seed, self.out), ports(seed, self.out), 0

    def do(self, command: Command) -> None:
        """Everything due at a step's boundary is done before it."""
        self._act()
        match command:
            case Put(at, words):
                self.storage.write(at, list(words))
            case Send(port, word):
                self.ports.send(port, word, self.now)
            case Receive(port):
                self.ports.recv(port, self.now)
            case Wait(steps):
                end = self.now + steps
                while (due := self.ports.deadline()) is not None and due <= end:
                    self.now = max(due, self.now + 1)
                    self._act()
                self.now = max(end, self.now)
        self.now += 1

    def _act(self) -> None:
        self.ports.act(self.now, self.storage)

    def again(self) -> None:
        """Go on with other devices, which know what is saved of these."""
        saved = json.dumps(self.ports.save())
        self.ports, self._spare = self._spare, self.ports
        self.ports.restore(json.loads(saved))

    def picture(self) -> Picture | None:
        screen = self.ports.find(Screen)
        assert screen is not None
        return screen.picture(self.storage)

    def sound(self) -> bool:
        """Whether nothing was written around it, all that left are frames, and it has not grown."""
        inside = not any(part.tobytes().strip(b"\0") for part in self.around)
        frames = all(LEAST <= len(frame) <= MOST for _, frame in self.out)
        small = len(json.dumps(self.ports.save())) < LARGEST_STATE and len(self.written) == 512 * BLOCKS
        told = {device.name: device.told() for device in self.ports.devices.values() if isinstance(device, Telling)}
        few = all(told[name][what] <= most for name, what, most in KEPT)
        return inside and frames and small and few

    @property
    def written(self) -> bytes:
        """All that is on the disk."""
        disk = self.ports.find(Disk)
        assert disk is not None
        return disk.backing.read(0, disk.backing.size)

    @property
    def keys(self) -> list[int]:
        """The first of those that wait, which are gone then."""
        return [self.ports.recv(14, self.now) for _ in range(3)]

    def outcome(self) -> tuple[bytes, object, object, int, list[int]]:
        return self.storage.cells.tobytes(), self.ports.save(), self.out, self.now, self.keys


def program(seed: int) -> Image:
    """The same commands as a program of G3, which waits with its interrupts off."""
    lines = ["        .org 16"]
    for i, command in enumerate(commands(seed)):
        match command:
            case Put(at, words):
                for place, word in enumerate(words):
                    lines += [f"li r1, {word:#x}", f"sw r1, {at + place}(r0)"]
            case Send(port, word):
                lines += [f"li r1, {word:#x}", f"set r2, {port}", "out r1, r2"]
            case Receive(port):
                lines += [f"set r2, {port}", "in r3, r2", "add r4, r4, r3"]
            case Wait(steps):
                lines += [f"set r1, {steps // 2 + 1}", f"w{i}: addi r1, r1, -1", f"bnez r1, w{i}"]
    return assemble(G3, "\n".join([*lines, "halt"]) + "\n", "hostile.s")
