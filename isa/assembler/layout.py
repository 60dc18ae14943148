"""The first pass: statements, one after the other, become items with addresses; labels become known.

Macros, pseudo-instructions and includes are expanded here. Directives are in `directives`; the second pass is
`emission`. A mistake ends its statement, not the pass, so that one run reports many.
"""

from collections.abc import Callable
from dataclasses import replace

from isa.assembler.directives import DIRECTIVES, record
from isa.assembler.expressions import Expression, evaluate, parse
from isa.assembler.macros import Macro, Recording, bind, substitute, substitute_pseudo
from isa.assembler.program import Code, Content, Context, Item, Report, Whole
from isa.assembler.symbols import Place, Symbols, suggestion
from isa.assembler.syntax import Syntax
from isa.assembler.tokens import Fault, Kind, LimitFault, Poisoned, SourceLine, Token, Tokens, after, join, span_of
from isa.description import Instruction, Pseudo
from isa.errors import Source, Span

MAX_TEXT = 16 << 20  # characters of all sources together
MAX_LINES = 1 << 19  # lines of all sources together
MAX_WORDS = 1 << 18  # words of one program
MAX_NESTING = 32  # macros in macros, includes in includes
MAX_EXPANDED = 4 << 20  # characters of all expansions together, where a line counts as 16 more
MAX_INCLUDES = 1000  # files of one program

Include = Callable[[str, str], Source]


