"""All effects of an instruction read the state before it, in blocks as in single steps."""

from pathlib import Path

import pytest

from isa.assembler import assemble
from isa.description import Isa
from isa.engines.choice import DEFAULT, choose
from isa.language import load_text
from isa.machine import Machine, Storage
from tests.isa.test_engine_programs import Stepping, blocks, outcome

G3_TEXT = (Path(__file__).parents[2] / "isa" / "machines" / "g3.isa").read_text()
EXTRA = """
instr swap "d, a" T(0x40) "Swap." { x[d] <- x[a]; x[a] <- x[d] }
instr push1 "d, a" T(0x41) "Move down, and store where it was." { x[a] <- x[a] - 1; mem[x[a]] <- x[d] }
instr step1 "a, b, t" B(0x42) "Branch by what was, and count." { x[a] <- x[a] - 1; branch(x[a] == x[b], sext(t)) }
instr lui """


@pytest.fixture(scope="module")
def machine() -> Isa:
    return load_text(G3_TEXT.replace("\ninstr lui ", EXTRA, 1), "g3")


PROGRAMS = {
    "a jump through the register that it sets": "loop: la r4, 1f\n addi r3, r3, -1\n jalr r4, 0(r4)\n set r5, 1\n1:",
    "a swap": "loop: swap r1, r2\n addi r3, r3, -1\n swap r2, r6\n",
    "a store at the address that it moves": "loop: push1 r1, r2\n addi r1, r1, 3\n addi r3, r3, -1\n",
    "a store of the register that it moves": "loop: push1 r2, r2\n addi r3, r3, -1\n",
    "a branch on what it moves": "loop: set r6, 20\n addi r3, r3, -1\n step1 r3, r6, 1f\n addi r7, r7, 1\n1:",
}


@pytest.mark.parametrize("what", PROGRAMS)
@pytest.mark.parametrize("longest", [1, 2, 8, 32])
def test_effects_do_not_see_each_other(machine: Isa, what: str, longest: int) -> None:
    text = f" .org 16\nstart: set r3, 40\n set r1, 5\n set r2, 200\n set r6, 9\n{PROGRAMS[what]} bgtz r3, loop\n halt\n"
    image = assemble(machine, text, "effects.s")
    found = []
    for engine in (choose(DEFAULT), Stepping):
        run = Machine(machine, Storage(32, 1024), engine=engine)
        run.load(image)
        with blocks(longest):
            run.run(3000)
        found.append(outcome(run))
    assert found[0] == found[1]
