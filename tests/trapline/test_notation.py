"""What is written of the IR can be read back in, and means the same."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from isa.description import Instruction, Isa
from isa.ir.fold import add
from isa.ir.nodes import TRUE, Behaviour, Expr, Read, Write
from isa.language import load_text
from isa.machines.catalogue import find, shipped
from trapline.explaining import notation
from trapline.explaining.notation import behaviour_lines, expression_lines

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

FAMILIES = [name for name in shipped() if not any(find(other).parent == name for other in shipped())]


def encoding(instruction: Instruction, word: int) -> str:
    """The pieces of a format that has the encoding of one instruction."""
    starts = {p.word_low + p.width - 1: (p, use) for use in instruction.uses for p in use.pieces}
    pieces, high = [], word - 1
    while high >= 0:
        if high in starts:
            piece, use = starts[high]
            cut = f"[{piece.operand_low + piece.width - 1}:{piece.operand_low}]" * (len(use.pieces) > 1)
            pieces.append(f"{use.name}{cut}:{use.operand.name}")
            high -= piece.width
        else:
            low = max((start for start in starts if start < high), default=-1) + 1
            pieces.append(f"{instruction.match >> low & (1 << high - low + 1) - 1}:{high - low + 1}")
            high = low - 1
    return " ".join(pieces)


def items(isa: Isa) -> Iterator[str]:
    """Every instruction again, with the meaning that is written of it."""
    for number, instruction in enumerate(isa.instructions.values()):
        body = "\n".join(behaviour_lines(isa, instruction.behaviour))
        yield f"add format Zz{number}() = {encoding(instruction, isa.word)}"
        yield f'override instr {instruction.name} "{instruction.template}" Zz{number}() {{ {body} }}'


def read_back(isa: Isa) -> Isa:
    return load_text(f'variant again of {isa.name} "The same." {{\n' + "\n".join(items(isa)) + "\n}")


def meaning(behaviour: Behaviour) -> Behaviour:
    """Without the names of views, which are written out."""
    return replace(behaviour, traps=tuple(replace(trap, view="") for trap in behaviour.traps))


def differing(isa: Isa) -> list[str]:
    again = read_back(isa).instructions
    return [n for n, i in isa.instructions.items() if meaning(i.behaviour) != meaning(again[n].behaviour)]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.nightly if n % 2 else ()) for n, name in enumerate(FAMILIES)]
)
def test_every_instruction_can_be_read_back(name: str) -> None:
    assert differing(find(name)) == []


def test_a_wrong_spelling_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(notation._SPELLED, "ult", "<=u")
    assert differing(find("g3")) == ["sltu", "sltiu", "bltu"]


def test_missing_parentheses_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notation.Notation, "_operand", lambda self, node, place, operand, text: text)
    assert "nor" in differing(find("g3"))


def test_what_is_shared_is_written_once() -> None:
    isa, expr = find("g3"), add(Read(32, "timer"), Read(32, "bound"))
    once: Expr = expr
    for _ in range(200):
        expr = add(expr, expr)
    lines = list(expression_lines(isa, "much", expr))
    assert sum(map(len, lines)) < 200 * 100
    assert list(expression_lines(isa, "once", once)) == ["once = timer + bound"]


def test_a_name_is_not_one_of_the_machine() -> None:
    isa = load_text(
        'variant v of g3 "A state that is called as a name might be." {\n'
        'add state v1 : word @general\noverride instr nor "d, a, b" R(0x0b) { v1 <- x[a] }\n}'
    )
    long = add(add(add(Read(32, "v1"), Read(32, "timer")), Read(32, "bound")), Read(32, "timer"))
    lines = list(behaviour_lines(isa, Behaviour((), (Write(TRUE, "v1", 0, add(long, long)),))))
    assert lines == ["let v2 : bits(32) = ((v1 + timer) + bound) + timer", "v1 <- v2 + v2"]
