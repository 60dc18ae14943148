"""Conditions on a machine, in the assembler's own notation: `psw.mode == user && [counter + 1] > 10`.

A name is a symbol of the program, a register as instructions name it, a state of the machine or a field of one, a
member of an enumeration, or `step`. `[e]` is the word of the machine's storage at that place. Names of states are the
machine's own; `real.psw.mode` is that of the real machine under all monitors, and `virtual.` says so where it is not.
`cause` and `decision` are of the last trap and the last exit before the step: see `lasts.py`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from isa.assembler.expressions import LOAD, Expression, Leaf, Operate, Push, operate, parse
from isa.assembler.symbols import suggestion
from isa.assembler.syntax import Syntax
from isa.assembler.tokens import Fault, LimitFault, SourceLine, Token
from isa.description import Isa
from isa.errors import Source, SourceError, Span
from isa.machine import Machine
from trapline.debugging.lasts import DECISIONS, KINDS
from trapline.debugging.places import places_of

Known = Mapping[str, int]  # what is known beside the machine's state
Reader = Callable[[Machine, Known], int]
LONGEST = 2_000  # characters of a condition
_SIDES: dict[str, Callable[[Machine], Machine]] = {
    "virtual.": lambda machine: machine,
    "real.": lambda machine: machine.hosts[-1],
}


class Condition:
    """A condition on machines of one description; `symbols` are the program's. `needs` has the names in it that no
    machine knows the value of. Raises SourceError for a text that is none, with the place of each mistake."""

    def __init__(self, text: str, isa: Isa, symbols: Mapping[str, int] | None = None) -> None:
        self.text = text
        line = SourceLine(Source("<condition>", text), 1, text)
        try:
            self._expression = _parsed(line, Syntax(isa))
            names = _Names(isa, symbols or {})
            self._readers = [names.reader(step.token) if isinstance(step, Leaf) else None for step in self._code]
            self.needs = frozenset(names.needed)
        except Fault as fault:
            raise SourceError((fault.diagnostic,)) from None

    def __call__(self, machine: Machine) -> bool:
        return self.value(machine) != 0

    def value(self, machine: Machine, known: Known = MappingProxyType({})) -> int:
        """The value in the machine's present state; `known` has that of each name in `needs`. Raises SourceError for
        one that has none there: a place that is not in storage, a division by zero."""
        try:
            return self._value(machine, known)
        except Fault as fault:
            raise SourceError((fault.diagnostic,)) from None

    @property
    def _code(self) -> tuple[Push | Leaf | Operate, ...]:
        return self._expression.code

    def _value(self, machine: Machine, known: Known) -> int:
        stack: list[int] = []
        for step, reader in zip(self._code, self._readers, strict=True):
            match step:
                case Push(number):
                    stack.append(number)
                case Leaf():
                    assert reader is not None
                    stack.append(reader(machine, known))
                case Operate(symbol, _, token) if symbol == LOAD:
                    stack.append(_load(machine, stack.pop(), token))
                case Operate(_, arity, _):
                    operands = stack[-arity:]
                    del stack[-arity:]
                    stack.append(operate(step, operands, self._expression))
        return stack[0]


def _parsed(line: SourceLine, syntax: Syntax) -> Expression:
    whole = Span(line.source, 1, 1, 2)
    if len(line.text) > LONGEST:
        raise LimitFault(whole, f"a condition has at most {LONGEST} characters", "say less at a time")
    if len(line.text.splitlines()) > 1:
        raise Fault(whole, "a condition is one line", "join its parts with `&&` or `||`")
    tokens = syntax.lexer.line(line)
    if not tokens:
        raise Fault(whole, "a condition is missing", "write one such as `pc == 0x20`")
    return parse(tokens, loads=True)


def _load(machine: Machine, place: int, token: Token) -> int:
    if not 0 <= place < machine.storage.size:
        raise Fault(token.span, f"there is no word {place:#x}: the storage has {machine.storage.size:#x} words")
    return machine.storage.read(place, 1)[0]


def _given(known: Known, token: Token) -> int:
    if token.text not in known:
        raise Fault(token.span, f"`{token.text}` is known to a history alone", "ask a debugger")
    return known[token.text]


class _Names:
    """What names mean in conditions on machines of one description."""

    def __init__(self, isa: Isa, symbols: Mapping[str, int]) -> None:
        self.places = places_of(isa)
        members = [(name, "Decision", number) for name, number in DECISIONS.items()]
        members += [(name, enum.name, value) for enum in isa.enums.values() for name, value in enum.members.items()]
        self.needed: set[str] = set()
        self.numbers = {f"{enum}.{name}": value for name, enum, value in members}
        self.numbers = {name: value for name, _, value in members} | self.numbers | dict(symbols)

    def reader(self, token: Token) -> Reader:
        """How to find the value of a name. Raises Fault for one that means nothing."""
        text = token.text
        side = next((side for side in _SIDES if text.startswith(side)), "")
        place = self.places.get(text.removeprefix(side))
        if place is not None and (side or text not in self.numbers):
            where = _SIDES[side or "virtual."]
            return lambda machine, known: place.read(where(machine))
        if text == "step":
            return lambda machine, known: machine.steps
        if text in KINDS and text not in self.numbers:
            self.needed.add(text)
            return lambda machine, known: _given(known, token)
        if text not in self.numbers:
            help = suggestion(text, ["step", *KINDS, *self.places, *self.numbers])
            raise Fault(
                token.span,
                f"`{text}` is no symbol, register, state or field",
                help or "`real.` and `virtual.` precede states",
            )
        number = self.numbers[text]
        return lambda machine, known: number
