"""The words that may stand at a cursor in a description, by what stands before it."""

import re
from collections.abc import Iterator, Mapping

from isa.language import syntax
from isa.language.shipped import names_in, shipped
from trapline.editing.answers import Proposal, Sort
from trapline.editing.description.keywords import CHANGES, ITEMS, PARTS, ROLES, STATEMENTS, VALUES, WHOLES
from trapline.editing.description.library import Described
from trapline.editing.description.scopes import Named, Scope, scope_of

_QUIET = re.compile(r'"[^"\n]*"|#[^\n]*')  # texts and comments
_OPEN = re.compile(r'(?:[^"#\n]|"[^"\n]*")*(?:#.*|"[^"\n]*)')  # a line that ends inside one of them
_HEAD = re.compile(r"^\s*(?:isa|variant)\s+(\w+)(?:\s+of\s+(\w+))?", re.MULTILINE | re.ASCII)
_LAST = re.compile(r"[A-Za-z_]\w*$", re.ASCII)
_CHANGED = re.compile(r"\b(?:override|delete)\s+(\w+)\s+$", re.ASCII)
_DOTTED = re.compile(r"\b(\w+)(?:\[[^\]]*\])?\.$", re.ASCII)
_FORMAT = re.compile(r'\binstr\s+[\w.]+\s*""\s*$', re.ASCII)
_PIECE = re.compile(r"\bformat\b[^{}]*\w:$", re.ASCII)
_VERB = re.compile(r"\b(?:override|add)\s+$", re.ASCII)


def proposals(described: Described, line: int, column: int) -> list[Proposal]:
    """What may be written here. What has been begun of a word is not looked at: the editor chooses by it."""
    lines = described.lines
    current = lines[line][:column] if line < len(lines) else ""
    if _OPEN.fullmatch(current):
        return []
    text = _QUIET.sub(lambda m: '""' if m[0][0] == '"' else "", "\n".join([*lines[:line], current]))
    before = _LAST.sub("", text)
    heads = list(_HEAD.finditer(before))
    name, parent = heads[-1].groups() if heads else (None, None)
    of_parent = _scope(parent, described) if parent else None
    scope = _scope(name, described) if name in described.library.declarations else of_parent or Scope()
    depth = before.count("{") - before.count("}")
    return list(_here(before, depth, of_parent, scope, described))


def _scope(name: str, described: Described) -> Scope:
    """The names of a machine of this text, or of a shipped one."""
    declaration = described.library.find(name)
    return scope_of(declaration, described.library) if declaration else Scope()


def _here(before: str, depth: int, parent: Scope | None, scope: Scope, described: Described) -> Iterator[Proposal]:
    """`parent` has the names of the parent, in a variant."""
    if before.endswith("@"):
        yield from (Proposal(role.value, Sort.ROLE, "", text) for role, text in ROLES.items())
    elif re.search(r"\bof\s+$", before) and depth == 0:
        names = dict.fromkeys([*(name for name, _, _ in names_in(described.source.text)), *shipped()])
        yield from (Proposal(name, Sort.MACHINE) for name in names)
    elif depth == 0:
        yield from _words(WHOLES)
    elif dotted := _DOTTED.search(before):
        yield from map(_proposal, scope.all(f"{dotted[1]}."))
    elif re.search(r"\btrap\s+$", before):
        yield from map(_proposal, scope.all(f"{scope.causes}."))
    elif _FORMAT.search(before):
        yield from map(_proposal, scope.all("format"))
    elif _PIECE.search(before):
        yield from map(_proposal, scope.all("operand"))
    elif re.search(r":\s*$", before) and not re.search(r"\[[^\]]*$", before):
        yield from map(_proposal, scope.all("type"))
        yield from (Proposal(word, Sort.WORD) for word in PARTS if word in ("bits", "channel"))
    elif depth == 1:
        yield from _in_machine(before, parent)
    else:
        yield from _locals(before, scope)
        yield from _in_body(scope)


def _in_machine(before: str, parent: Scope | None) -> Iterator[Proposal]:
    """Items; in a variant, changes of its parent's."""
    changed = _CHANGED.search(before)
    if parent is not None and changed is not None:
        for named in parent.all("type", "name", "operand", "format", "mnemonic"):
            if isinstance(named.item, syntax.Item) and syntax.KINDS[type(named.item)] == changed[1]:
                yield _proposal(named)
        return
    if parent is not None and not _VERB.search(before):
        yield from (Proposal(word, Sort.WORD) for word in CHANGES)
    else:
        yield from _words(ITEMS)
        yield from (Proposal(word, Sort.WORD) for word in PARTS)


def _locals(before: str, scope: Scope) -> Iterator[Proposal]:
    """Parameters, lets and operands of the item that is being written."""
    item = re.split(r"\b(?:instr|def|view|on|step)\b", before)[-1]
    names = [name for pair in re.findall(r"(\w+)\s*:|\blet\s+(\w+)", item) for name in pair if name]
    yield from (Proposal(name, Sort.LOCAL) for name in dict.fromkeys(names))
    format = re.match(r'\s*[\w.]+\s*""\s*(\w+)', item, re.ASCII)
    named = scope.look_up("format", format[1]) if format else None
    if named is not None and isinstance(named.item, syntax.FormatItem):
        operands = {p.name: p.operand for p in named.item.pieces if p.name and p.operand}
        yield from (Proposal(name, Sort.LOCAL, operand) for name, operand in operands.items())


def _in_body(scope: Scope) -> Iterator[Proposal]:
    yield from map(_proposal, scope.all("name", "type", "member"))
    yield from _words(STATEMENTS)
    yield from _words(VALUES)
    yield from (Proposal(word, Sort.WORD) for word in PARTS if word in ("then", "else"))


def _words(table: Mapping[str, str]) -> Iterator[Proposal]:
    yield from (Proposal(word, Sort.WORD, "", text) for word, text in table.items())


def _proposal(named: Named) -> Proposal:
    return Proposal(named.name, named.sort, named.told, getattr(named.item, "doc", ""))
