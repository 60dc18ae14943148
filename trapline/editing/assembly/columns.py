"""A program in columns: labels, mnemonics, operands, comments, as the shipped guests have them.

What stands in a column is left as it is written, so the words stay the same; to do it twice changes nothing more.
"""

from isa.assembler.syntax import Syntax
from isa.assembler.tokens import MAX_LINE, Fault, SourceLine, Tokens
from isa.errors import Source
from trapline.editing.assembly.words import labelled

STATEMENT, OPERANDS, COMMENT = 8, 13, 32  # columns, from 0
COLUMNS = (0, STATEMENT, COMMENT)


def formatted(syntax: Syntax, text: str) -> str:
    """The text in columns. A line that cannot be cut into words stays as it is."""
    source = Source("text", text)
    lines = [_line(syntax, source, number, line) for number, line in enumerate(text.split("\n"), 1)]
    return "\n".join([*lines, ""] if lines[-1] else lines)


def _line(syntax: Syntax, source: Source, number: int, line: str) -> str:
    try:
        tokens = syntax.lexer.line(SourceLine(source, number, line))
    except Fault:
        return line
    code = _code(tokens, line)
    comment = line[tokens[-1].end - 1 if tokens else 0 :].strip()
    if not comment:
        found = code
    elif code:
        found = _behind(code, comment, COMMENT, 2)
    else:
        indent = len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
        found = " " * min(COLUMNS, key=lambda column: abs(column - indent)) + comment
    return found if len(found) <= MAX_LINE else line


def _code(tokens: Tokens, line: str) -> str:
    """Labels, mnemonic and operands in their columns."""
    labels = labelled(tokens)
    found = " ".join(f"{label.text}:" for label in tokens[: 2 * labels : 2])
    statement = tokens[2 * labels :]
    if statement:
        found = _behind(found, statement[0].text, STATEMENT, bool(labels))
    if len(statement) > 1:
        found = _behind(found, line[statement[1].column - 1 : statement[-1].end - 1], OPERANDS, 1)
    return found


def _behind(before: str, text: str, column: int, gap: int) -> str:
    """Something in its column, or so many blanks behind what reaches into it."""
    return f"{before:<{max(column, len(before) + gap)}}{text}"
