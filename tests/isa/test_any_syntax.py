"""Machines with any operand syntax at all: what is disassembled assembles again, be the syntax ever so odd."""

from hypothesis import example, given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.assembler.disassembly import disassemble
from isa.description import Isa, Operand
from isa.encoding import encode
from isa.ir.fold import add, const
from isa.ir.nodes import Read
from tests.isa.small_machines import at, instruction, machine

MARKS = st.text(st.sampled_from(" ,()[]{}<>=+-*/%&|^~!:.#;'$@?\\\"_0é"), max_size=3)
NAMES = st.sampled_from(["r", "x", "sp", "eq", "k", "dx", "r1", "b"])
STYLES = st.builds(
    lambda before, name, number, after: before + name + number + after,
    MARKS.map(lambda text: text.replace("%", "")),
    st.sampled_from(["", "r", "x"]),
    st.sampled_from(["%d", "%u", "%x", "%#x"]),
    MARKS.map(lambda text: text.replace("%", "")),
)


@st.composite
def machines(draw: st.DrawFn) -> Isa:
    operands = []
    for name, low in (("d", 0), ("a", 4), ("k", 8)):
        style = draw(st.one_of(STYLES, st.sampled_from(["r%d", "%d", "%#x", "$%d"])))
        signed = style.startswith("%") and draw(st.booleans())
        pcrel = add(Read(16, "pc"), const(16, 1)) if style.startswith("%") and draw(st.booleans()) else None
        aliases = draw(st.dictionaries(NAMES, st.integers(0, 15), max_size=2))
        operands.append((low, Operand(name + "type", 4, signed, style, pcrel, aliases)))
    template = "".join(draw(MARKS) + n for n in draw(st.permutations(["d", "a", "k"]))) + draw(MARKS)
    mnemonic = draw(st.sampled_from(["op", "b.eq", "l.1", "op."]))
    uses = [at(name, operand, low) for name, (low, operand) in zip("dak", operands, strict=True)]
    types = [operand for _, operand in operands]
    return machine("odd", 16, types, [instruction(mnemonic, template, 16, 0x7000, *uses)], [])


def odd(template: str, *styles: str) -> Isa:
    """A machine with this template and these styles of d, a and k."""
    types = [Operand(f"{n}type", 4, False, s) for n, s in zip("dak", styles, strict=True)]
    uses = [at(n, o, low) for n, o, low in zip("dak", types, (0, 4, 8), strict=True)]
    return machine("odd", 16, types, [instruction("op", template, 16, 0x7000, *uses)], [])


@given(machines(), st.lists(st.integers(0, 0xFFF), min_size=1, max_size=4), st.integers(0, 0xFFF0))
@example(odd("$k, d a", "r%d", "$%d", "%#x"), [0x123], 0)
@example(odd("d.a, k", "r%d", "r%d", "%d"), [0x123], 0)
@example(odd("d // a, k", "r%d", "r%d", "%d"), [0x123], 0)
@example(odd("d, a ; # k", "r%d", "r%d", "%d"), [0x123], 0)
@example(odd("d a k", "(%d)", "r %d", "%x"), [0x123], 0)
def test_any_syntax_round_trips(isa: Isa, operands: list[int], origin: int) -> None:
    (only,) = isa.instructions
    words = [encode(isa, only, {"d": v & 15, "a": v >> 4 & 15, "k": v >> 8}) for v in operands]
    text = disassemble(isa, words, origin)
    assert [word for _, word in assemble(isa, text).words()] == words
    assert isa.instructions[only].template != "d, a, k" or only in text
