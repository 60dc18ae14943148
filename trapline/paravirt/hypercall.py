"""Which word calls the monitor: an instruction that traps in every mode, whatever the state, as a supervisor call does,
with operands that the guest does not use.

Where an instruction has no room for operands, as a breakpoint, the word is the same as the guest's own; what tells them
apart is the place: the image says which words stand for others.
"""

from collections.abc import Container

from isa.assembler.disassembly import Disassembler
from isa.description import Instruction, Isa
from isa.errors import TraplineError
from proofs.verdict.techniques import always_traps, room


def hypercall(isa: Isa, culprits: Container[str], used: Container[int]) -> int:
    """The word, of the instruction with the most room for operands. `culprits` are no choice, and words that are `used`
    only where there is no other. Raises TraplineError for a machine without such an instruction."""
    fitting = [i for i in isa.instructions.values() if always_traps(i) and i.name not in culprits]
    if not fitting:
        raise TraplineError(
            f"{isa.name} has no instruction that could call the monitor: none traps in every state and every mode",
            "give it one whose meaning is a trap without a condition",
        )
    chosen = max(fitting, key=room)
    words = _words(chosen)
    return next((word for word in words if word not in used), words[0])


def statement(isa: Isa, word: int) -> str:
    """The word as it is written."""
    return Disassembler(isa).statement(word, 0)


def _words(instruction: Instruction) -> list[int]:
    """The words to choose from: with the greatest values of the widest operand, the others zero."""
    widest = max(instruction.uses, key=lambda use: use.operand.width, default=None)
    if widest is None:
        return [instruction.match]
    top = (1 << widest.operand.width) - 1
    return [instruction.match | widest.deposit(value) for value in range(top, max(-1, top - 1024), -1)]
