"""A question as a script that any solver reads: SMT-LIB 2, the same text whoever writes it, and when.

The solver's own printing follows the numbers that it happened to give to terms, and so does the order in which it keeps
the operands of a sum. Here every term has a key, a digest of what it is, and operands whose order means nothing are put
in the order of their keys: one question has one text, and the text's digest stands for the question. What is used more
than once is defined once, so a script is as large as its graph.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import z3

from proofs.terms.solving import LOGIC
from proofs.terms.symbolic import Term

REMEMBERED = 200_000  # terms
Key = bytes

_SPELLED = {"if": "ite", "bvudiv_i": "bvudiv", "bvurem_i": "bvurem", "bvsdiv_i": "bvsdiv", "bvsrem_i": "bvsrem"}
_NAMES = "and or xor = distinct bvadd bvmul bvand bvor bvxor"  # of SMT-LIB
_UNORDERED = frozenset(_NAMES.split())


@dataclass(frozen=True, slots=True)
class _Node:
    """A term without its operands: how it begins, what it is made of, its sort; how it is declared if free."""

    head: str
    parts: tuple[Key, ...]
    sort: str
    declared: str = ""


_known: dict[int, tuple[Term, Key]] = {}  # with the terms, so that their numbers stay theirs
_nodes: dict[Key, _Node] = {}


def script(conditions: Sequence[Term]) -> str:
    """Whether all conditions can hold at once, as a script; `sat` if they can."""
    if len(_known) > REMEMBERED:
        _known.clear()
        _nodes.clear()
    roots = sorted({_key(c) for c in conditions})
    lines = [f"(set-logic {LOGIC})"]
    order = _ordered(roots)
    lines += sorted({_nodes[key].declared for key in order} - {""})
    used = Counter(part for key in order for part in _nodes[key].parts)
    texts: dict[Key, str] = {}
    for key in order:
        node = _nodes[key]
        text = f"({node.head} {' '.join(texts[p] for p in node.parts)})" if node.parts else node.head
        if node.parts and used[key] > 1:
            name = f"${len(lines)}"
            lines.append(f"(define-fun {name} () {node.sort} {text})")
            text = name
        texts[key] = text
    return "\n".join([*lines, *(f"(assert {texts[root]})" for root in roots), "(check-sat)", ""])


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _ordered(roots: Sequence[Key]) -> list[Key]:
    """Everything below the roots, operands before users."""
    found: dict[Key, None] = {}
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        key, ready = stack.pop()
        if ready:
            found[key] = None
        elif key not in found:
            stack.append((key, True))
            stack += [(part, False) for part in reversed(_nodes[key].parts) if part not in found]
    return list(found)


def _key(root: Term) -> Key:
    stack = [(root, False)]
    while stack:
        term, ready = stack.pop()
        number = term.get_id()
        if number in _known:
            continue
        if ready:
            _known[number] = term, _keep(term)
        else:
            stack.append((term, True))
            stack += [(child, False) for child in term.children()]
    return _known[root.get_id()][1]


def _keep(term: Term) -> Key:
    """The key of a term whose operands have theirs."""
    declaration = term.decl()
    free = declaration.kind() == z3.Z3_OP_UNINTERPRETED
    parts = tuple(_known[child.get_id()][1] for child in term.children())
    if free or z3.is_bv_value(term):
        head = declaration.sexpr() if free else term.sexpr()
    else:
        head = _head(declaration)
    if head in _UNORDERED:
        parts = tuple(sorted(parts))
    key = sha256(b"\0".join([head.encode(), *(p.hex().encode() for p in parts)])).digest()
    declared = head if free else ""
    _nodes[key] = _Node(_name(declaration) if free else head, parts, term.sort().sexpr(), declared)
    return key


def _head(declaration: z3.FuncDeclRef) -> str:
    """An operator as SMT-LIB spells it."""
    name = declaration.name()
    name = _SPELLED.get(name, name)
    numbers = declaration.params()
    return f"(_ {name} {' '.join(map(str, numbers))})" if numbers else name


def _name(declaration: z3.FuncDeclRef) -> str:
    """A free constant or function, as its declaration writes it."""
    text: str = declaration.sexpr()
    return text.split()[1] if not text.split()[1].startswith("|") else text[text.index("|") : text.rindex("|") + 1]
