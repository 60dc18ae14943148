"""What the names of one machine mean: types, enums, states, and where each was declared.

`isa.language.declare` fills it, lowering reads it. All names that may stand in an expression share one namespace;
operands, formats and mnemonics have their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from isa.description import Enumeration, State
from isa.errors import Span
from isa.ir.operators import BOOL
from isa.language import limits, syntax
from isa.language.report import Refused, refuse


@dataclass(frozen=True, slots=True)
class Type:
    """A number of bits, or a truth value (`BOOL`); `enum` if the bits are named."""

    width: int
    enum: str | None = None

    def __str__(self) -> str:
        return "a truth value" if self.width == BOOL else counted(self.width, "bit")


TRUTH = Type(BOOL)


@dataclass
class World:
    """The declarations of one machine. `word` is the width of storage's words and so of an instruction."""

    types: dict[str, Type] = field(default_factory=lambda: {"bool": TRUTH})
    enums: dict[str, Enumeration] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    items: dict[syntax.Key, syntax.Item] = field(default_factory=dict)
    storage: str = ""
    word: int = 0
    pc: str = ""
    ruling: tuple[str, ...] = ()  # the modes that count as supervisor
    cause: str = ""  # the enum of trap causes
    info: int = 0  # width of what a trap tells beside its cause
    used: set[syntax.Key] = field(default_factory=set)
    serial: int = 0  # unknowns given out so far
    inlined: int = 0  # nodes copied by inlining so far

    def type(self, name: syntax.TypeName) -> Type:
        """What a type in the text means. Raises Refused."""
        if name.name is None:
            return Type(name.width)
        if name.name not in self.types:
            raise unknown_name(name.span, "type", name.name, self.types, "declare it first: `type word = bits(32)`")
        self.used.add(("enum" if name.name in self.enums else "type", name.name))
        return self.types[name.name]

    def bits(self, name: syntax.TypeName) -> Type:
        """The same, where a truth value cannot stand."""
        found = self.type(name)
        if found.width == BOOL:
            raise refuse(name.span, "a truth value has no bits to keep", "use `bits(1)`: 0 or 1")
        return found

    def members(self, name: str) -> list[str]:
        """The enums that have a member of this name, trap causes aside: they have a namespace of their own."""
        return [e.name for e in self.enums.values() if name in e.members and e.name != self.cause]

    def span(self, kind: str, name: str) -> Span:
        return self.items[kind, name].span

    def fresh(self) -> int:
        self.serial += 1
        return self.serial

    def spend(self, span: Span, nodes: int) -> None:
        """Account for inlining; refuse a description that grows without bound."""
        self.inlined += nodes
        if self.inlined > limits.INLINED_NODES:
            message = f"defs and views expand to more than {limits.INLINED_NODES} operations in all"
            raise refuse(span, message, "call fewer of them, or make them smaller")


def unknown_name(span: Span, what: str, name: str, known: Iterable[str], help: str = "") -> Refused:
    """The error for a name that means nothing here; `known` are those that do, and `help` if none of them is near."""
    near = get_close_matches(name, sorted(known)[: limits.ITEMS], 1)
    help = f"did you mean `{near[0]}`?" if near else help or "declare it, or correct the name"
    return refuse(span, f"no {what} is called `{name}`", help)


def counted(number: int, what: str) -> str:
    """`1 operand`, `2 operands`."""
    return f"{number} {what}{'s' * (number != 1)}"
