"""The Python reading: expressions and behaviours as readable Python source.

Every value is text: a name, a literal or a parenthesised expression. A node that is used more than once, or whose text
would be read after something it depends on has changed, becomes a local variable. `isa.engines.reference.steps` makes
one function for each instruction of it, `isa.engines.reference.blocks` one for a run of code.
"""

import keyword
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from isa.ir.nodes import TRUE, Apply, Behaviour, Element, Expr, Load, Send, SetElement, Store, TrapIf, Write, nodes
from isa.ir.operators import BOOL, python_text
from isa.ir.reading import Reading
from isa.machine.storage import DIRTY, LINE_SHIFT
from isa.passes.normal import copied_cells

Where = Mapping[str, tuple[str, int]]  # state -> (the block's name in the source, its first slot)


def identifier(name: str) -> str:
    """A Python identifier for a name of the description, which may be a keyword or clash with ours."""
    plain = name.replace(".", "_")
    return plain + "_" if keyword.iskeyword(plain) or plain in RESERVED else plain


RESERVED = {"s", "m", "e", "n", "limit", "lines", "touch", "Trap", "Origin", "quotient", "remainder"}


def is_simple(text: str) -> bool:
    """Whether a text costs nothing to repeat and does not change when the state does."""
    return text.isidentifier() or text.isdigit() or text.startswith("0x")


def uses(roots: Iterable[Expr]) -> Counter[Expr]:
    """How often each node is used by others or as a root."""
    roots = tuple(roots)
    counts = Counter(roots)
    for node in nodes(*roots):
        counts.update(node.operands())
    return counts


class PythonSource(Reading[str]):
    """Collects `lines` of one function body. Blocks of state are indexed as `where` says, storage is `m`, and `e` is
    the engine, which answers `e.size`, `e.recv`, `e.send` and `e.unknown`, and for stores `e.stores`, `e.lines` and
    `e.touch`: see `isa.machine.storage.Storage.store`."""

    def __init__(self, where: Where, counts: Counter[Expr], indent: str = "    ") -> None:
        super().__init__()
        self.where, self.counts, self.indent = where, counts, indent
        self.lines: list[str] = []
        self._taken: set[str] = set()
        self._lines: dict[int, str] = {}  # names of their entries

    # ---- the algebra

    def const(self, width: int, value: int) -> str:
        if width == BOOL:
            return "True" if value else "False"
        return str(value) if value < 10 else hex(value)

    def apply(self, node: Apply, args: tuple[str, ...]) -> str:
        widths = tuple(a.width for a in node.args)
        return f"({python_text(node.op, args, widths, node.width, node.low)})"

    def read(self, state: str, width: int) -> str:
        block, slot = self.where[state]
        return f"{block}[{slot}]"

    def element(self, state: str, index: str, node: Element) -> str:
        block, first = self.where[state]
        return f"{block}[{int(index, 0) + first}]" if index[0].isdigit() else f"{block}[{first} + {index}]"

    def load(self, index: str, node: Load) -> str:
        index = self.named(index, "i")
        return f"(m[{index}] if {index} < e.size else 0)"

    def size(self, width: int) -> str:
        return "e.size"

    def param(self, name: str, width: int) -> str:
        return identifier(name)

    def recv(self, channel: str, index: str, width: int) -> str:
        return self.named(f"e.recv({channel!r}, {index})", "word", always=True)

    def unknown(self, serial: int, width: int) -> str:
        return self.named(f"e.unknown({serial}, {width})", "any", always=True)

    def made(self, node: Expr, value: str) -> str:
        return self.named(value, _hint(node)) if self.counts[node] > 1 else value

    # ---- statements

    def emit(self, line: str) -> None:
        self.lines.append(self.indent + line)

    def named(self, text: str, hint: str, always: bool = False) -> str:
        """A name for the text, unless it is simple already."""
        if is_simple(text) and not always:
            return text
        name, serial = hint, 1
        while name in self._taken:
            serial += 1
            name = f"{hint}{serial}"
        self._taken.add(name)
        self.emit(f"{name} = {bare(text)}")
        return name

    def reserve(self, names: Iterable[str]) -> None:
        """Names that locals must not take."""
        self._taken.update(names)

    def trap(self, trap: TrapIf) -> None:
        """Leave with the trap if its guard holds."""
        guard, info = self.value(trap.guard), self.value(trap.info)
        line = f"return Trap(({trap.cause}, {bare(info)}, Origin.{trap.origin.name}, {trap.view!r}))"
        if trap.guard is not TRUE:
            self.emit(f"if {bare(guard)}:")
            line = "    " + line
        self.emit(line)

    def effects(self, behaviour: Behaviour) -> None:
        """All effects: first every value from the state before the step, then the writes in order.

        A send comes first of the writes, so that a device that fails leaves the state as it was.
        """
        copies = {t: c for t, c in copied_cells(behaviour).items() if c[1] > 1}
        pending = [("", self._copy(target, *copy)) for target, copy in copies.items()]
        several = len(behaviour.effects) > 1
        for effect in behaviour.effects:
            if isinstance(effect, SetElement) and effect.state in copies:
                continue
            text = [self.settled(e, several) for e in parts_of(effect)]
            guard = "" if effect.guard is TRUE else text.pop()
            if isinstance(effect, Store):
                text[0] = self.named(text[0], "i")
                inside = f"{text[0]} < e.size"
                guard = f"({guard} and {inside})" if guard else inside
            entry = (bare(guard), self.write(effect, text))
            pending.insert(0, entry) if isinstance(effect, Send) else pending.append(entry)
        for guard, line in pending:
            self.emit(f"if {guard}: {line}" if guard else line)

    def write(self, effect: Write | SetElement | Store | Send, text: list[str]) -> str:
        """The statement for one effect; `text` holds its index, if any, and its value. That of a store is inside."""
        match effect:
            case Write(_, state, _, _):
                return f"{self.read(state, 0)} = {bare(text[0])}"
            case SetElement(_, state, index, value):
                return f"{self.element(state, text[0], Element(value.width, state, index))} = {bare(text[1])}"
            case Store():
                at, word = text
                return f"e.stores[{at}] = {bare(word)}; {self._line(at)} == {DIRTY} or e.touch({at})"
            case Send(_, channel, _, _):
                return f"e.send({channel!r}, {bare(text[0])}, {bare(text[1])})"

    def _line(self, at: str) -> str:
        """The entry of a word's line. Where it is known which, that of the state before the step will do: a line that
        is simply dirty stays so, and of another every store is noted."""
        if not at[0].isdigit():
            return f"e.lines[{at} >> {LINE_SHIFT}]"
        number = int(at, 0) >> LINE_SHIFT
        if number not in self._lines:
            self._lines[number] = self.named(f"e.lines[{number}] if {number << LINE_SHIFT} < e.size else 0", "line")
        return self._lines[number]

    def _copy(self, target: str, source: str, count: int) -> str:
        (to, first), (at, start) = self.where[target], self.where[source]
        return f"{to}[{first}:{first + count}] = {at}[{start}:{start + count}]"

    def settled(self, expr: Expr, several: bool) -> str:
        text = self.value(expr)
        return self.named(text, _hint(expr)) if several else text


