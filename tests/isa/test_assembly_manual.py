"""docs/assembly.md: its programs assemble, and its tables list what there is."""

import re
from pathlib import Path

import pytest

from isa.assembler import assemble
from isa.assembler.directives import DIRECTIVES
from isa.assembler.expressions import _PRECEDENCE, _UNARY
from isa.errors import SourceError
from isa.machines.catalogue import find

MANUAL = (Path(__file__).parents[2] / "docs" / "assembly.md").read_text("utf-8")
PROGRAMS = re.findall(r"```asm\n(.*?)```", MANUAL, re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_of_the_manual_assembles(program: str) -> None:
    assert assemble(find("g3"), program).top > 0


def test_the_manual_lists_every_directive_and_operator() -> None:
    assert set(re.findall(r"`(\.[a-z]+)", MANUAL)) == set(DIRECTIVES)
    operators = MANUAL.split("precedence:\n")[1].split("and brackets")[0]
    assert set(re.sub(r"[`,()]|one operand", " ", operators).split()) == {*_PRECEDENCE, *_UNARY}


def test_the_manual_s_example_of_a_slice_holds() -> None:
    g3 = find("g3")
    with pytest.raises(SourceError, match="does not fit operand"):
        assemble(g3, "addi r1, r0, 0xffff")
    sliced, plain = (assemble(g3, f"addi r1, r0, {value}").segments for value in ("0xffff[15:0]", "-1"))
    assert sliced == plain