class Layout:
    """The state of the first pass. `address` is where the next word goes."""

    def __init__(self, syntax: Syntax, report: Report, include: Include | None) -> None:
        self.syntax, self.report, self.include = syntax, report, include
        self.symbols = Symbols(syntax)
        self.items: list[Item] = []
        self.macros: dict[str, Macro] = {}
        self.entry: Expression | None = None
        self.entry_place = Place(0, 0)
        self.address = 0
        self.words = 0
        self.recording: Recording | None = None
        self._sequence = 0
        self._text = self._lines = self._files = 0
        self._expanded = 0
        self._unique = 0
        self._depth = 0

    # ---- sources and lines

    def source(self, source: Source, cause: Context | None = None) -> None:
        """Lay out a whole text. `cause` is the `.include` it comes from. Raises Fault if it cannot be begun."""
        self._count(source, cause.span if cause else Span(source, 1, 1, 2))
        notes = ((cause.span, "it is included here"), *cause.notes) if cause else ()
        for number, text in enumerate(source.text.split("\n"), 1):
            line = SourceLine(source, number, text.rstrip("\r"))
            self._line(line, Context(line, Span(source, number, 1, 2), notes))
        self._finish_recording(source)

    def _count(self, source: Source, span: Span) -> None:
        self._text += len(source.text)
        self._lines += source.text.count("\n") + 1
        self._files += 1
        if self._text > MAX_TEXT:
            raise LimitFault(span, f"the sources are longer than {MAX_TEXT} characters together")
        if self._lines > MAX_LINES:
            raise LimitFault(span, f"the sources are longer than {MAX_LINES} lines together")
        if self._files > MAX_INCLUDES:
            raise LimitFault(span, f"more than {MAX_INCLUDES} files are included", "does a file include itself?")

    def _finish_recording(self, source: Source) -> None:
        recording, self.recording = self.recording, None
        if recording is not None:
            fault = Fault(recording.directive.span, "this macro has no end", "close it with `.endm`")
            self.report.add(self._sequence, fault.diagnostic)

    def _line(self, line: SourceLine, context: Context) -> None:
        self._sequence += 1
        try:
            tokens = self.syntax.lexer.line(line)
            if self.recording is not None:
                record(self, self.recording, tokens)
            elif tokens:
                self.statement(tokens, context)
        except Fault as fault:
            self._fault(fault, self._sequence, context)
        except Poisoned:
            pass

    def _fault(self, fault: Fault, sequence: int, context: Context) -> None:
        self.report.add(sequence, fault.within(context.notes))
        if isinstance(fault, LimitFault):
            self.report.raise_if_any()

    # ---- statements

    def statement(self, tokens: Tokens, context: Context) -> None:
        """One statement with its labels. Raises Fault."""
        while len(tokens) > 1 and tokens[0].kind in (Kind.NAME, Kind.NUMBER) and tokens[1].is_mark(":"):
            self.symbols.label(tokens[0], self.address, self._sequence)
            tokens = tokens[2:]
        if not tokens:
            return
        head, operands = tokens[0], tokens[1:]
        context = replace(context, span=span_of(tokens))
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
        action = DIRECTIVES.get(head.text)
        if action is None:
            help = suggestion(head.text, DIRECTIVES) or f"directives are {' '.join(DIRECTIVES)}"
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
            self.place(Whole(parse(bound[name], after(head)), width), 0, context)
        for expansion in self.syntax.expansion(pseudo):
            tokens = substitute_pseudo(expansion.tokens, bound, head)
            line = (Token(Kind.NAME, expansion.mnemonic, head.line, head.column, head.end), *tokens)
            note = (pseudo.span, f"`{head.text}` stands for `{expansion.text}`")
            self._expansion(line, head, replace(context, notes=(note, *context.notes), expansion=text_of_line(line)))

    def _macro(self, macro: Macro, head: Token, operands: Tokens, context: Context) -> None:
        bound = bind(macro, operands, head)
        self._unique += 1
        unique = self._unique
        notes = ((context.span, f"in the expansion of `{head.text}`"), *context.notes)
        for body in macro.body:
            inner = replace(context, notes=notes)
            self._sequence += 1
            sequence = self._sequence
            try:
                line = substitute(body, bound, unique, self.syntax.lexer)
                self._expansion(line, head, replace(inner, expansion=text_of_line(line)))
            except Fault as fault:
                self._fault(fault, sequence, inner)
            except Poisoned:
                pass

    def _expansion(self, line: Tokens, head: Token, context: Context) -> None:
        self._expanded += 16 + sum(len(t.text) for t in line)
        self._depth += 1
        try:
            if self._depth > MAX_NESTING:
                raise Fault(
                    head.span, f"expansions are nested more than {MAX_NESTING} deep", "does a macro use itself?"
                )
            if self._expanded > MAX_EXPANDED:
                raise LimitFault(head.span, f"all expansions together are longer than {MAX_EXPANDED} characters")
            if line:
                self.statement(line, context)
        finally:
            self._depth -= 1

    # ---- words and values

    def place(self, content: Content, size: int, context: Context) -> None:
        """Put `size` words here. Raises Fault if there is no room for them."""
        here = self.here()
        self.advance(size, context)
        self.items.append(Item(here, size, content, context))

    def advance(self, size: int, context: Context) -> None:
        """Move on by `size` words."""
        if self.words + size > MAX_WORDS:
            raise Fault(context.span, f"the program is larger than {MAX_WORDS} words")
        if self.address + size > 1 << self.syntax.isa.word:
            raise Fault(context.span, f"the program runs past the last address, {(1 << self.syntax.isa.word) - 1:#x}")
        self.words += size
        self.address += size

    def here(self, early: bool = False) -> Place:
        """The place of the current statement."""
        return Place(self.address, self._sequence, early)

    def early(self, tokens: Tokens, head: Token) -> int:
        """A value that must be known now. Raises Fault or Poisoned."""
        scope = self.symbols.scope(self.here(early=True))
        return evaluate(parse(tokens, after(head)), scope).number


def text_of_line(tokens: Tokens) -> str:
    """A statement as text: its labels, the mnemonic, a space, the operands."""
    labels = ""
    while len(tokens) > 1 and tokens[1].is_mark(":"):
        labels += f"{tokens[0].text}: "
        tokens = tokens[2:]
    return f"{labels}{tokens[0].text} {join(tokens[1:])}".rstrip() if tokens else labels.rstrip()
