"""What names mean: labels, `.equ` constants, local labels `1b` and `1f`, enum constants, and `.`.

Labels get their addresses in the first pass; a `.equ` is evaluated when it is first needed, so it may refer forward.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain, islice
from typing import NamedTuple

from isa.assembler.expressions import Expression, Push, evaluate
from isa.assembler.syntax import Syntax
from isa.assembler.tokens import Fault, Kind, Poisoned, Token

DEFINE = "--define"  # the source of what is defined from outside
DEEPEST = 100  # how many `.equ` may refer to one another in a row
_NEAR_AMONG = 5_000  # candidates that are looked at for a near name


class Later(Exception):
    """A value that only the second pass can know."""


@dataclass(slots=True)
class Symbol:
    """A label has a value from the start; a `.equ` has a definition; a broken definition has neither."""

    token: Token
    value: int | None = None
    definition: "tuple[Expression, Place] | None" = None
    is_open: bool = False  # being evaluated
    is_label: bool = False

    def settled(self) -> int | None:
        """The value of a label, of a plain number, and of what was evaluated already."""
        if self.value is None and self.definition is not None:
            step, *more = self.definition[0].code
            return step.number if isinstance(step, Push) and not more else None
        return self.value


class Place(NamedTuple):
    """Where an expression stands: the address of its statement, and the statement's number in source order.

    A value that is needed in the first pass (`early`) may only use what is defined above.
    """

    address: int
    sequence: int
    early: bool = False


@dataclass(slots=True)
class _Locals:
    sequences: list[int] = field(default_factory=list)
    addresses: list[int] = field(default_factory=list)


class Symbols:
    """All symbols of one program. One name space for labels and constants."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self._locals: dict[int, _Locals] = {}
        self._depth = 0
        self.table: dict[str, Symbol] = {}

    def label(self, token: Token, address: int, sequence: int) -> None:
        """Define a label, named or local. Raises Fault."""
        if token.kind is Kind.NUMBER:
            assert isinstance(token.value, int)
            found = self._locals.setdefault(token.value, _Locals())
            found.sequences.append(sequence)
            found.addresses.append(address)
        else:
            self._add(Symbol(token, address, is_label=True))

    def constant(self, token: Token, definition: Expression | None, place: Place) -> None:
        """Define a `.equ`; None for one whose definition was already reported as wrong. Raises Fault."""
        self._add(Symbol(token, definition=(definition, place) if definition else None))

    def _add(self, symbol: Symbol) -> None:
        name, token = symbol.token.text, symbol.token
        if "." in name:
            raise Fault(token.span, f"`{name}` is not a name for a symbol", "names have letters, digits and `_`")
        if self._syntax.is_register(name):
            raise Fault(token.span, f"`{name}` is a register and cannot be a symbol", "choose another name")
        if name in self.table:
            notes = ((self.table[name].token.span, "it is defined here"),)
            raise Fault(token.span, f"`{name}` is defined twice", self._rename(name), notes)
        self.table[name] = symbol

    def _rename(self, name: str) -> str:
        if self.table[name].token.line.source.name == DEFINE:
            return f"between `.ifndef {name}` and `.endif` it is what {DEFINE} may change"
        return "rename one; inside a macro, add `\\@` to the name"

    def scope(self, place: Place) -> "Names":
        """What names mean at a place."""
        return Names(self, place)

    def known(self, token: Token, address: int) -> int:
        """The value of a name at the current address, if that is settled and will not change. Raises Later."""
        if token.is_mark("."):
            return address
        if token.kind is Kind.LOCAL:
            found = self._locals.get(int(token.value))
            if found is None or token.text.endswith("f"):
                raise Later
            return found.addresses[-1]
        symbol = self.table.get(token.text)
        value = symbol.settled() if symbol else self._syntax.constant(token.text)
        if value is None:
            raise Later
        return value

    def look_up(self, token: Token, place: Place) -> int:
        """The value of a name. Raises Fault or Poisoned."""
        if token.is_mark("."):
            return place.address
        if token.kind is Kind.LOCAL:
            return self._local(token, place)
        symbol = self.table.get(token.text)
        if symbol is None:
            constant = self._syntax.constant(token.text)
            if constant is None:
                raise self._undefined(token, place)
            return constant
        if symbol.value is None:
            symbol.value = self._evaluate(symbol, token, place)
        return symbol.value

    def _evaluate(self, symbol: Symbol, token: Token, place: Place) -> int:
        if symbol.definition is None:
            raise Poisoned
        if symbol.is_open:
            raise Fault(token.span, f"`{token.text}` is defined by itself")
        if self._depth == DEEPEST:
            raise Fault(token.span, f"`{token.text}` is defined over more than {DEEPEST} steps")
        self._depth += 1
        symbol.is_open = True
        try:
            definition, home = symbol.definition
            scope = self.scope(Place(home.address, home.sequence, place.early))
            return evaluate(definition, scope).number
        except Fault:
            if not place.early:
                symbol.definition = None
            raise
        finally:
            self._depth -= 1
            symbol.is_open = False

    def _local(self, token: Token, place: Place) -> int:
        assert isinstance(token.value, int)
        found = self._locals.get(token.value, _Locals())
        index = bisect_right(found.sequences, place.sequence)
        forward = token.text.endswith("f")
        if index - (not forward) not in range(len(found.sequences)):
            where = "below" if forward else "above"
            help = (
                "it must be known here, so only `b` works"
                if forward and place.early
                else f"write `{token.value}:` there"
            )
            raise Fault(token.span, f"there is no label `{token.value}:` {where}", help)
        return found.addresses[index if forward else index - 1]

    def _undefined(self, token: Token, place: Place) -> Fault:
        name = token.text
        if place.early:
            help = "an address or a size must be known where it stands: define the symbol above"
            return Fault(token.span, f"`{name}` is not defined above", help)
        if self._syntax.is_register(name):
            return Fault(token.span, f"`{name}` is a register; a value is expected here")
        names = self._syntax.constants() if "." in name else chain(self.table, self._syntax.constants())
        return Fault(token.span, f"`{name}` is not defined", suggestion(name, names))


class Settled(NamedTuple):
    """The scope of expressions in the first pass: what is settled already at the current address."""

    symbols: Symbols
    address: int

    def look_up(self, token: Token) -> int:
        return self.symbols.known(token, self.address)


class Names(NamedTuple):
    """The scope of expressions at one place."""

    symbols: Symbols
    place: Place

    def look_up(self, token: Token) -> int:
        return self.symbols.look_up(token, self.place)


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """A help text with the names that `name` may have been meant to be; empty if none is near."""
    short = {c.lower(): c for c in islice(candidates, _NEAR_AMONG) if len(c) <= 64}
    near = get_close_matches(name[:64].lower(), short, n=3, cutoff=0.65)
    return f"did you mean {' or '.join(f'`{short[n]}`' for n in near)}?" if near else ""
