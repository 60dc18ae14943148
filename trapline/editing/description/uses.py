"""Where the names of a description stand, each with what it means there: found by a walk over the syntax tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import NamedTuple

from isa.errors import Span
from isa.language import syntax
from trapline.editing.answers import Place, Sort, place_of
from trapline.editing.description.library import Described
from trapline.editing.description.scopes import SORTS, SPACES, Named, Scope, items_of, parent_of, scope_of


class Use(NamedTuple):
    """A name in the text, and what it means."""

    place: Place
    named: Named


Locals = dict[str, Named]


def uses_of(described: Described) -> list[Use]:
    """Every name of the text that means something, in the order of the text."""
    library = described.library
    found: list[Use] = []
    for declaration in library.declarations.values():
        walk = _Walk(declaration.name, scope_of(declaration, library), found)
        walk.use(declaration.span, _machine(declaration))
        if isinstance(declaration, syntax.Variant):
            parent = parent_of(declaration, library)
            walk.use(declaration.parent_span, _machine(parent) if parent else None)
            for change in declaration.changes:
                if change.item is None:
                    walk.use(change.span, walk.deleted(change.key, parent, described))
        for item in items_of(declaration):
            walk.item(item)
    here = {use.place: use for use in reversed(found) if use.place.file == described.path}
    return [here[place] for place in sorted(here)]


def use_at(uses: list[Use], line: int, column: int) -> Use | None:
    """The name at a cursor; of two that touch there, the one that begins there."""
    return next((use for use in reversed(uses) if use.place.has(line, column)), None)


def alike(uses: list[Use], named: Named) -> list[Place]:
    """Where the same thing is named. Roles have no place, and are the same everywhere."""
    is_role = named.sort is Sort.ROLE
    return [u.place for u in uses if (u.named.name == named.name if is_role else u.named.place == named.place)]


def _machine(declaration: syntax.Declaration) -> Named:
    return Named(declaration.name, Sort.MACHINE, place_of(declaration.span), declaration, declaration.name)


@dataclass
class _Walk:
    """One declaration's text: `found` is added to."""

    machine: str
    scope: Scope
    found: list[Use]
    locals: Locals = field(default_factory=dict)

    def use(self, span: Span, named: Named | None) -> None:
        if named is not None:
            self.found.append(Use(place_of(span), named))

    def deleted(self, key: syntax.Key, parent: syntax.Declaration | None, described: Described) -> Named | None:
        """What a variant deletes is its parent's."""
        of_parent = scope_of(parent, described.library) if parent else Scope()
        found = (of_parent.look_up(space, key[1]) for space in set(SPACES.values()))
        return next((n for n in found if n and isinstance(n.item, syntax.Item) and syntax.key(n.item) == key), None)

    def item(self, item: syntax.Item) -> None:
        """The name of an item, and every name in it."""
        if SORTS[type(item)] in SPACES:
            self.use(item.span, Named(item.name, SORTS[type(item)], place_of(item.span), item, self.machine))
        walk = replace(self, locals=dict(self._locals(item)))
        for named in walk.locals.values():
            walk.found.append(Use(named.place, named))
        match item:
            case syntax.EnumItem():
                for member in item.members:
                    self.use(member.span, self.scope.look_up(f"{item.name}.", member.name))
            case syntax.StateItem():
                for part in item.fields:
                    field_ = self.scope.look_up(f"{item.name}.", part.name)
                    self.found += [Use(field_.place, field_)] if field_ else []
                for written in [item.role, *(part.role for part in item.fields)]:
                    walk.role(written)
            case syntax.InstrItem():
                self.use(item.format_span, self.scope.look_up("format", item.format))
                walk.inside(item.template_span, item.template)
            case syntax.PseudoItem():
                for expansion in item.expansion:
                    self.use(expansion.span, self.scope.look_up("mnemonic", expansion.mnemonic))
            case syntax.FormatItem():
                walk.pieces(item)
            case _:
                pass
        walk.visit(tuple(getattr(item, f.name) for f in fields(item)))

    def role(self, written: syntax.RoleName | None) -> None:
        """A role, and the modes that are listed with it."""
        if written is not None:
            self.use(written.span, Named(f"@{written.name}", Sort.ROLE, place_of(written.span), None, self.machine))
            for name, span in written.listed:
                self.use(span, self.scope.look_up("member", name))

    def pieces(self, item: syntax.FormatItem) -> None:
        for piece in item.pieces:
            text = syntax.text_of(piece.span)
            start = place_of(piece.span)
            if piece.name is not None and piece.name in self.locals:
                self.found.append(Use(start._replace(end=start.column + len(piece.name)), self.locals[piece.name]))
            if piece.operand is not None and text.endswith(piece.operand):
                named = self.scope.look_up("operand", piece.operand)
                if named is not None:
                    self.found.append(Use(start._replace(column=start.end - len(piece.operand)), named))

    def inside(self, span: Span, text: str) -> None:
        """The operands in a template."""
        start = place_of(span)
        for match in re.finditer(r"[A-Za-z_]\w*", text, re.ASCII):
            if match[0] in self.locals:
                column = start.column + 1 + match.start()
                place = start._replace(column=column, end=column + len(match[0]))
                self.found.append(Use(place, self.locals[match[0]]))

    def _locals(self, item: syntax.Item) -> Iterator[tuple[str, Named]]:
        """Parameters; the parts of a format; and in an instruction, its operands."""
        match item:
            case syntax.ViewItem():
                yield from self._parameters(item, (item.parameter,))
            case syntax.DefItem() | syntax.EntryItem():
                yield from self._parameters(item, item.parameters)
            case syntax.FormatItem():
                for name, span in item.parameters:
                    yield name, Named(name, Sort.PARAMETER, place_of(span), item, self.machine)
                yield from self._operands(item)
            case syntax.InstrItem():
                named = self.scope.look_up("format", item.format)
                if named is not None and isinstance(named.item, syntax.FormatItem):
                    yield from self._operands(named.item)
            case _:
                pass

    def _parameters(self, item: syntax.Item, parameters: tuple[syntax.Parameter, ...]) -> Iterator[tuple[str, Named]]:
        for p in parameters:
            yield p.name, Named(p.name, Sort.PARAMETER, place_of(p.span), item, self.machine, syntax.text_of(p.span))

    def _operands(self, item: syntax.FormatItem) -> Iterator[tuple[str, Named]]:
        seen = set()
        for piece in item.pieces:
            if piece.operand is not None and piece.name is not None and piece.name not in seen:
                seen.add(piece.name)
                place = place_of(piece.span)
                place = place._replace(end=place.column + len(piece.name))
                told = f"`{piece.name}`: an operand of format `{item.name}`, `{piece.operand}`"
                yield piece.name, Named(piece.name, Sort.PARAMETER, place, item, self.machine, told)

    # ---- bodies

    def visit(self, node: object) -> None:
        """Every name in a tree. The parser bounds how deep it is."""
        match node:
            case tuple():
                for part in node:
                    self.visit(part)
                return
            case syntax.Block():
                inner = replace(self, locals=dict(self.locals))
                inner.visit(node.statements)
                return
            case syntax.TypeName(name=str(name)):
                self.use(node.span, self.scope.look_up("type", name))
            case syntax.Name():
                self.use(node.span, self.locals.get(node.name) or self.scope.bare(node.name))
            case syntax.Call():
                end = node.span.column + len(node.name)
                self.use(replace(node.span, end=end), self.scope.look_up("name", node.name))
            case syntax.FieldOf():
                self._field(node)
            case syntax.Trap():
                self.use(node.span, self.scope.look_up(f"{self.scope.causes}.", node.cause))
            case syntax.Let():
                named = Named(node.name, Sort.LOCAL, place_of(node.span), None, self.machine, f"`let {node.name}`")
                self.visit((node.type, node.value))
                self.use(node.span, named)
                self.locals[node.name] = named
                return
            case _:
                pass
        if is_dataclass(node) and not isinstance(node, Span):
            for f in fields(node):
                self.visit(getattr(node, f.name))

    def _field(self, node: syntax.FieldOf) -> None:
        """The name behind a dot."""
        base = node.base.base if isinstance(node.base, syntax.Index) else node.base
        if isinstance(base, syntax.Name) and syntax.text_of(node.span).endswith(node.name):
            column = node.span.end - len(node.name)
            self.use(replace(node.span, column=column), self.scope.look_up(f"{base.name}.", node.name))
