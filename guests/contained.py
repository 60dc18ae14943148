"""The disk of the kernel with containers (`guests/containers.s`): their descriptors, the layers of their images, each
there once however many stand on it, and the blocks that each container may write. docs/containers.md has the format,
`guests/os/containers.s` reads it.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from guests.pack import BYTES
from isa.devices import BLOCK
from isa.errors import UsageError

MAGIC = 0x314E4F43  # "CON1"
LETTERS = 12  # of a container's name
NAME = 48  # characters of a file's
MOST_LAYERS = 60  # of all images together
MOST_OF_IMAGE = 8
MOST_BLOCKS = 32  # that a container may write
MOST_FILES = 256
MOST_PROCESSES = 64
MOST_WINDOW = 1 << 20  # words
MOST_CONTAINERS = 1000
MOST_CONTENTS = 1 << 26  # characters of a file
LOADER = 32  # words of a window that its program may not have, at least as many as the kernel's loader has
DESCRIPTOR = 64  # words
HIDDEN = 0xFFFFFFFF
HEAD = struct.Struct("<8I")  # magic, containers, layers, blocks in use, nothing
FILE = struct.Struct("<48s2I8x")
TOLD = struct.Struct("<12s8I8I52x48s")  # name; flags to layers; which layers; the command; what is the kernel's own
HAS_CONSOLE = 1

Layer = Mapping[str, bytes | None]  # a file's contents by its name; None hides what is below


@dataclass(frozen=True, slots=True)
class Limits:
    """What a container may have: processes, words of a window for each of them, blocks and files to write; and after
    how many steps it is ended, 0 for never."""

    processes: int = 1
    window: int = 1024
    blocks: int = 8
    files: int = 16
    steps: int = 0

    def check(self, name: str) -> None:
        """Raises UsageError for what the kernel cannot give."""
        most = (MOST_PROCESSES, MOST_WINDOW, MOST_BLOCKS, MOST_FILES, 0xFFFFFFFF)
        for field, least, limit in zip(self.__slots__, (1, BLOCK, 0, 0, 0), most, strict=True):
            if not least <= getattr(self, field) <= limit:
                raise UsageError(f"{name}: `{field}` is from {least} to {limit}", f"write such a number for `{field}`")


@dataclass(frozen=True, slots=True)
class Container:
    """`layers` of an image, the lowest first; `command` is the file that its first process runs."""

    name: str
    layers: tuple[Layer, ...]
    command: str
    limits: Limits = Limits()
    console: bool = False

    def check(self) -> None:
        """Raises UsageError for what the kernel would refuse or not find."""
        if not 0 < len(self.name) <= LETTERS or not self.name.isascii() or not self.name.isprintable():
            raise UsageError(f"{self.name!r:.40} is not a name of 1 to {LETTERS} letters", "give it another name")
        if len(self.layers) > MOST_OF_IMAGE:
            raise UsageError(f"{self.name} has {len(self.layers)} layers", f"{MOST_OF_IMAGE} are the most")
        self.limits.check(self.name)
        for layer in self.layers:
            for name, contents in layer.items():
                if not 0 < len(name.encode()) <= NAME or "\0" in name:
                    raise UsageError(f"{self.name}: `{name:.80}` is not a name of 1 to {NAME} characters", "rename it")
                if contents is not None and len(contents) > MOST_CONTENTS:
                    raise UsageError(f"{self.name}: `{name}` is too large", f"{MOST_CONTENTS} characters are the most")
        program = seen(self.layers).get(self.command)
        if program is None:
            raise UsageError(f"{self.name} has no file `{self.command:.80}`", "its command is one of its files")
        words = _blocks(program) * BLOCK + LOADER
        if words > self.limits.window:
            raise UsageError(
                f"{self.name}: `{self.command}` needs {words} words, and a window has {self.limits.window}",
                f"write `window = {words}`",
            )


def seen(layers: Iterable[Layer]) -> dict[str, bytes]:
    """What all layers together show."""
    shown: dict[str, bytes] = {}
    for layer in layers:
        for name, contents in layer.items():
            if contents is None:
                shown.pop(name, None)
            else:
                shown[name] = contents
    return shown


def place(containers: Sequence[Container]) -> bytes:
    """The bytes of a disk with these containers. Raises UsageError for what the kernel would refuse."""
    if not 0 < len(containers) <= MOST_CONTAINERS:
        raise UsageError(f"{len(containers)} containers: there can be 1 to {MOST_CONTAINERS}", "take another number")
    if sum(one.console for one in containers) > 1:
        raise UsageError("only one container can have the console", "let one of them have it")
    layers: dict[tuple[tuple[str, bytes | None], ...], int] = {}
    for one in containers:
        one.check()
        for layer in one.layers:
            layers.setdefault(_key(layer), len(layers))
    if len(layers) > MOST_LAYERS:
        raise UsageError(f"{len(layers)} layers are more than the {MOST_LAYERS} there can be", "take fewer images")
    used = 1 + -(-len(containers) // 2)
    heads, parts = b"", []
    for key in layers:
        table, contents = b"", b""
        first = used + -(-len(key) * FILE.size // BYTES)
        for name, data in key:
            table += FILE.pack(name.encode(), HIDDEN if data is None else first, len(data or b""))
            contents += _whole(data or b"")
            first += _blocks(data or b"")
        heads += struct.pack("<2I", used, len(key))
        parts += [_whole(table), contents]
        used = first
    told = b""
    for one in containers:
        limits = one.limits
        told += TOLD.pack(
            one.name.encode(),
            HAS_CONSOLE * one.console,
            limits.processes,
            limits.window,
            limits.steps,
            used,
            limits.blocks,
            limits.files,
            len(one.layers),
            *(layers[_key(layer)] for layer in one.layers),
            *[0] * (MOST_OF_IMAGE - len(one.layers)),
            one.command.encode(),
        ).ljust(4 * DESCRIPTOR, b"\0")
        used += limits.blocks
    head = HEAD.pack(MAGIC, len(containers), len(layers), used, 0, 0, 0, 0) + heads
    return b"".join([_whole(head), _whole(told), *parts]).ljust(used * BYTES, b"\0")


def room(containers: Sequence[Container], own: int) -> int:
    """How many words of storage the kernel needs for them, which has `own` words itself."""
    layers = {_key(layer) for one in containers for layer in one.layers}
    tables = sum(-(-len(key) * FILE.size // BYTES) * BLOCK for key in layers)
    return own + BLOCK + tables + -(-len(containers) // 2) * BLOCK + sum(words(one) for one in containers)


def words(one: Container) -> int:
    """Words of storage of a container beside its descriptor: its table of files, its line and its windows."""
    return 32 * one.limits.files + 120 + one.limits.processes * one.limits.window


def _key(layer: Layer) -> tuple[tuple[str, bytes | None], ...]:
    return tuple(layer.items())


def _blocks(data: bytes) -> int:
    return -(-len(data) // BYTES)


def _whole(data: bytes) -> bytes:
    return data.ljust(_blocks(data) * BYTES, b"\0")
