"""How large a description may be. A hostile file meets one of these before it can exhaust time or memory.

Each limit has its own error, which names it. `table` is the list of docs/language.md.
"""

FILE_CHARACTERS = 128 * 1024  # ten times the largest machine so far; parsing takes seconds for this much
NUMBER_LENGTH = 40
NAME_LENGTH = 64
NESTING = 60  # the checker recurses, a few frames per level
DECLARATIONS = 512
ITEMS = 2048
STATEMENTS = 512
VARIANT_CHAIN = 16
WORD_BITS = 64
STATES = 256
CELLS = 65536
STATE_CELLS = 262144
CHANNELS = 4096
ENUM_MEMBERS = 1024
INSTRUCTIONS = 1024
EXPANSION_WORDS = 16
BEHAVIOUR_NODES = 4096
BEHAVIOUR_PARTS = 512
BEHAVIOUR_DEPTH = 200  # readers of the IR may recurse
INLINED_NODES = 100_000
DIAGNOSTICS = 20

MEANINGS: dict[str, str] = {
    "FILE_CHARACTERS": "characters of a file",
    "NUMBER_LENGTH": "characters of a number",
    "NAME_LENGTH": "characters of a name",
    "NESTING": "levels of an expression, or of blocks, as written",
    "DECLARATIONS": "machines and variants of a file",
    "ITEMS": "items of a machine, its parents' included",
    "STATEMENTS": "statements of a block",
    "VARIANT_CHAIN": "variants that build on one another",
    "WORD_BITS": "bits of a value",
    "STATES": "states of a machine",
    "CELLS": "cells of a register file",
    "STATE_CELLS": "cells of all register files together",
    "CHANNELS": "ports of a channel",
    "ENUM_MEMBERS": "members of an enum",
    "INSTRUCTIONS": "instructions of a machine",
    "EXPANSION_WORDS": "words of a pseudo-instruction",
    "BEHAVIOUR_NODES": "operations of one body, defs and views inlined",
    "BEHAVIOUR_PARTS": "traps and effects of one body",
    "BEHAVIOUR_DEPTH": "levels of an expression, defs, views and lets inlined",
    "INLINED_NODES": "operations copied by inlining in the whole machine",
    "DIAGNOSTICS": "errors shown at once",
}


def table() -> str:
    """All limits as a Markdown table."""
    rows = [f"| {globals()[name]} | {meaning} |" for name, meaning in MEANINGS.items()]
    return "\n".join(["| at most | |", "|---|---|", *rows])
