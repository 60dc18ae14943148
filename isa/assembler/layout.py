"""The first pass: statements, one after the other, become items with addresses; labels become known.

Macros, repetitions, pseudo-instructions and includes are expanded here; whatever is settled becomes words at once, and
the rest waits for the second pass, `emission`. What a directive does is in `directives`. A mistake ends its
statement, not the pass, so that one run reports many.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile

from isa.assembler.blocks import Blocks
from isa.assembler.expressions import Expression, evaluate, parse
from isa.assembler.image import Line, printable
from isa.assembler.limits import MAX_NESTING, MAX_WORDS, Work
from isa.assembler.macros import Macro, bind, substitute, substitute_pseudo
from isa.assembler.program import Code, Content, Context, Given, Item, Report, Room, Runs, Stretch, Whole
from isa.assembler.symbols import Later, Place, Settled, Symbols, suggestion
from isa.assembler.syntax import Syntax
from isa.assembler.tokens import Fault, Kind, LimitFault, Note, Poisoned, SourceLine, Token, Tokens, join
from isa.assembler.words import Words
from isa.description import Instruction, Pseudo
from isa.errors import Source, Span

Include = Callable[[str, str], Source]
Directive = Callable[["Layout", Token, Tokens, Context], None]


class Layout:
    """The state of the first pass. `address` is where the next word goes."""

    def __init__(
        self, syntax: Syntax, report: Report, include: Include | None, directives: Mapping[str, Directive]
    ) -> None:
        self.syntax, self.report, self.include, self.directives = syntax, report, include, directives
        self.symbols = Symbols(syntax)
        self.stretches: list[Stretch] = []
        self.waiting: list[Item] = []  # for the second pass, in source order
        self.lines: dict[int, Line] = {}
        self.used: set[str] = set()  # the instructions
        self.code = Runs()  # where they lie
        self.replaced: dict[int, Stretch] = {}  # by address, the word that the word there stands for
        self.macros: dict[str, Macro] = {}
        self.entry: Expression | None = None
        self.entry_place = Place(0, 0)
        self.beyond = 1 << syntax.isa.word  # the least number that is neither a word nor an address
        self.address = 0
        self.words = 0
        self.blocks = Blocks()  # that are open in the current text
        self.sources: list[str] = []  # that are being laid out, outermost first
        self.work = Work()
        self._words = Words(syntax.isa.word)
        self._sequence = 0
        self._unique = 0
        self._depth = 0

    # ---- sources and lines

    def source(self, source: Source, cause: Context | None = None) -> None:
        """Lay out a whole text. `cause` is the `.include` it comes from. Raises Fault if it cannot be begun."""
        self.work.source(source, cause.span if cause else Span(source, 1, 1, 2))
        notes = ((cause.span, "it is included here"), *cause.notes) if cause else ()
        self.sources.append(source.name)
        with self._text(notes):
            for number, text in enumerate(source.text.split("\n"), 1):
                self._line(SourceLine(source, number, text.rstrip("\r")), notes)
        self.sources.pop()

    @contextmanager
    def _text(self, notes: tuple[Note, ...]) -> Iterator[None]:
        """What is done here is a text of its own: its blocks begin and end in it."""
        outer, self.blocks = self.blocks, Blocks()
        try:
            yield
            for fault in self.blocks.unclosed():
                self._fault(fault, self._sequence, notes)
        finally:
            self.blocks = outer

    def _line(self, line: SourceLine, notes: tuple[Note, ...]) -> None:
        self._sequence += 1
        try:
            tokens = self._tokens(line)
            self.work.line(tokens)
            self._do(tokens, Context(line, tokens, notes))
        except Fault as fault:
            self._fault(fault, self._sequence, notes)
        except Poisoned:
            pass

    def _tokens(self, line: SourceLine) -> Tokens:
        """The tokens of a line. What a condition leaves out need not be assembly."""
        try:
            return self.syntax.lexer.line(line)
        except Fault:
            if self.blocks.left_out:
                return ()
            raise

    def _fault(self, fault: Fault, sequence: int, notes: tuple[Note, ...]) -> None:
        self.report.add(sequence, fault.within(notes))
        if isinstance(fault, LimitFault):
            self.report.raise_if_any()

    # ---- statements

    def _do(self, tokens: Tokens, context: Context) -> None:
        """One line: what a block takes, or a statement. Raises Fault."""
        if not (self.blocks and self.blocks.takes(tokens)) and tokens:
            self.statement(tokens, context)

    def statement(self, tokens: Tokens, context: Context) -> None:
        """One statement with its labels. Raises Fault."""
        if len(tokens) > 1 and tokens[1].text == ":" and (labels := labels_of(tokens)):
            for label in tokens[: 2 * labels : 2]:
                self.symbols.label(label, self.address, self._sequence)
            tokens = tokens[2 * labels :]
            context = context._replace(tokens=tokens)
        if not tokens:
            return
        head, operands = tokens[0], tokens[1:]
        if head.kind is Kind.DIRECTIVE:
            self._directive(head, operands, context)
        elif head.kind is Kind.NAME:
            self._mnemonic(head, operands, context)
        else:
            raise Fault(
                head.span,
                f"`{head.text}` does not begin a statement",
                "a statement is `label:`, a directive or an instruction",
            )

    def _directive(self, head: Token, operands: Tokens, context: Context) -> None:
        action = self.directives.get(head.text)
        if action is None:
            help = suggestion(head.text, self.directives) or f"directives are {' '.join(self.directives)}"
            raise Fault(head.span, f"there is no directive `{head.text}`", help)
        action(self, head, operands, context)

    def _mnemonic(self, head: Token, operands: Tokens, context: Context) -> None:
        isa = self.syntax.isa
        if instruction := isa.instructions.get(head.text):
            self._instruction(instruction, head, operands, context)
        elif pseudo := isa.pseudos.get(head.text):
            self._pseudo(pseudo, head, operands, context)
        elif macro := self.macros.get(head.text):
            self._macro(macro, head, operands, context)
        else:
            raise self._unknown(head, operands)

    def _unknown(self, head: Token, operands: Tokens) -> Fault:
        help = suggestion(head.text, [*self.syntax.mnemonics(), *self.macros])
        if not operands and not help:
            help = f"a label is written `{head.text}:`"
        return Fault(head.span, f"`{head.text}` is not an instruction of {self.syntax.isa.name}", help)

    def _instruction(self, instruction: Instruction, head: Token, operands: Tokens, context: Context) -> None:
        try:
            arguments = self.syntax.arguments(instruction, operands, head)
        except Fault:
            self.advance(1, context)  # so that what follows keeps its address
            raise
        self.place(Code(instruction, arguments), 1, context)

    # ---- expansions

    def _pseudo(self, pseudo: Pseudo, head: Token, operands: Tokens, context: Context) -> None:
        bound = self.syntax.operands(pseudo, operands, head)
        for name, width in self.syntax.cut_up(pseudo).items():
            self.place(Whole(parse(bound[name], head), width), 0, context)
        for expansion in self.syntax.expansion(pseudo):
            tokens = substitute_pseudo(expansion.tokens, bound, head)
            line = (Token(Kind.NAME, expansion.mnemonic, head.line, head.column, head.end), *tokens)
            note = (pseudo.span, f"`{head.text}` stands for `{expansion.text}`")
            self._expansion(line, head, Context(context.line, line, (note, *context.notes), line))

    def _macro(self, macro: Macro, head: Token, operands: Tokens, context: Context) -> None:
        self.work.steps(len(operands), context.tokens)
        bound = bind(macro, operands, head)
        note = (context.span, f"in the expansion of `{head.text}`")
        self.expand(macro.body, bound, head, context._replace(notes=(note, *context.notes)))

    def expand(self, body: tuple[Tokens, ...], bound: Mapping[str, Tokens], head: Token, context: Context) -> None:
        """Lay out the lines of a body, which is a text of its own, with what stands behind backslashes put in."""
        self._unique += 1
        unique, notes = self._unique, context.notes
        with self._text(notes):
            for recorded in body:
                self._sequence += 1
                sequence = self._sequence
                try:
                    left_out = self.blocks.left_out
                    line = recorded if left_out else substitute(recorded, bound, unique, self.syntax.lexer)
                    self.work.repeated(line, head)
                    self._expansion(line, head, Context(context.line, line, notes, line))
                except Fault as fault:
                    self._fault(fault, sequence, notes)
                except Poisoned:
                    pass

    def _expansion(self, line: Tokens, head: Token, context: Context) -> None:
        self.work.expansion(line, head)
        self._depth += 1
        try:
            if self._depth > MAX_NESTING:
                raise Fault(
                    head.span, f"expansions are nested more than {MAX_NESTING} deep", "does a macro use itself?"
                )
            self._do(line, context)
        finally:
            self._depth -= 1

    # ---- words and values

    def place(self, content: Content, size: int, context: Context) -> None:
        """Put `size` words here. Raises Fault if there is no room for them."""
        address = self.address
        self.advance(size, context)
        if isinstance(content, Code):
            self.used.add(content.instruction.name)
            self.code.add(address)
        words = content.words if isinstance(content, Given) else self._early(content, address, context)
        if words is None:
            self.waiting.append(Item(Place(address, self._sequence), size, content, context, self._stretch(address)))
        if size:
            self._stretch(address).add(words or [0] * size, self._sequence, context)
            self._note_line(address, 1 if isinstance(content, Room) else size, context)

    def aside(self, address: int, tokens: Tokens, context: Context) -> Stretch:
        """Lay out a statement as if it stood at this address, beside the program. Raises Fault."""
        kept = self.stretches, self.lines, self.code, self.address, self.words
        self.stretches, self.lines, self.code, self.address = [], {}, Runs(), address
        try:
            self.statement(tokens, context._replace(tokens=tokens))
            return self._stretch(self.address)
        finally:
            self.stretches, self.lines, self.code, self.address, self.words = kept

    def _early(self, content: Content, address: int, context: Context) -> list[int] | None:
        """The words if everything that they depend on is settled; None lets the second pass do it and complain."""
        try:
            words = self._words.of(content, address, Settled(self.symbols, address))
        except Later:
            words = None
        if self._words.faults:
            self._words.faults.clear()
            words = None
        steps, self._words.steps = self._words.steps, 0
        if steps > 1:
            self.work.steps(steps, context.tokens)
        return words

    def _stretch(self, address: int) -> Stretch:
        """The stretch that ends at `address`, or a new one."""
        if not self.stretches or self.stretches[-1].end != address:
            self.stretches.append(Stretch(address))
        return self.stretches[-1]

    def _note_line(self, address: int, count: int, context: Context) -> None:
        """The line of every word; of a room, of its first word only."""
        line, _, _, expansion = context
        shown = printable(text_of_line(expansion)) if expansion else ""
        found = Line(printable(line.source.name), line.number, printable(line.text), shown)
        self.lines[address] = found
        for further in range(address + 1, address + count):
            self.lines[further] = found

    def advance(self, size: int, context: Context) -> None:
        """Move on by `size` words."""
        if self.words + size > MAX_WORDS:
            raise Fault(context.span, f"the program is larger than {MAX_WORDS} words")
        if self.address + size > self.beyond:
            raise Fault(context.span, f"the program runs past the last address, {self.beyond - 1:#x}")
        self.words += size
        self.address += size

    def here(self, early: bool = False) -> Place:
        """The place of the current statement."""
        return Place(self.address, self._sequence, early)

    def early(self, tokens: Tokens, head: Token) -> int:
        """A value that must be known now. Raises Fault or Poisoned."""
        scope = self.symbols.scope(self.here(early=True))
        return evaluate(parse(tokens, head), scope).number


def text_of_line(tokens: Tokens) -> str:
    """A statement as text: its labels, the mnemonic, a space, the operands."""
    labels = "".join([f"{label.text}: " for label in tokens[: 2 * labels_of(tokens) : 2]])
    tokens = tokens[2 * labels_of(tokens) :]
    return f"{labels}{tokens[0].text} {join(tokens[1:])}".rstrip() if tokens else labels.rstrip()


def labels_of(tokens: Tokens) -> int:
    """How many labels a statement begins with, two tokens each."""
    pairs = zip(tokens[::2], tokens[1::2], strict=False)
    return sum(1 for _ in takewhile(_is_label, pairs))


def _is_label(pair: tuple[Token, Token]) -> bool:
    return pair[0].kind in (Kind.NAME, Kind.NUMBER) and pair[1].is_mark(":")
