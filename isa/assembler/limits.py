"""How much one program may ask for. Sources may come from anywhere: whatever would take long ends here, and soon.

A source that is long takes its time, line by line. Everything that is short and grows draws from one allowance, `Work`.
"""

from isa.assembler.tokens import LimitFault, Token, Tokens, span_of
from isa.errors import Source, Span

MAX_TEXT = 16 << 20  # characters of all sources together
MAX_LINES = 1 << 19  # lines of all sources together
MAX_WORDS = 1 << 18  # words of one program
MAX_NESTING = 32  # macros in macros, includes in includes
MAX_EXPANDED = 4 << 20  # characters of all expansions together, where a line counts as 16 more
MAX_INCLUDES = 1000  # files of one program
MAX_STEPS = 550_000  # words, numbers and marks of expansions and long lines: about a second
PAID = 16  # steps that every line of a source has for itself


class Work:
    """What has been used so far. Every method raises LimitFault at what is too much."""

    def __init__(self) -> None:
        self._text = self._lines = self._files = 0
        self._expanded = self._steps = 0

    def source(self, source: Source, span: Span) -> None:
        """A source begins; `span` is what is to blame."""
        self._text += len(source.text)
        self._lines += source.text.count("\n") + 1
        self._files += 1
        if self._text > MAX_TEXT:
            raise LimitFault(span, f"the sources are longer than {MAX_TEXT} characters together")
        if self._lines > MAX_LINES:
            raise LimitFault(span, f"the sources are longer than {MAX_LINES} lines together")
        if self._files > MAX_INCLUDES:
            raise LimitFault(span, f"more than {MAX_INCLUDES} files are included", "does a file include itself?")

    def line(self, tokens: Tokens) -> None:
        """A line of a source."""
        self._steps += len(tokens) - PAID
        if self._steps < 0:
            self._steps = 0
        elif self._steps > MAX_STEPS:
            self.steps(0, tokens)

    def expansion(self, line: Tokens, head: Token) -> None:
        """A line that `head` stands for."""
        self._expanded += 16 + sum([len(t.text) for t in line])
        if self._expanded > MAX_EXPANDED:
            raise LimitFault(head.span, f"all expansions together are longer than {MAX_EXPANDED} characters")

    def room(self, body: tuple[Tokens, ...], times: int, head: Token) -> None:
        """Lines that will be made so often; what cannot end well is refused before it begins."""
        count = times * sum([4 + len(line) for line in body])
        if self._steps + count > MAX_STEPS:
            self.steps(count, (head,))

    def repeated(self, line: Tokens, head: Token) -> None:
        """A line that `head` made of one that may be used again; making it counts as four words more."""
        self.steps(4 + len(line), (head,))

    def steps(self, count: int, tokens: Tokens) -> None:
        """So many words, numbers and marks are read, put in or evaluated for `tokens`."""
        self._steps += count
        if self._steps > MAX_STEPS:
            message = f"expansions and long lines have more than {MAX_STEPS} words, numbers and marks together"
            raise LimitFault(span_of(tokens), message, "make them shorter, or the program smaller")
