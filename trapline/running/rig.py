"""A guest's machine set up as the options say: bare or under monitors, with its devices.

`build` makes one; `trapline.running.launch` loads a guest into it and `trapline.running.session` runs it. The machine
of a rig is a `Machine` whether it is real or virtual.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from isa.classes import dataclass
from isa.description import Isa
from isa.devices import BLOCK, Console, Disk, Input, MemoryBacking, Ports, Sink, standard
from isa.engines.choice import DEFAULT, bare, counted
from isa.machine import Machine, Storage
from trapline.running.disks import contents

if TYPE_CHECKING:
    from monitor import VirtualMachine
    from monitor.techniques import Monitors

ROOMY = 1 << 16  # words that a guest gets which does not say what it needs


@dataclass(frozen=True, slots=True)
class Outfit:
    """The devices of one machine: the standard ones at their standard places, as far as the machine has room."""

    input: Input | None = None
    sink: Sink | None = None
    disk: Disk | str | None = None
    read_only: bool = False
    seed: int = 0
    queue: bool = False

    def ports(self, isa: Isa) -> Ports:
        """New devices for a machine. Raises TraplineError for a disk that cannot be used."""
        disk, read_only, queue = self.disk, self.read_only, self.queue
        return standard(
            isa, input=self.input, sink=self.sink, disk=disk, read_only=read_only, queue=queue, seed=self.seed
        )


@dataclass(slots=True)
class Rig:
    """`machine` is the guest's, on top of `monitors`; `engine` is the name of what runs the real machine."""

    isa: Isa
    machine: Machine
    monitors: "Monitors"
    engine: str = DEFAULT

    @property
    def depth(self) -> int:
        """How many monitors there are."""
        return len(self.machine.hosts) - 1

    @property
    def kinds(self) -> str:
        """The monitors, as users write them."""
        if not self.monitors:
            return "none"
        from monitor.techniques.catalogue import written

        return written(self.monitors)

    @property
    def console(self) -> Console | None:
        return self.machine.ports.find(Console)

    @property
    def output(self) -> bytes:
        """Everything the guest printed; of more than a mebibyte its end."""
        return self.console.output if self.console else b""

    @property
    def printed(self) -> int:
        """How many bytes the guest printed in all."""
        return self.console.transcript.length if self.console else 0

    @property
    def exit_code(self) -> int:
        """What the guest leaves where its machine's description says that exit codes are: 0 is success."""
        return exit_code(self.machine)

    @property
    def virtual(self) -> "VirtualMachine | None":
        """The machine, if it is virtual."""
        if self.depth == 0:
            return None
        from monitor import VirtualMachine

        return self.machine if isinstance(self.machine, VirtualMachine) else None


def build(
    isa: Isa, words: int, outfit: Outfit, monitors: "Monitors" = 0, engine: str = DEFAULT, counting: bool = False
) -> Rig:
    """A machine of `words` words on top of monitors, on an engine (see `isa.engines.choice`), which may be one that
    counts what it executes, for `trapline.profiling`.

    Raises MachineError if it cannot be built.
    """
    ports, runs = outfit.ports(isa), counted(engine) if counting else engine
    if not monitors:
        return Rig(isa, bare(isa, Storage(isa.word, words), ports, outfit.seed, engine=runs), 0, engine)
    from monitor.monitor import tower
    from proofs.verdict.informing import informed

    return Rig(isa, tower(isa, words, informed(isa, monitors), ports, outfit.seed, runs), monitors, engine)


def scratch_disk(isa: Isa, path: str | None, blocks: int, read_only: bool = False) -> Callable[[], Disk | None]:
    """A maker of equal disks in memory: copies of a file, or else `blocks` empty blocks; None for no disk at all.

    Raises TraplineError for a file that cannot be used.
    """
    original = contents(path) if path is not None else bytes(blocks * BLOCK * ((isa.word + 7) // 8))
    if path is None and not blocks:
        return lambda: None
    return lambda: Disk(MemoryBacking(bytes(original), not read_only), isa.word)


def plenty(isa: Isa) -> int:
    """How many words a guest gets that does not say what it needs: many, but no more than a word can count."""
    return min(ROOMY, int(1 << isa.word - 1))


def exit_code(machine: Machine) -> int:
    """What stands where the description says that exit codes are; 0 for a machine that has none."""
    if machine.isa.exit is None:
        return 0
    state, cell = machine.isa.exit
    found = machine.state[state]
    return found[cell] if isinstance(found, list) else found
