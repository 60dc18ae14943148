"""Macros: `.macro name a, b=default` to `.endm`, expanded on tokens.

In the body `\\a` is the argument, `\\@` a number that is different in every expansion, and `\\()` ends a parameter's
name in the middle of a word (`\\a\\()_loop`). An argument that is an expression stays together as if in parentheses.
Pseudo-instructions are expanded by the same substitution, with their parameters written without a backslash.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from isa.assembler.expressions import is_expression
from isa.assembler.tokens import MAX_LINE, Fault, Kind, Lexer, SourceLine, Token, Tokens, after, at, group, span_of
from isa.errors import Source

MAX_STATEMENT = 20_000  # characters of one statement after expansion
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PARAMETER = re.compile(r"\\([A-Za-z_]\w*|@|\(\))")


@dataclass(frozen=True, slots=True)
class Macro:
    """`parameters` in order, with the default's tokens or None; `body` one entry of tokens per line."""

    name: Token
    parameters: dict[str, Tokens | None]
    body: tuple[Tokens, ...]


def parameters(tokens: Tokens) -> dict[str, Tokens | None]:
    """The parameter list of a `.macro`. Raises Fault."""
    found: dict[str, Tokens | None] = {}
    for part in split_commas(tokens):
        if not part or part[0].kind is not Kind.NAME or "." in part[0].text:
            span = span_of(part) if part else span_of(tokens)
            raise Fault(span, "a parameter must be a name", "write `.macro name a, b, c=0`")
        if part[0].text in found:
            raise Fault(part[0].span, f"parameter `{part[0].text}` is named twice")
        if len(part) > 1 and not part[1].is_mark("="):
            raise Fault(part[1].span, "a comma or a default is expected here", "write `.macro name a, b, c=0`")
        found[part[0].text] = part[2:] if len(part) > 1 else None
    return found


def check_body_line(tokens: Tokens, names: Mapping[str, object], owner: str) -> None:
    """Raises Fault for a `\\name` that is not a parameter."""
    for token in tokens:
        if token.kind is Kind.PASTE:
            for name in _PARAMETER.findall(token.text):
                if name not in ("@", "()") and name not in names:
                    help = "end the parameter's name with `\\()`" if any(name.startswith(n) for n in names) else ""
                    raise Fault(token.span, f"`\\{name}` is not a parameter of `{owner}`", help)


def bind(macro: Macro, tokens: Tokens, head: Token) -> dict[str, Tokens]:
    """The arguments of an invocation by parameter. Raises Fault."""
    given = split_commas(tokens)
    if len(given) > len(macro.parameters):
        extra = given[len(macro.parameters)]
        notes = ((macro.name.span, "it is defined here"),)
        span = span_of(extra) if extra else after(tokens[-1])
        raise Fault(span, f"`{head.text}` takes {_count(len(macro.parameters))}, not {len(given)}", "", notes)
    given += [()] * (len(macro.parameters) - len(given))
    bound: dict[str, Tokens] = {}
    for (name, default), argument in zip(macro.parameters.items(), given, strict=True):
        if not argument and default is None:
            notes = ((macro.name.span, "it is defined here"),)
            raise Fault(after(tokens[-1] if tokens else head), f"`{head.text}` needs an argument `{name}`", "", notes)
        bound[name] = whole(argument or default or ())
    return bound


def _count(number: int) -> str:
    return "no arguments" if number == 0 else "one argument" if number == 1 else f"{number} arguments"


def whole(tokens: Tokens) -> Tokens:
    """Tokens that are an expression of several tokens as one group; anything else as it is."""
    return (group(tokens),) if len(tokens) > 1 and is_expression(tokens) else tokens


def split_commas(tokens: Tokens) -> list[Tokens]:
    """The parts between commas outside brackets; nothing gives no part."""
    if len(tokens) == 1 and tokens[0].kind is not Kind.MARK:
        return [tokens]
    parts: list[list[Token]] = [[]] if tokens else []
    depth = 0
    for token in tokens:
        if token.kind is Kind.MARK:
            if token.text == "," and depth == 0:
                parts.append([])
                continue
            depth += (token.text in "([{") - (token.text in ")]}")
        parts[-1].append(token)
    return [tuple(part) for part in parts]


def substitute(line: Tokens, bound: Mapping[str, Tokens], unique: int, lexer: Lexer) -> Tokens:
    """A line of a macro's body with its arguments put in. Raises Fault."""
    if not any([token.kind is Kind.PASTE for token in line]):
        return line
    result: list[Token] = []
    for token in line:
        if token.kind is not Kind.PASTE:
            result.append(token)
        elif token.text[1:] in bound and token.text[0] == "\\":
            result += bound[token.text[1:]]
        else:
            result.append(_paste(token, bound, unique, lexer))
    return _limited(tuple(result))


def _paste(token: Token, bound: Mapping[str, Tokens], unique: int, lexer: Lexer) -> Token:
    later = any(name not in bound for name in _PARAMETER.findall(token.text) if name not in ("@", "()"))

    def text(match: re.Match[str]) -> str:
        name = match[1]
        if name == "@":
            return str(unique)
        if name == "()" and not later:
            return ""
        return "".join(t.text for t in bound[name]) if name in bound else match[0]

    word = _PARAMETER.sub(text, token.text)
    if later:  # the turns of a repetition in the body of a macro
        return token._replace(text=word)
    if len(word) <= MAX_LINE and _NAME.fullmatch(word):
        return token._replace(kind=Kind.NAME, text=word)
    try:
        pasted = lexer.line(SourceLine(Source("word", word), 1, word))
    except Fault:
        pasted = ()
    if len(pasted) != 1:
        raise Fault(
            token.span,
            f"`{token.text}` becomes `{word}`, which is not one word",
            "separate the parts by spaces or operators",
        )
    return at(pasted[0], token)


def _limited(tokens: Tokens) -> Tokens:
    if sum([len(t.text) for t in tokens]) > MAX_STATEMENT:
        raise Fault(
            span_of(tokens), f"this statement grows to more than {MAX_STATEMENT} characters", "nest macros less deeply"
        )
    return tokens


def substitute_pseudo(line: Tokens, bound: Mapping[str, Tokens], head: Token) -> Tokens:
    """A line of a pseudo-instruction with its operands put in; the rest stands where `head` does. Raises Fault."""
    result: list[Token] = []
    for token in line:
        result += whole(bound[token.text]) if token.text in bound else (at(token, head),)
    return _limited(tuple(result))
