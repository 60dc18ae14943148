"""Planted bugs: each must make the round trip over edge values fail, or the round trip proves nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from isa.assembler import assemble
from isa.assembler import disassembly as disassembly_module
from isa.assembler import words as words_module
from isa.assembler.disassembly import disassemble
from isa.assembler.expressions import Value
from isa.assembler.templates import Registers
from isa.description import Isa, Use
from isa.encoding import encode
from isa.errors import SourceError
from tests.isa.small_machines import LEFT, RIGHT


def edge_words(isa: Isa) -> list[int]:
    """Every instruction with the least, the greatest and a middling value of all operands."""
    words = []
    for instruction in isa.instructions.values():
        for pattern in (0, ~0, 0x5A5A, 0x8000, 0x7FFE):
            values = {u.name: pattern >> i & u.extract(u.deposit(~0)) for i, u in enumerate(instruction.uses)}
            words.append(encode(isa, instruction.name, {n: v & 0xFFFF for n, v in values.items()}))
    return words


def round_trips() -> bool:
    try:
        texts = {isa.name: disassemble(isa, edge_words(isa), 5) for isa in (LEFT, RIGHT)}
        return not any(".word" in text for text in texts.values()) and all(
            [word for _, word in assemble(isa, texts[isa.name]).words()] == edge_words(isa) for isa in (LEFT, RIGHT)
        )
    except SourceError:
        return False


def test_the_edges_round_trip_as_things_are() -> None:
    assert round_trips()


meant, target, fit = disassembly_module.meant, disassembly_module.target, words_module.fit
name = Registers.name


def first_piece_only(use: Use, word: int) -> int:
    piece = use.pieces[0]
    return (word >> piece.word_low & ((1 << piece.width) - 1)) << piece.operand_low


@pytest.mark.parametrize(
    "place, attribute, planted",
    [
        (disassembly_module, "meant", lambda operand, bits: bits),
        (disassembly_module, "target", lambda operand, bits, address: target(operand, bits, address) + 1),
        (disassembly_module, "target", lambda operand, bits, address: bits),
        (words_module, "fit", lambda use, value, address, tokens: fit(use, value, address + 1, tokens)),
        (words_module, "fit", lambda use, value, address, tokens: fit(use, Value(abs(value.number)), address, tokens)),
        (Registers, "name", lambda registers, number: name(registers, number ^ 1)),
        (Use, "extract", first_piece_only),
    ],
    ids=["unsigned", "pc off by one", "absolute", "address off by one", "no minus", "wrong register", "half a field"],
)
def test_a_planted_bug_is_caught(
    monkeypatch: pytest.MonkeyPatch, place: Any, attribute: str, planted: Callable[..., Any]
) -> None:
    edges = {isa.name: edge_words(isa) for isa in (LEFT, RIGHT)}
    monkeypatch.setitem(globals(), "edge_words", lambda isa: edges[isa.name])
    monkeypatch.setattr(place, attribute, planted)
    assert not round_trips()
