"""The parser of `grammar.lark`, its tables kept."""

import os
from functools import cache
from typing import Any

from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from isa.files.flat import Form
from isa.files.kept import kept

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
