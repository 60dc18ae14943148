"""What stands for GUEST on the command line: a shipped guest's name, an assembly file, or an image.

`find` turns it into a `Program`. Which machine it is for is settled here too: `--isa`, else what the guest's header or
the image says, else the default.
"""

import os
from collections.abc import Iterator, Sequence

from guests import catalogue
from guests.catalogue import DIRECTORY, LIBRARY, Guest, describe
from isa.assembler import Image
from isa.assembler.assembled import assembled
from isa.assembler.includes import read_source
from isa.classes import dataclass, field, replace
from isa.description import Isa
from isa.display import Displayed
from isa.errors import TraplineError, UsageError
from isa.machines.catalogue import find as find_machine
from isa.machines.catalogue import shipped as shipped_machines
from trapline.options import DEFAULT_MACHINE


@dataclass(frozen=True, slots=True, repr=False)
class Program(Displayed):
    """A guest ready to load. `machine` is what `--isa` would have to say; `guest` is its header, None for an image;
    `definitions` are constants from outside."""

    name: str
    machine: str
    isa: Isa
    image: Image
    guest: Guest | None
    definitions: dict[str, int] = field(default_factory=dict)

    def title(self) -> str:
        return f"program {self.name}"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "machine", self.isa.name
        yield from self.image.shown()

    @property
    def storage(self) -> int | None:
        """How many words it needs, if it says so or is larger than what guests usually need."""
        if self.guest is None:
            return None
        return max(self.guest.storage, self.image.top)

    @property
    def shipped(self) -> bool:
        """Whether it is one of ours."""
        return self.guest is not None and self.name in catalogue.names()

    @property
    def input(self) -> bytes:
        """The console input of its header."""
        return self.guest.input.encode() if self.guest else b""

    @property
    def disk(self) -> int:
        """How many blocks of disk it needs."""
        return self.guest.disk if self.guest else 0

    @property
    def queue(self) -> bool:
        """Whether it reaches that through a queue."""
        return self.guest is not None and self.guest.queue


def find(argument: str, machine: str | None, definitions: Sequence[tuple[str, int]] | None = None) -> Program:
    """The program that `argument` names, for `machine` if one is given, with constants defined from outside.

    Raises UsageError for a name that is no guest and for definitions for an image, SourceError for mistakes in the
    assembly, TraplineError for a file that cannot be used.
    """
    names = catalogue.names()
    if argument in names:
        return _assembled(catalogue.find(argument), machine, DIRECTORY, definitions)
    if argument.endswith(".s"):
        _check_file(argument, names)
        read_source(argument)  # explains a file that is no text
        from pathlib import Path

        return _assembled(describe(Path(argument)), machine, None, definitions)
    if definitions:
        raise UsageError(f"{argument} is an image, and nothing can be defined in it", "leave `--define` away")
    return _loaded(argument, machine, names)


def _assembled(
    guest: Guest, machine: str | None, root: str | None, definitions: Sequence[tuple[str, int]] | None
) -> Program:
    chosen = machine or _beside(guest)
    isa = find_machine(chosen)
    image = assembled(isa, guest.file, root, LIBRARY, dict(definitions or ()))
    if not image.segments:
        raise empty(guest, chosen)
    portable = _portable(image, root) if root else image
    return Program(guest.name, chosen, isa, portable, guest, dict(definitions or ()))


def empty(guest: Guest, machine: str) -> TraplineError:
    """What is said of a program without words."""
    help = f"write some instructions: `trapline machines {machine} --manual` explains them"
    return TraplineError(f"{guest.file} is empty: it assembles to no words", help)


def _beside(guest: Guest) -> str:
    """The machine of a guest's header: a shipped one, or a description that is looked for in the guest's own folder."""
    path = guest.machine if guest.machine.endswith(".isa") else guest.machine.rpartition(":")[0]
    if guest.machine in shipped_machines() or not path.endswith(".isa"):
        return guest.machine
    return os.path.join(os.path.dirname(guest.file), guest.machine)


def _portable(image: Image, root: str) -> Image:
    """The image of a shipped guest with file names as seen from the folder of guests, wherever that is installed."""
    lines = {a: replace(line, file=_from(root, line.file)) for a, line in image.lines.items()}
    return replace(image, lines=lines)


def _from(root: str, file: str) -> str:
    return file if file.startswith("<") else os.path.relpath(file, root)


def _loaded(path: str, machine: str | None, names: list[str]) -> Program:
    _check_file(path, names)
    from isa.assembler.image_format import load_image  # not where a program comes as text

    image = load_image(path)
    chosen = machine or (image.machine if image.machine in shipped_machines() else DEFAULT_MACHINE)
    isa = find_machine(chosen)
    image.check(isa)
    return Program(os.path.basename(path), chosen, isa, image, None)


def _check_file(path: str, names: list[str]) -> None:
    """Explain a missing file as well as can be: a plain word was probably meant as a guest's name."""
    if os.path.exists(path):
        return
    if os.sep not in path and not os.path.splitext(path)[1]:
        from difflib import get_close_matches

        near = get_close_matches(path, names, 3)
        guess = f"did you mean {' or '.join(near)}?" if near else f"guests are {', '.join(names)}"
        raise UsageError(f"there is no guest and no file `{path}`", guess)
    raise TraplineError(f"cannot read {path}: no such file", "give an assembly file (.s), an image, or a guest's name")
