"""What may be named in a machine: what its text brings, and its parents'. `uses` has where it is named."""

from dataclasses import dataclass, field
from typing import NamedTuple

from isa.language import syntax
from isa.language.library import Library
from isa.language.shipped import sources
from trapline.editing.answers import Place, Sort, place_of

SORTS: dict[type, Sort] = {
    syntax.TypeItem: Sort.TYPE,
    syntax.EnumItem: Sort.ENUM,
    syntax.StateItem: Sort.STATE,
    syntax.ViewItem: Sort.FUNCTION,
    syntax.DefItem: Sort.FUNCTION,
    syntax.ResetItem: Sort.EVENT,
    syntax.EntryItem: Sort.EVENT,
    syntax.StepItem: Sort.EVENT,
    syntax.AssumeItem: Sort.CONSTANT,
    syntax.OperandItem: Sort.OPERAND,
    syntax.FormatItem: Sort.FORMAT,
    syntax.InstrItem: Sort.INSTRUCTION,
    syntax.PseudoItem: Sort.SHORTHAND,
}
SPACES = {Sort.TYPE: "type", Sort.ENUM: "type", Sort.STATE: "name", Sort.FUNCTION: "name", Sort.OPERAND: "operand"}
SPACES |= {Sort.FORMAT: "format", Sort.INSTRUCTION: "mnemonic", Sort.SHORTHAND: "mnemonic", Sort.CONSTANT: "assumption"}


class Named(NamedTuple):
    """Something that has a name, where it is declared, the item that says so, and the machine that this stands in."""

    name: str
    sort: Sort
    place: Place
    item: syntax.Item | syntax.Declaration | None
    machine: str
    told: str = ""  # of what is part of an item: how it is written


@dataclass
class Scope:
    """The names of one machine, by the space that they are looked for in: items, members of enums, fields of states."""

    found: dict[tuple[str, str], Named] = field(default_factory=dict)
    causes: str = ""  # the enum whose members have a space of their own

    def look_up(self, space: str, name: str) -> Named | None:
        return self.found.get((space, name))

    def bare(self, name: str) -> Named | None:
        """A name in an expression that is no local: a state or def, an enum, or a member of one."""
        return self.look_up("name", name) or self.look_up("type", name) or self.look_up("member", name)

    def all(self, *spaces: str) -> list[Named]:
        return [named for (space, _), named in self.found.items() if space in spaces]

    def add(self, item: syntax.Item, machine: str) -> None:
        """The names that an item brings."""
        sort = SORTS[type(item)]
        if isinstance(item, syntax.EntryItem) and item.parameters and item.parameters[0].type.name:
            self.causes = item.parameters[0].type.name
        if sort in SPACES:
            self.found[SPACES[sort], item.name] = Named(item.name, sort, place_of(item.span), item, machine)
        if isinstance(item, syntax.EnumItem):
            for member in item.members:
                self._part(item.name, member.name, Sort.MEMBER, place_of(member.span), item, machine, str(member.value))
        if isinstance(item, syntax.StateItem):
            for part in item.fields:
                place = place_of(part.span)
                here = place._replace(end=place.column + len(part.name))
                bits = f"[{part.high}:{part.low}]" if part.high != part.low else f"[{part.high}]"
                self._part(item.name, part.name, Sort.FIELD, here, item, machine, bits)

    def _part(
        self, owner: str, name: str, sort: Sort, place: Place, item: syntax.Item, machine: str, told: str
    ) -> None:
        named = Named(name, sort, place, item, machine, f"`{owner}.{name}` = {told}")
        self.found[f"{owner}.", name] = named
        if sort is Sort.MEMBER:
            self.found.setdefault(("member", name), named)

    def remove(self, key: syntax.Key) -> None:
        """What a variant deletes."""
        kind, name = key
        for space in set(SPACES.values()):
            named = self.look_up(space, name)
            if named is not None and isinstance(named.item, syntax.Item) and syntax.key(named.item) == (kind, name):
                del self.found[space, name]


def chain(declaration: syntax.Declaration, library: Library) -> list[syntax.Declaration]:
    """The machine that a declaration begins with, and the variants that lead from there to it."""
    found = [declaration]
    while isinstance(found[-1], syntax.Variant):
        parent = parent_of(found[-1], library)
        if parent is None or any(parent is before for before in found):
            break
        found.append(parent)
    return found[::-1]


def parent_of(variant: syntax.Variant, library: Library) -> syntax.Declaration | None:
    """Of this text, or shipped."""
    if variant.parent in library.declarations or variant.parent in sources():
        return library.find(variant.parent)
    return None


def items_of(declaration: syntax.Declaration) -> list[syntax.Item]:
    """What its own text brings."""
    if isinstance(declaration, syntax.Machine):
        return list(declaration.items)
    return [change.item for change in declaration.changes if change.item is not None]


def scope_of(declaration: syntax.Declaration, library: Library) -> Scope:
    """Everything that may be named in a machine."""
    scope = Scope()
    for part in chain(declaration, library):
        for change in part.changes if isinstance(part, syntax.Variant) else ():
            if change.item is None:
                scope.remove(change.key)
        for item in items_of(part):
            scope.add(item, part.name)
    return scope
