"""Two machines made by hand, for tests of the assembler alone: they have syntax and encodings, but no meaning.

`LEFT` looks like a usual 32-bit machine. `RIGHT` is unusual wherever the description allows it: 16-bit words, registers
with a sigil and hexadecimal numbers, `#` in its templates, a split field, an implied zero bit, brackets, a pc-relative
operand that is unsigned and counts from the instruction itself, and a condition code by name.
"""

from isa.description import Enumeration, Fetch, Instruction, Isa, Kind, Operand, Piece, Pseudo, Role, State, Use
from isa.errors import Source, Span
from isa.ir.fold import add, const
from isa.ir.nodes import FALSE, Behaviour, Const, Read

NOWHERE = Span(Source("small.isa", "a pseudo-instruction"), 1, 1, 21)


def machine(
    name: str, word: int, operands: list[Operand], instructions: list[Instruction], pseudos: list[Pseudo]
) -> Isa:
    cause = Enumeration("Cause", 4, {"illegal": 1, "memory": 3, "clock": 5})
    states = [
        State("storage", Kind.STORAGE, word, 0, Role.STORAGE),
        State("pc", Kind.SCALAR, word, 1, Role.PC),
    ]
    return Isa(
        name=name,
        doc="",
        word=word,
        enums={"Mode": Enumeration("Mode", 1, {"supervisor": 0, "user": 1}), "Cause": cause},
        states={s.name: s for s in states},
        cause=cause,
        cause_width=4,
        info_width=word,
        reset=Behaviour(),
        entry=Behaviour(),
        prologue=Behaviour(),
        fetch=Fetch((), Const(word, 0)),
        unassigned=Behaviour(),
        instructions={i.name: i for i in instructions},
        operands={o.name: o for o in operands},
        pseudos={p.name: p for p in pseudos},
    )


def instruction(name: str, template: str, width: int, match: int, *uses: Use) -> Instruction:
    free = sum(use.deposit((1 << use.operand.width) - 1) for use in uses)
    mask = ((1 << width) - 1) & ~free
    return Instruction(name, template, uses, mask, match, Behaviour(), "", "F", "", NOWHERE)


def at(name: str, operand: Operand, low: int) -> Use:
    return Use(name, operand, (Piece(low, 0, operand.width),))


def pseudo(name: str, template: str, *lines: tuple[str, str]) -> Pseudo:
    return Pseudo(name, template, lines, "", NOWHERE)


_PC32 = add(Read(32, "pc"), const(32, 1))
REG = Operand("reg", 4, False, "r%d", None, {"sp": 14, "ra": 15})
SIMM = Operand("simm", 16, True, "%d")
UIMM = Operand("uimm", 16, False, "%#x")
LABEL = Operand("label", 16, True, "%d", _PC32)
_D, _A, _B = at("d", REG, 20), at("a", REG, 16), at("b", REG, 12)
_K, _U, _T = at("k", SIMM, 0), at("u", UIMM, 0), at("t", LABEL, 0)

LEFT = machine(
    "left",
    32,
    [REG, SIMM, UIMM, LABEL],
    [
        instruction("add", "d, a, b", 32, 0x01000000, _D, _A, _B),
        instruction("addi", "d, a, k", 32, 0x11000000, _D, _A, _K),
        instruction("lui", "d, u", 32, 0x12000000, _D, _U),
        instruction("ori", "d, a, u", 32, 0x13000000, _D, _A, _U),
        instruction("lw", "d, k(a)", 32, 0x20000000, _D, _A, _K),
        instruction("sw", "d, k(a)", 32, 0x21000000, _D, _A, _K),
        instruction("beq", "a, b, t", 32, 0x30000000, at("a", REG, 20), at("b", REG, 16), _T),
        instruction("jal", "d, t", 32, 0x36000000, _D, _T),
        instruction("lpsw", "k(a)", 32, 0x80000000, _A, _K),
        instruction("halt", "", 32, 0x8B000000),
    ],
    [
        pseudo("mov", "d, a", ("add", "d, a, r0")),
        pseudo("li", "d, w", ("lui", "d, w[31:16]"), ("ori", "d, d, w[15:0]")),
        pseudo("j", "t", ("jal", "r0, t")),
        pseudo("push", "a", ("addi", "sp, sp, -1"), ("sw", "a, 0(sp)")),
        pseudo("push2", "a, b", ("push", "a"), ("push", "b")),
        pseudo("jump", "m", ("j", "m"), ("halt", "")),
    ],
)

GPR = Operand("gpr", 2, False, "$%x", None, {"acc": 0})
SPLIT = Operand("split", 6, True, "%x")
EVEN = Operand("even", 4, False, "%u")
COND = Operand("cond", 2, False, "%d", None, {"eq": 0, "ne": 1, "always": 3})
NEAR = Operand("near", 8, False, "%d", Read(16, "pc"))
_SPLIT = Use("s", SPLIT, (Piece(10, 4, 2), Piece(0, 0, 4)))
_EVEN = Use("e", EVEN, (Piece(4, 1, 3),))

RIGHT = machine(
    "right",
    16,
    [GPR, SPLIT, EVEN, COND, NEAR],
    [
        instruction("MOV", "#s -> x", 16, 0x1000, _SPLIT, at("x", GPR, 4)),
        instruction("LD", "x <- e[y]", 16, 0x2000, _EVEN, at("x", GPR, 0), at("y", GPR, 2)),
        instruction("ADD", "x+y", 16, 0x3000, at("x", GPR, 0), at("y", GPR, 2)),
        instruction("BR", "c near t", 16, 0x4000, at("c", COND, 8), at("t", NEAR, 0)),
        instruction("SET", "x y", 16, 0x5000, at("x", COND, 0), at("y", COND, 2)),
        instruction("STOP", "", 16, 0xF000),
    ],
    [pseudo("BACK", "n", ("BR", "always near n"), ("STOP", ""))],
)

__all__ = ["FALSE", "LEFT", "NOWHERE", "RIGHT", "at", "instruction", "machine", "pseudo"]
