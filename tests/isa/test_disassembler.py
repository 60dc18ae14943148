"""Disassembled text assembles to the same words again: every instruction and operand value, and words that are none."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.assembler.disassembly import Disassembler, disassemble, disassemble_image
from isa.description import Isa
from isa.encoding import encode
from tests.isa.small_machines import LEFT, RIGHT
from tests.isa.test_encoding import M16, MACHINES, of_each

pytestmark = pytest.mark.every(2)


@MACHINES
@given(data=st.data())
def test_every_instruction_round_trips(isa: Isa, data: st.DataObject) -> None:
    origin = data.draw(st.integers(0, (1 << isa.word) - len(isa.instructions)))
    words = [encode(isa, name, operands) for name, operands in data.draw(of_each(isa)).items()]
    text = disassemble(isa, words, origin)
    assert dict(assemble(isa, text).words()) == dict(enumerate(words, origin))
    assert ".word" not in text


@MACHINES
@given(data=st.data())
def test_any_words_round_trip(isa: Isa, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.integers(0, (1 << isa.word) - 1), min_size=1, max_size=20))
    image = assemble(isa, disassemble(isa, words, 3))
    assert [word for _, word in image.words()] == words


@pytest.mark.parametrize("isa", [RIGHT, M16], ids=lambda isa: isa.name)
def test_words_from_all_over_a_small_machine_round_trip(isa: Isa) -> None:
    words = list(range(0, 1 << 16, 13))
    assert assemble(isa, disassemble(isa, words)).segments[0].words == tuple(words)


@given(st.lists(st.sampled_from(["beq r1, r2, there", "there_{i}: jal ra, there", ".word {i}", "nop_{i}: halt"])))
@example(["beq r1, r2, there"] * 3)
def test_images_round_trip_with_their_labels(lines: list[str]) -> None:
    text = "\n".join(line.format(i=i) for i, line in enumerate(lines))
    image = assemble(LEFT, f".org 0x40\n{text}\n.org 0x20\nthere: halt\nend:\n.entry there + 1")
    text = disassemble_image(LEFT, image)
    again = assemble(LEFT, text)
    assert (again.segments, again.entry) == (image.segments, image.entry)
    assert again.symbols == {n: v for n, v in image.symbols.items() if n != "end"}
    assert ("beq r1, r2, there" in text) == ("beq r1, r2, there" in lines)


def test_statements_read_as_they_are_written() -> None:
    machine = Disassembler(LEFT)
    assert machine.statement(encode(LEFT, "lw", {"d": 1, "a": 14, "k": -4}), 0) == "lw r1, -4(sp)"
    assert machine.statement(encode(LEFT, "lui", {"d": 1, "u": 0xBEEF}), 0) == "lui r1, 0xbeef"
    assert machine.statement(encode(LEFT, "jal", {"d": 15, "t": -3}), 10) == "jal ra, 0x8"
    assert machine.statement(encode(LEFT, "jal", {"d": 15, "t": -3}), 10, {8: "loop"}) == "jal ra, loop"
    assert machine.statement(0xFFFFFFFF, 0) == ".word 0xffffffff"
    assert machine.statement(0x8B000000, 0) == "halt"
    right = Disassembler(RIGHT)
    assert right.statement(encode(RIGHT, "MOV", {"s": -3, "x": 2}), 0) == "MOV #-0x3 -> $2"
    assert right.statement(encode(RIGHT, "SET", {"x": 2, "y": 3}), 0) == "SET 2 always"
    assert right.statement(encode(RIGHT, "BR", {"c": 0, "t": 1}), 0xFFFF) == "BR eq near 0x0"


def test_a_label_that_would_not_read_back_is_not_used() -> None:
    word = encode(LEFT, "jal", {"d": 0, "t": 0})
    for name in ("r3", "sp", "a b", "x\nhalt", "1", "é", ""):
        assert Disassembler(LEFT).statement(word, 4, {5: name}) == "jal r0, 0x5"
    text = disassemble(LEFT, [word, word], 4, {5: "x\nhalt"})
    assert len(assemble(LEFT, text).segments[0].words) == 2
