"""Random programs as what `proofs.runs.compare` takes, with the initial state that an image does not have."""

from dataclasses import dataclass, field

from isa.description import Isa
from isa.engines.choice import DEFAULT
from isa.machine import Machine
from monitor import VirtualMachine
from proofs.runs.compare import Comparison, Setup, compare
from tests.program_strategies import Program


@dataclass(frozen=True)
class ProgramSetup(Setup):
    """Both machines start in the program's state."""

    program: Program = field(kw_only=True)

    def bare(self) -> Machine:
        return self.program.start(super().bare())

    def monitored(self) -> VirtualMachine:
        vm = super().monitored()
        self.program.start(vm)
        return vm


def setup_of(program: Program, depth: int = 1, isa: Isa | None = None, engine: str = DEFAULT) -> ProgramSetup:
    """The comparison of a program at some depth, perhaps on another description with the same encodings."""
    isa, words = isa or program.isa, program.size
    return ProgramSetup(isa, program, words, program.ports, depth, program.seed, engine=engine, program=program)


def compared(program: Program, depth: int = 1, isa: Isa | None = None) -> Comparison:
    return compare(setup_of(program, depth, isa), program.budget)
