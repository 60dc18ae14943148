"""From text to syntax tree: `parse` runs the grammar of `grammar.lark`; `isa.language.tree` builds the nodes.

No error of the parser generator gets out: `isa.language.wording` says each in human words.
"""

import os
from functools import cache
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput, VisitError
from lark.grammar import Rule
from lark.lexer import TerminalDef

from isa.errors import Source, SourceError, Span
from isa.files.flat import Form
from isa.files.kept import kept
from isa.language import limits, syntax
from isa.language.report import Refused, refuse
from isa.language.tree import Builder
from isa.language.wording import syntax_error

_TABLES = Form(dict, list)


@cache
def grammar() -> Lark:
    """The parser. Building its tables takes about a quarter of a second, so they are kept."""
    with open(os.path.join(os.path.dirname(__file__), "grammar.lark"), encoding="utf-8") as file:
        text = file.read()
    tables: Any = kept("grammars", (text,), _TABLES, lambda: tables_of(text))
    return Lark.load(tables)


def tables_of(text: str) -> dict[str, Any]:
    """The tables of a grammar as data, in the form that `Lark.load` takes."""
    parser = Lark(text, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    return {"data": data, "memo": memo}


def parse(source: Source) -> tuple[syntax.Declaration, ...]:
    """The machines and variants of a text. Raises SourceError."""
    try:
        _check_text(source)
        tree = grammar().parse(source.text)
        return tuple(Builder(source).transform(tree))
    except UnexpectedInput as error:
        raise SourceError((syntax_error(source, error),)) from None
    except VisitError as error:
        if isinstance(error.orig_exc, Refused) and error.orig_exc.diagnostic:
            raise SourceError((error.orig_exc.diagnostic,)) from None
        raise error.orig_exc from None
    except Refused as refused:
        assert refused.diagnostic
        raise SourceError((refused.diagnostic,)) from None


def _check_text(source: Source) -> None:
    start = Span(source, 1, 1, 1)
    if len(source.text) > limits.FILE_CHARACTERS:
        help = "split it: a variant may stand in a file of its own"
        raise refuse(start, f"the file has more than {limits.FILE_CHARACTERS} characters", help)
    if not source.text.strip():
        raise refuse(start, "the file is empty", 'describe a machine: `isa name "What it is." { ... }`')
    if "\0" in source.text or "\ufffd" in source.text:
        raise refuse(start, "the file is not text", "an `.isa` file is UTF-8 text")
