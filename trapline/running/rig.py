"""A guest's machine set up as the options say: bare or under monitors, with its devices.

`build` makes one; `trapline.running.launch` loads a guest into it and `trapline.running.session` runs it. The machine of a rig is a
`Machine` whether it is real or virtual.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from isa.description import Isa, Kind, Role
from isa.devices import BLOCK, Console, Disk, Input, MemoryBacking, Ports, Sink, copied, standard
from isa.engines.choice import DEFAULT, choose
from isa.machine import Machine, Storage

if TYPE_CHECKING:
    from monitor import VirtualMachine

ROOMY = 1 << 16  # words that a guest gets which does not say what it needs


@dataclass(frozen=True, slots=True)
class Outfit:
    """The devices of one machine: the standard ones at their standard places, as far as the machine has room."""

    input: Input | None = None
    sink: Sink | None = None
    disk: Disk | str | None = None
    read_only: bool = False
    seed: int = 0

    def ports(self, isa: Isa) -> Ports:
        """New devices for a machine. Raises TraplineError for a disk that cannot be used."""
        return standard(isa, input=self.input, sink=self.sink, disk=self.disk, read_only=self.read_only, seed=self.seed)


@dataclass(slots=True)
class Rig:
    """`machine` is the guest's, on top of `depth` monitors; `engine` is the name of what runs the real machine."""

    isa: Isa
    machine: Machine
    depth: int
    engine: str = DEFAULT

    @property
    def console(self) -> Console | None:
        return self.machine.ports.find(Console)

    @property
    def output(self) -> bytes:
        """Everything the guest printed."""
        return self.console.output if self.console else b""

    @property
    def exit_code(self) -> int:
        """What the guest leaves in its register 1, by the convention of all guests: 0 is success."""
        return exit_code(self.machine)

    @property
    def virtual(self) -> "VirtualMachine | None":
        """The machine, if it is virtual."""
        if self.depth == 0:
            return None
        from monitor import VirtualMachine

        return self.machine if isinstance(self.machine, VirtualMachine) else None


def build(isa: Isa, words: int, outfit: Outfit, depth: int = 0, engine: str = DEFAULT) -> Rig:
    """A machine of `words` words on top of `depth` monitors, on an engine (see `isa.engines.choice`).

    Raises MachineError if it cannot be built.
    """
    ports = outfit.ports(isa)
    if depth == 0:
        return Rig(isa, Machine(isa, Storage(isa.word, words), ports, outfit.seed, choose(engine)), 0, engine)
    from monitor.monitor import tower

    return Rig(isa, tower(isa, words, depth, ports, outfit.seed, engine), depth, engine)


def scratch_disk(isa: Isa, path: str | None, blocks: int, read_only: bool = False) -> Callable[[], Disk | None]:
    """A maker of equal disks in memory: copies of a file, or else `blocks` empty blocks; None for no disk at all.

    Raises TraplineError for a file that cannot be used.
    """
    original = copied(path).data if path is not None else bytes(blocks * BLOCK * ((isa.word + 7) // 8))
    if path is None and not blocks:
        return lambda: None
    return lambda: Disk(MemoryBacking(bytes(original), not read_only), isa.word)


def plenty(isa: Isa) -> int:
    """How many words a guest gets that does not say what it needs: many, but no more than a word can count."""
    return min(ROOMY, int(1 << isa.word - 1))


def exit_code(machine: Machine) -> int:
    """Cell 1 of the first register file with the role @general; 0 for a machine without one."""
    for place in machine.isa.roles[Role.GENERAL]:
        if machine.isa.states[place.state].kind is Kind.ARRAY:
            cells = machine.state[place.state]
            return cells[1] if isinstance(cells, list) and len(cells) > 1 else 0
    return 0
