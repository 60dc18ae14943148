"""Constants that are defined from outside the source: what `--define NAME=VALUE` says."""

from collections.abc import Mapping
from re import ASCII, compile

from isa.assembler.expressions import LARGEST, Expression, Push
from isa.assembler.symbols import DEFINE, Place, Symbols
from isa.assembler.tokens import Fault, Kind, SourceLine, Token
from isa.errors import Source, UsageError

Definitions = Mapping[str, int]
_NAME = compile(r"[A-Za-z_]\w*", ASCII)


def define(symbols: Symbols, definitions: Definitions) -> None:
    """Define constants before the first line of the source. Raises UsageError for a name that cannot be one."""
    for name, value in definitions.items():
        shown = f"{name}={value}"
        if _NAME.fullmatch(name) is None or abs(value) >= LARGEST:
            raise UsageError(f"`{shown}` is not a definition", "write NAME=VALUE, with a name that a label may have")
        token = Token(Kind.NAME, name, SourceLine(Source(DEFINE, shown), 1, shown), 1, len(name) + 1)
        try:
            symbols.constant(token, Expression((Push(value),), (token,)), Place(0, 0))
        except Fault as fault:
            raise UsageError(f"`{shown}`: {fault.diagnostic.message}", fault.diagnostic.help) from None
