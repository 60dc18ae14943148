"""Encoding and decoding are inverses, for every instruction and operand value of any machine."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.description import Instruction, Isa
from isa.encoding import decoder, encode, encoding_digest, spare_words
from isa.machines.catalogue import find
from tests.isa.small_machines import LEFT, RIGHT

G3 = find("g3")
M16 = find(str(Path(__file__).parents[1] / "machines" / "m16.isa"))
MACHINES = pytest.mark.parametrize("isa", [LEFT, RIGHT, G3, M16], ids=lambda isa: isa.name)


def values(instruction: Instruction) -> st.SearchStrategy[dict[str, int]]:
    """Operand bits that the instruction's format can hold, edges often."""
    one = {}
    for use in instruction.uses:
        kept = use.extract(use.deposit((1 << use.operand.width) - 1))
        one[use.name] = st.one_of(
            st.sampled_from([0, kept, kept & ~kept >> 1, kept >> 1 & kept]),
            st.integers(0, kept).map(lambda v, kept=kept: v & kept),
        )
    return st.fixed_dictionaries(one)


@cache
def of_each(isa: Isa) -> st.SearchStrategy[dict[str, dict[str, int]]]:
    """Operands for every instruction, by its name."""
    return st.fixed_dictionaries({i.name: values(i) for i in isa.instructions.values()})


@MACHINES
@given(data=st.data())
def test_decoding_undoes_encoding(isa: Isa, data: st.DataObject) -> None:
    decode = decoder(isa).decode
    for name, operands in data.draw(of_each(isa)).items():
        instruction, word = isa.instructions[name], encode(isa, name, operands)
        assert word & instruction.mask == instruction.match
        assert decode(word) == (instruction, operands)


@MACHINES
@given(data=st.data())
def test_encoding_undoes_decoding(isa: Isa, data: st.DataObject) -> None:
    word = data.draw(st.integers(0, (1 << isa.word) - 1))
    match = data.draw(st.sampled_from(list(isa.instructions.values())))
    for candidate in (word, word & ~match.mask | match.match):
        found = decoder(isa).decode(candidate)
        if found is None:
            assert all(candidate & i.mask != i.match for i in isa.instructions.values())
        else:
            assert encode(isa, found[0].name, found[1]) == candidate


@pytest.mark.parametrize("isa", [RIGHT, M16], ids=lambda isa: isa.name)
def test_words_all_over_a_small_machine_decode_to_at_most_one_instruction(isa: Isa) -> None:
    find = decoder(isa).find
    for word in range(0, 1 << 16, 5):
        fitting = [i for i in isa.instructions.values() if word & i.mask == i.match]
        assert ([find(word)] if find(word) else []) == fitting


@pytest.mark.parametrize("isa", [RIGHT, M16], ids=lambda isa: isa.name)
def test_spare_words_are_all_that_decode_to_nothing_in_order(isa: Isa) -> None:
    find = decoder(isa).find
    assert list(spare_words(isa)) == [word for word in range(1 << isa.word) if find(word) is None]


def test_negative_values_stand_for_their_bits() -> None:
    assert encode(LEFT, "addi", {"d": 1, "a": 2, "k": -2}) == encode(LEFT, "addi", {"d": 1, "a": 2, "k": 0xFFFE})


@pytest.mark.parametrize(
    "name, operands, message",
    [
        ("addi", {"d": 1, "a": 2}, "needs operand `k`"),
        ("addi", {"d": 1, "a": 2, "k": 1, "z": 1}, "no operand `z`"),
        ("addi", {"d": 1, "a": 2, "k": 0x10000}, "does not fit the 16 bits of `k`"),
        ("addi", {"d": 1, "a": 2, "k": -0x8001}, "does not fit the 16 bits of `k`"),
        ("addi", {"d": 16, "a": 2, "k": 1}, "does not fit the 4 bits of `d`"),
    ],
)
def test_what_cannot_be_encoded_is_refused(name: str, operands: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode(LEFT, name, operands)


def test_a_bit_that_the_format_leaves_out_must_be_zero() -> None:
    with pytest.raises(ValueError, match="leaves out"):
        encode(RIGHT, "LD", {"x": 0, "y": 0, "e": 3})


def test_the_digest_depends_on_encodings_and_nothing_else() -> None:
    digest = encoding_digest(LEFT, ["add", "halt"])
    assert digest == encoding_digest(replace(LEFT, name="other", doc="x"), ["halt", "add", "add"])
    for changed in (
        replace(LEFT, word=33),
        with_instruction(replace(LEFT.instructions["halt"], match=0x8C000000)),
        with_instruction(replace(LEFT.instructions["halt"], mask=0xFF000000)),
        with_instruction(replace(LEFT.instructions["add"], uses=LEFT.instructions["add"].uses[::-1])),
    ):
        assert encoding_digest(changed, ["add", "halt"]) != digest
    changed = with_instruction(replace(LEFT.instructions["lw"], match=0))
    assert encoding_digest(changed, ["add", "halt"]) == digest
    assert encoding_digest(LEFT, ["add"]) != digest


def with_instruction(instruction: Instruction) -> Isa:
    return replace(LEFT, instructions={**LEFT.instructions, instruction.name: instruction})
