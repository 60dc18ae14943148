"""The Python of Trapline knows no machine: no mnemonic of a shipped machine stands in it as a string.

A literal may coincide with a mnemonic where it names something else: an operator of the semantics, in files that work
with the operator table; a keyword of the language (`trap`, `reset`; `add` in its own folder only); a value of an
enumeration (roles, exit reasons, ...); an English word that the same file has as a name in Python, such as the key
`lines` of a field `lines`; a single letter. Docstrings are prose.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from isa.ir.operators import OPERATORS
from isa.machines.catalogue import find, shipped

ROOT = Path(__file__).parents[2]
ROOMS = ("isa", "monitor", "proofs", "trapline")
LANGUAGE = ROOT / "isa" / "language"
KEYWORDS = set(re.findall(r'"([a-z]+)"', (LANGUAGE / "grammar.lark").read_text()))
OPERATOR_USERS = {"isa.ir.operators", "isa.ir.fold", "isa.ir.nodes"}


@cache
def mnemonics() -> set[str]:
    """Of all shipped machines. A pseudo-instruction has no meaning that Python could repeat: one that is called by an
    English word (`call`, `set`) is not looked for."""
    machines = list(map(find, shipped()))
    shorthands = {name for machine in machines for name in machine.pseudos if is_code(name)}
    return shorthands.union(*(machine.instructions for machine in machines))


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


Nodes = list[ast.AST]  # all of a module


def prose(nodes: Nodes) -> set[ast.AST]:
    """The docstrings."""
    owners = (n for n in nodes if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef))
    return {n.body[0].value for n in owners if n.body and isinstance(n.body[0], ast.Expr)}


def enumerated(nodes: Nodes) -> set[ast.AST]:
    """Everything inside enumerations."""
    enums = (n for n in nodes if isinstance(n, ast.ClassDef))
    enums = (n for n in enums if any(isinstance(b, ast.Name) and b.id.endswith("Enum") for b in n.bases))
    return {inner for enum in enums for inner in ast.walk(enum)}


def identifiers(nodes: Nodes) -> set[str]:
    """Names of fields, functions and arguments."""
    found = {n.attr for n in nodes if isinstance(n, ast.Attribute)} | {n.arg for n in nodes if isinstance(n, ast.arg)}
    return found | {n.name for n in nodes if isinstance(n, ast.FunctionDef)}


def is_code(word: str) -> bool:
    """Whether a mnemonic is no English word, so that it can mean nothing else."""
    return len(word) > 2 and not set(word) & set("aeiouy")


def knows_operators(nodes: Nodes, path: Path) -> bool:
    imported = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
    return bool(imported & OPERATOR_USERS) or path == ROOT / "isa" / "ir" / "operators.py"


def literals(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """(line, string) of every literal that may not be a mnemonic."""
    nodes = list(ast.walk(ast.parse(text)))
    excused = prose(nodes) | enumerated(nodes)
    allowed = set(OPERATORS) if knows_operators(nodes, path) else set()
    allowed |= KEYWORDS if LANGUAGE in path.parents else KEYWORDS - set(OPERATORS)
    allowed |= {name for name in identifiers(nodes) if not is_code(name)}
    for node in nodes:
        if not isinstance(node, ast.Constant) or node in excused or not isinstance(node.value, str):
            continue
        if len(node.value) > 1 and node.value not in allowed:
            yield node.lineno, node.value


@cache
def literals_of(path: Path) -> list[tuple[int, str]]:
    return list(literals(path.read_text(), path))


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_mnemonic_stands_in_python(path: Path) -> None:
    names = mnemonics()
    found = [(line, text) for line, text in literals_of(path) if text in names]
    assert not found


def test_no_assembly_text_stands_in_python() -> None:
    """Mnemonics that are no English words must not stand inside longer strings either."""
    words = {name for name in mnemonics() if is_code(name)}
    assert words
    found = [
        (path.name, line, text)
        for path in sources()
        for line, text in literals_of(path)
        if words & set(text.replace(",", " ").split())
    ]
    assert not found


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("x = 'lpsw'", True),
        ("match name:\n    case 'halt': pass", True),
        ("x = 'add'", True),
        ("def lpsw(): pass\nx = 'lpsw'", True),
        ("if name == 'idle': pass", True),
        ("x = {'lines': image.lines}", False),
        ("if kind == 'trap': pass", False),
        ("from isa.ir.fold import apply\nx = 'add'", False),
        ("class R(Enum):\n    HALT = 'halt'", False),
        ("'''halt'''", False),
    ],
)
def test_the_test_can_fail(text: str, caught: bool) -> None:
    found = [text for _, text in literals(text, Path("x.py")) if text in mnemonics()]
    assert bool(found) == caught
