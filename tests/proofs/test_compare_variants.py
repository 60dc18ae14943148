"""Machines that the monitor admits and that are unlike the shipped ones: in clocks, control words, trap entries.

Random programs must be equivalent on each, for whoever writes a machine has no monitor but ours.
"""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.description import Isa
from isa.language import load_text
from tests.isa.test_engine_programs import Stepping, blocks, ran
from tests.program_pairs import compared
from tests.program_strategies import Program, programs

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

STEP = "override step {{ {time} pc <- pc + 1 execute mem[pc] else trap illegal(insn) }}"
DEVICE = "trap device(zext(pending)) when psw.ie == 1 && pending != 0"
TRAP = """
  override on trap(cause : Cause, info : word) "{doc}" {{
    storage[0] <- pc; storage[1] <- psw; storage[2] <- base; storage[3] <- bound
    {more}
    pc <- storage[8]; psw <- storage[9]; base <- storage[10]; bound <- storage[11]
  }}
"""
RESET = "override on reset {{ psw <- 0; base <- 0; bound <- size(storage); timer <- 0; pending <- 0; {more} }}"


def step(*time: str) -> str:
    return STEP.format(time=" ".join([*time, DEVICE]))


VARIANTS: dict[str, str] = {
    "up to a limit": step("trap clock(0) when psw.ie == 1 && timer == 50", "timer <- timer + 1 when timer <u 50"),
    "down for ever": step("trap clock(timer) when psw.ie == 1 && timer == 0", "timer <- timer - 1"),
    "while it is small": step("trap clock(timer) when psw.ie == 1 && timer <u 20", "timer <- timer + 1"),
    "signed": step("trap clock(timer) when psw.ie == 1 && timer <s 0", "timer <- timer - 1"),
    "two clocks": "add state ticks : bits(8) @timer"
    + ' "A second clock." '
    + step(
        "trap clock(0) when psw.ie == 1 && timer == 1",
        "trap clock(zext(ticks)) when psw.ie == 1 && ticks == 200",
        "timer <- timer - 1 when timer >u 1",
        "ticks <- ticks + 1",
    )
    + 'override instr rtim "d" D(0x84) "Both." { privileged(); x[d] <- timer + zext(ticks) }',
    "no clock at all": step() + 'override instr rtim "d" D(0x84) "Nothing." { privileged(); x[d] <- timer }'
    'override instr idle "" Z(0x8b) "Wait for a device." { privileged(); pc <- pc when pending == 0 }',
    "condition codes": """
        override state psw : word @control "With two flags." {
          mode : Mode = [0] @mode, ie = [1] @enable, zf = [8], cf = [31]
        }
        override instr add "d, a, b" R(0x01) "Sets flags." {
          let sum = x[a] + x[b]
          x[d] <- sum; psw.zf <- if sum == 0 then 1 else 0; psw.cf <- if sum <u x[a] then 1 else 0
        }
        override instr xor "d, a, b" R(0x0a) "Reads them." { x[d] <- x[a] ^ zext(psw.zf ++ psw.cf) }
    """,
    "a resource of its own": RESET.format(more="limit <- 7")
    + 'add state limit : word @resource "A word that only the supervisor sees."'
    'override instr rtim "d" D(0x84) "Swap." { privileged(); x[d] <- limit; limit <- x[d] + timer }',
    "a file of resources": """
        add state keys : bits(8)[4] @resource "Four keys."
        override instr rtim "d" D(0x84) "Read one." { privileged(); x[d] <- zext(keys[x[d][1:0]]) + timer }
        override instr stim "d" D(0x85) "Set one." { privileged(); keys[x[d][3:2]] <- x[d][7:0]; timer <- x[d] }
    """,
    "a trap entry that counts": 'add state depth : bits(4) @general "How many traps."'
    + TRAP.format(doc="Counts.", more="storage[4] <- zext(cause ++ depth); storage[5] <- info; depth <- depth + 1"),
    "a trap entry with a computed place": TRAP.format(
        doc="By cause.", more="storage[zext(cause) + 16] <- info; storage[4] <- storage[zext(cause) + 16] + 1"
    ),
    "a trap entry that halts": TRAP.format(
        doc="A double fault stops.", more="storage[4] <- zext(cause); halted <- 1 when storage[0] == pc"
    ),
}


@cache
def variant(name: str) -> Isa:
    return load_text(f'variant other of g3 "{name}." {{ {VARIANTS[name]} }}')


@pytest.mark.parametrize("name", VARIANTS)
@settings(max_examples=settings().max_examples // 4)
@given(data=st.data(), depth=st.integers(1, 2), longest=st.sampled_from([1, 3, 32]))
def test_random_programs_are_equivalent(name: str, data: st.DataObject, depth: int, longest: int) -> None:
    program: Program = data.draw(programs(variant(name)))
    with blocks(longest):
        found = compared(program, depth)
        fast = ran(program.bare(), program.budgets)
    assert found.equivalent, found.divergence
    assert fast == ran(program.bare(engine=Stepping), program.budgets)
