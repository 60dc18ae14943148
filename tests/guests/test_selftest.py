"""The self-test executes every instruction, and notices when one of them is wrong."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from guests.catalogue import find
from isa.description import Instruction, Isa
from isa.encoding import decoder
from isa.ir.fold import apply, const, rewrite_behaviour, rewriter
from isa.ir.nodes import Apply, Behaviour, Const, Expr, nodes
from isa.machine.exits import Reason
from isa.machine.trace import each_line
from tests.guests.boot import Booted, image_of, machine

pytestmark = pytest.mark.every(3)

G3 = machine("g3")
GUEST = find("selftest")
IMAGE = image_of(GUEST, G3)
PAIRS = "add sub, mul add, divu divs, remu rems, and or, or xor, not neg, shl shru, shru shrs, zext sext, both either"
PAIRS += ", slt ult, slt sle, ult ule, ule sle"

# Mutants that no program can tell from the original: a half-word is shifted to the top whatever extends it; no device
# has bit 15; a base beyond storage is noticed by the fetch before any other access; and behind a first access that is
# in storage, a later one of the same instruction is never at a negative address.
EQUIVALENT = {"lui": 1, "rpnd": 1, "lw": 2, "sw": 2, "lpsw": 5}


def test_it_executes_every_instruction() -> None:
    booted, decode = Booted(GUEST), decoder(G3).decode
    words: set[int | None] = set()
    booted.machine.trace = each_line(lambda line: words.add(line.word))
    booted.run()
    found = [decode(word) for word in words if word is not None]
    assert {pair[0].name for pair in found if pair is not None} == set(G3.instructions)


def passes(instruction: Instruction, behaviour: Behaviour) -> bool:
    """Whether the self-test ends well on a machine on which this instruction does something else."""
    changed = replace(instruction, behaviour=behaviour)
    isa: Isa = replace(G3, instructions=G3.instructions | {instruction.name: changed})
    booted = Booted(GUEST, isa, image=IMAGE, engine="reference")  # native code would be made anew for every machine
    return booted.run().reason is Reason.HALT and booted.output == GUEST.prints


@pytest.mark.parametrize("name", G3.instructions)
def test_it_notices_an_instruction_that_does_nothing(name: str) -> None:
    assert not passes(G3.instructions[name], Behaviour())


@pytest.mark.parametrize("variant", ["g3_sgdt", "g3_popf"])
def test_it_notices_a_machine_that_cannot_be_virtualized(variant: str) -> None:
    booted = Booted(GUEST, machine(variant))
    assert booted.run().reason is Reason.HALT
    assert booted.output.endswith("checks, 2 failures\n")


def mutants(behaviour: Behaviour) -> Iterator[Behaviour]:
    """Each trap and each effect left out, each operator replaced by one like it, each constant one more."""
    traps, effects = behaviour.traps, behaviour.effects
    yield from (Behaviour(traps[:i] + traps[i + 1 :], effects) for i in range(len(traps)))
    yield from (Behaviour(traps, effects[:i] + effects[i + 1 :]) for i in range(len(effects)))
    for node in nodes(*behaviour.expressions()):
        for other in others(node):
            yield rewrite_behaviour(behaviour, rewriter({node: other}.get))


def others(node: Expr) -> Iterator[Expr]:
    if isinstance(node, Const) and node.width > 1:
        yield const(node.width, node.value + 1)
    if isinstance(node, Apply):
        for pair in PAIRS.split(", "):
            first, second = pair.split()
            if node.op in (first, second):
                yield apply(second if node.op == first else first, *node.args, width=node.width, low=node.low)


@pytest.mark.parametrize("name", ["sw", pytest.param("", marks=pytest.mark.nightly)])
def test_it_notices_an_instruction_that_is_slightly_wrong(name: str) -> None:
    for instruction in [G3.instructions[name]] if name else G3.instructions.values():
        survivors = sum(passes(instruction, mutant) for mutant in mutants(instruction.behaviour))
        assert (instruction.name, survivors) == (instruction.name, EQUIVALENT.get(instruction.name, 0))
