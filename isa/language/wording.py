"""Syntax errors in human words: no name of a terminal or of a rule of the grammar is ever shown."""

from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken
from lark.lexer import TerminalDef

from isa.errors import Diagnostic, Source, Span


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split(" "))


_WORDS = {
    "NAME": "a name",
    "MNEMONIC": "a mnemonic",
    "NUMBER": "a number",
    "STRING": "a quoted text",
    "ROLE": "a role such as `@general`",
    "KIND": "the kind of an item",
    "$END": "the end of the file",
}

# Sets of terminals that are one thing to the reader; the first that is contained in what may follow is named.
_GROUPS: tuple[tuple[str, frozenset[str]], ...] = (
    ("an item (`state`, `instr`, ...)", frozenset({"_TYPE", "_STATE", "_INSTR", "_DEF"})),
    ("an expression", frozenset({"NAME", "NUMBER", "_LPAR", "_IF", "NOT", "MINUS", "NEGATE", "UNKNOWN"})),
    ("an operator", frozenset({"PLUS", "MINUS", "COMPARE", "AND"})),
    ("a statement", frozenset({"_LET", "_RETURN", "_EXECUTE"})),
)
_MEMBERS = {
    "an item (`state`, `instr`, ...)": _set(
        "_TYPE _ENUM _STATE _VIEW _ON _STEP _DEF _OPERAND _FORMAT _INSTR _PSEUDO _ASSUME"
    ),
    "an expression": _set("NAME NUMBER _LPAR _IF NOT MINUS NEGATE UNKNOWN"),
    "an operator": _set("EITHER BOTH COMPARE OR XOR AND SHIFT CONCAT PLUS MINUS TIMES DIVIDE _LBRACKET _DOT _LPAR"),
    "a statement": _set("NAME _LET _RETURN _EXECUTE _TRAP _SEMICOLON"),
}

_BARE = {
    "<": "a comparison says whether it is signed: `<u` or `<s`",
    ">": "a comparison says whether it is signed: `>u` or `>s`; so does a shift: `>>u` or `>>s`",
    "/": "a division says whether it is signed: `/u` or `/s`",
    "%": "a remainder says whether it is signed: `%u` or `%s`",
    "'": 'texts stand in double quotes: "..."',
    '"': "this text does not end on its line; close it with a double quote",
}


def syntax_error(source: Source, error: UnexpectedInput) -> Diagnostic:
    """What the parser tripped over, what could have stood there."""
    match error:
        case UnexpectedToken(token=token) if token.type != "$END":
            end = token.end_column if token.end_line == token.line else None
            span = Span(source, token.line or 1, token.column or 1, end or (token.column or 1) + 1)
            return _diagnose(span, f"`{token}` cannot stand here", str(token), error)
        case UnexpectedCharacters():
            span = Span(source, error.line, error.column, error.column + 1)
            char = source.text[error.pos_in_stream or 0]
            said = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
            return _diagnose(span, f"{said} cannot stand here", char, error)
        case UnexpectedToken() | UnexpectedEOF():
            return _diagnose(_end(source), "the file ends too early", "", error)
    raise error


def _end(source: Source) -> Span:
    """The place just after the last text of the file."""
    text = source.text.rstrip()
    line = text.count("\n") + 1
    column = len(text) - (text.rfind("\n") + 1) + 1
    return Span(source, line, column, column + 1)


def _diagnose(span: Span, message: str, found: str, error: UnexpectedInput) -> Diagnostic:
    if found in _BARE:
        return Diagnostic(span, message, _BARE[found])
    return Diagnostic(span, message, "expected " + _listed(expected_words(error)))


def expected_words(error: UnexpectedInput) -> list[str]:
    """What may stand where the error is, as words."""
    from isa.language.parser import grammar

    names = _may_follow(error)
    words: list[str] = []
    for word, core in _GROUPS:
        if core <= names:
            words.append(word)
            names -= _MEMBERS[word]
    terminals = {t.name: t for t in grammar().terminals}
    return words + sorted(_word(name, terminals) for name in names)


def _may_follow(error: UnexpectedInput) -> set[str]:
    match error:
        case UnexpectedToken():
            return set(error.accepts or error.expected)
        case UnexpectedCharacters():
            return set(error.allowed or ())
        case _:
            return set()


def _word(name: str, terminals: dict[str, TerminalDef]) -> str:
    return _WORDS.get(name) or (f"`{terminals[name].pattern.value}`" if name in terminals else "something else")


def _listed(words: list[str], most: int = 6) -> str:
    if len(words) > most:
        words = [*words[: most - 1], "..."]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else "nothing more"
