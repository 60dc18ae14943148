"""Syntax errors in human words: no name of a terminal or of a rule of the grammar is ever shown."""

from contextlib import suppress

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lexer import TerminalDef

from isa.errors import Diagnostic, Source, Span
from isa.language.grammar import grammar


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

# Sets of terminals that are one thing to the reader: if the first set may follow, the second is said in one word.
_GROUPS: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    (
        "an item (`state`, `instr`, ...)",
        _set("_TYPE _STATE _INSTR _DEF"),
        _set("_TYPE _ENUM _STATE _VIEW _ON _STEP _DEF _OPERAND _FORMAT _INSTR _PSEUDO _ASSUME"),
    ),
    (
        "an expression",
        _set("NAME NUMBER _LPAR NOT UNKNOWN"),
        _set("NAME NUMBER _LPAR _IF NOT MINUS NEGATE UNKNOWN"),
    ),
    (
        "an operator",
        _set("PLUS MINUS AND"),
        _set("EITHER BOTH COMPARE OR XOR AND SHIFT CONCAT PLUS MINUS TIMES DIVIDE _LBRACKET _DOT _LPAR"),
    ),
    ("a statement", _set("_LET _RETURN _EXECUTE"), _set("NAME _LET _RETURN _EXECUTE _TRAP _IF _SEMICOLON")),
)

_BARE = {
    "<": "a comparison says whether it is signed: `<u` or `<s`",
    ">": "a comparison says whether it is signed: `>u` or `>s`, `>>u` or `>>s`",
    "/": "a division says whether it is signed: `/u` or `/s`",
    "%": "a remainder says whether it is signed: `%u` or `%s`",
    "'": 'texts stand in double quotes: "..."',
    '"': "this text does not end on its line; close it with a double quote",
}


def syntax_error(source: Source, error: UnexpectedInput) -> Diagnostic:
    """What the parser tripped over, what could have stood there."""
    follow = _may_follow(source)
    match error:
        case UnexpectedToken(token=token) if token.type != "$END":
            end = token.end_column if token.end_line == token.line else None
            span = Span(source, token.line or 1, token.column or 1, end or (token.column or 1) + 1)
            return Diagnostic(span, f"`{token}` cannot stand here", _advice(str(token), token.type, follow))
        case UnexpectedCharacters():
            span = Span(source, error.line, error.column, error.column + 1)
            char = source.text[error.pos_in_stream or 0]
            said = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
            return Diagnostic(span, f"{said} cannot stand here", _advice(char, "", follow))
        case _:
            return Diagnostic(_end(source), "the file ends too early", _advice("", "", follow))


def _end(source: Source) -> Span:
    """The place just after the last text of the file."""
    text = source.text.rstrip()
    line = text.count("\n") + 1
    column = len(text) - (text.rfind("\n") + 1) + 1
    return Span(source, line, column, column + 1)


def _may_follow(source: Source) -> set[str]:
    """The terminals that may stand where parsing stops."""
    parser = grammar().parse_interactive(source.text)
    with suppress(UnexpectedInput):
        parser.exhaust_lexer()
    return set(parser.accepts())  # type: ignore[no-untyped-call]


def _advice(found: str, terminal: str, follow: set[str]) -> str:
    """What to write instead; for the usual slips in so many words."""
    if found in _BARE:
        return _BARE[found]
    if terminal == "_EQUALS" and "_ARROW" in follow:
        return "a write is spelled `<-`"
    if terminal == "_EQUALS" and "PLUS" in follow:
        return "equality is spelled `==`"
    if terminal == "_THEN" and "_LBRACE" in follow:
        return "a write under a condition is `place <- value when c`, or `if c { place <- value }`"
    if terminal == "COMPARE" and "BOTH" in follow:
        return "comparisons do not chain: join two with `&&`"
    return "expected " + _listed(_words(follow))


def _words(names: set[str]) -> list[str]:
    words: list[str] = []
    for word, core, members in _GROUPS:
        if core <= names:
            words.append(word)
            names = names - members
    terminals = {t.name: t for t in grammar().terminals}
    return words + sorted(_word(name, terminals) for name in names)


def _word(name: str, terminals: dict[str, TerminalDef]) -> str:
    return _WORDS.get(name) or f"`{terminals[name].pattern.value}`"


def _listed(words: list[str], most: int = 6) -> str:
    if len(words) > most:
        return ", ".join(words[: most - 1]) + ", ..."
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