def parts_of(effect: Write | SetElement | Store | Send) -> list[Expr]:
    """Index, value, and the guard where there is one, in the order `effects` takes them."""
    parts = [effect.value] if isinstance(effect, Write) else [effect.index, effect.value]
    return parts if effect.guard is TRUE else [*parts, effect.guard]


def _hint(node: Expr) -> str:
    state = getattr(node, "state", None)
    if isinstance(state, str) and not isinstance(node, Element):
        return identifier(state)
    return "test" if node.width == BOOL else "t"


def bare(text: str) -> str:
    """The text without one outer pair of parentheses, if that pair encloses all of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if i == len(text) - 1 else text
    return text


def function(name: str, arguments: Iterable[str], body: list[str], doc: str = "") -> str:
    """The source of a function. `doc` is untrusted text and stands as a comment, one line, printable."""
    comment = "".join(c for c in doc if c.isprintable())
    head = f"def {identifier(name)}({', '.join(arguments)}):" + (f"  # {comment}" if comment else "")
    return "\n".join([head, *(body or ["    pass"])]) + "\n"


def behaviour_function(name: str, behaviour: Behaviour, where: Where, arguments: tuple[str, ...], doc: str = "") -> str:
    """The source of a function that performs a merged behaviour: it returns a trap, having changed nothing, or None."""
    source = PythonSource(where, uses(behaviour.expressions()))
    source.reserve(arguments)
    for trap in behaviour.traps:
        source.trap(trap)
    source.effects(behaviour)
    return function(name, arguments, source.lines, doc)


def values_function(name: str, expressions: tuple[Expr, ...], where: Where, arguments: tuple[str, ...]) -> str:
    """The source of a function that returns the value of one expression, or a tuple of several."""
    source = PythonSource(where, uses(expressions))
    source.reserve(arguments)
    texts = [source.value(x) for x in expressions]
    source.emit(f"return {', '.join(texts)}")
    return function(name, arguments, source.lines)


def compiled(source: str, name: str, names: Mapping[str, object]) -> Callable[..., Any]:
    """The function `name` of the source, with `names` as all it can refer to."""
    space: dict[str, Any] = {"__builtins__": {}, **names}
    exec(compile(source, f"<{name}>", "exec"), space)
    made: Callable[..., Any] = space[identifier(name)]
    return made
