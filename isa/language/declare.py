"""The first phase: types, enums and states become the `World`. Roles are checked by `isa.language.roles`."""

from isa.description import Enumeration, Field, Kind, State
from isa.errors import Span
from isa.language import limits, syntax
from isa.language.report import Report, refuse
from isa.language.roles import check_roles, role_of
from isa.language.world import Type, World

# Kinds of items whose names share the namespace of expressions.
_SHARED = ("type", "enum", "state", "view", "def", "assume")


def declare(machine: syntax.Machine, world: World, report: Report) -> None:
    """Fill `world` from the items of a machine. Raises SourceError at the end of the phase."""
    _check_names(machine, report)
    world.items = {syntax.key(item): item for item in machine.items}
    for item in machine.items:
        with report.collecting():
            match item:
                case syntax.TypeItem():
                    world.types[item.name] = world.type(item.type)
                case syntax.EnumItem():
                    _enumeration(item, world, report)
                case _:
                    pass
    report.finish_phase()
    for item in machine.items:
        if isinstance(item, syntax.StateItem):
            with report.collecting():
                world.states[item.name] = _state(item, world, report)
    report.finish_phase()
    check_roles(machine, world, report)
    report.finish_phase()
    with report.collecting():
        _trap_entry(machine, world)
    report.finish_phase()


def _check_names(machine: syntax.Machine, report: Report) -> None:
    seen: dict[syntax.Key, Span] = {}
    for item in machine.items:
        kind, name = syntax.key(item)
        space = "name" if kind in _SHARED else "instr" if kind == "pseudo" else kind
        if (space, name) in seen:
            said = f"`{name or kind}`"
            report.add(refuse(item.span, f"{said} is declared twice", "remove one", (seen[space, name], "the first")))
        seen.setdefault((space, name), item.span)
    report.finish_phase()


def _enumeration(item: syntax.EnumItem, world: World, report: Report) -> None:
    width = world.bits(item.type).width
    members: dict[str, int] = {}
    if len(item.members) > limits.ENUM_MEMBERS:
        raise refuse(item.span, f"an enum has at most {limits.ENUM_MEMBERS} members", "name fewer values")
    names = {value: name for name, value in members.items()}
    for member in item.members:
        with report.collecting():
            if member.name in members:
                raise refuse(member.span, f"member `{member.name}` stands twice in `{item.name}`", "remove one")
            if member.value >> width:
                help = "choose a smaller value, or a wider type"
                raise refuse(member.span, f"`{member.name} = {member.value}` does not fit in {Type(width)}", help)
            if member.value in names:
                other = names[member.value]
                raise refuse(member.span, f"`{member.name}` and `{other}` have the same value", "choose another value")
            members[member.name] = member.value
            names[member.value] = member.name
    world.enums[item.name] = Enumeration(item.name, width, members)
    world.types[item.name] = Type(width, item.name)


def _state(item: syntax.StateItem, world: World, report: Report) -> State:
    kind, type_ = Kind(item.shape), world.bits(item.type)
    if len(world.states) >= limits.STATES:
        raise refuse(item.span, f"a machine has at most {limits.STATES} states", "use a register file")
    _check_count(item, kind, world)
    if item.zero and kind is not Kind.ARRAY:
        raise refuse(item.span, "only cells of a register file can be fixed at zero", "remove `zero[...]`")
    for cell in item.zero:
        if cell >= item.count:
            raise refuse(item.span, f"`{item.name}` has {item.count} cells, so no cell {cell}", "correct `zero[...]`")
    _check_exit(item, kind, world)
    if item.fields and kind is not Kind.SCALAR:
        raise refuse(item.fields[0].span, "only a single word can have fields", "remove the braces")
    return State(
        name=item.name,
        kind=kind,
        width=type_.width,
        count=item.count,
        role=role_of(item.role, item.span, item.name),
        fields=_fields(item, type_.width, world, report),
        zero=frozenset(item.zero),
        enum=type_.enum,
        doc=item.doc,
        exit=None if item.exit is None else item.exit.cell or 0,
    )


def _check_exit(item: syntax.StateItem, kind: Kind, world: World) -> None:
    """A guest's exit code is one cell of a register file, or a whole word; and there is one."""
    if item.exit is None:
        return
    if kind not in (Kind.SCALAR, Kind.ARRAY):
        raise refuse(item.exit.span, f"a {kind.value} cannot have a guest's exit code", "give it to a register")
    if (item.exit.cell is None) != (kind is Kind.SCALAR):
        help = "say which cell: `exit[1]`" if kind is Kind.ARRAY else "write `exit`"
        raise refuse(
            item.exit.span, f"`{item.name}` is {'a register file' if item.exit.cell is None else 'one word'}", help
        )
    if item.exit.cell is not None and item.exit.cell >= item.count:
        message = f"`{item.name}` has {item.count} cells, so no cell {item.exit.cell}"
        raise refuse(item.exit.span, message, "correct `exit[...]`")
    if item.exit.cell in item.zero:
        message = f"`{item.name}[{item.exit.cell}]` always reads as zero"
        raise refuse(item.exit.span, message, "a guest leaves its exit code elsewhere")
    first = next((other.name for other in world.states.values() if other.exit is not None), None)
    if first is not None:
        raise refuse(item.exit.span, f"the exit code is in `{first}` already", "exactly one place has it, or none")


def _check_count(item: syntax.StateItem, kind: Kind, world: World) -> None:
    most = {Kind.ARRAY: limits.CELLS, Kind.CHANNEL: limits.CHANNELS}.get(kind)
    if most is None:
        return
    if item.count < 2 or item.count & (item.count - 1):
        help = "an index is cut to the bits it needs, so that it always means a cell"
        raise refuse(item.span, f"`{item.name}` has {item.count} cells, which is not a power of two from 2 on", help)
    cells = sum(s.count for s in world.states.values() if s.kind is kind)
    if item.count > most or cells + item.count > limits.STATE_CELLS:
        raise refuse(item.span, f"`{item.name}` is too large: at most {most} cells", "make it smaller, or use storage")


def _fields(item: syntax.StateItem, width: int, world: World, report: Report) -> tuple[Field, ...]:
    fields: list[Field] = []
    for part in item.fields:
        with report.collecting():
            field = _field(part, item, width, world)
            _check_overlap(part, field, fields)
            fields.append(field)
    return tuple(fields)


def _field(part: syntax.FieldPart, item: syntax.StateItem, width: int, world: World) -> Field:
    if part.high < part.low:
        raise refuse(part.span, f"`[{part.high}:{part.low}]` is empty: the high bit comes first", "swap the two")
    if part.high >= width:
        raise refuse(part.span, f"bit {part.high} is not in `{item.name}`, which has {Type(width)}", "correct the bits")
    size, type_ = part.high - part.low + 1, world.bits(part.type) if part.type else None
    if type_ is not None and type_.width != size:
        raise refuse(part.span, f"`{part.name}` is {Type(size)} wide, but its type has {type_}", "make them agree")
    role = role_of(part.role, part.span, part.name) if part.role else None
    return Field(part.name, part.low, size, role, type_.enum if type_ else None)


def _check_overlap(part: syntax.FieldPart, field: Field, others: list[Field]) -> None:
    for other in others:
        if other.name == field.name:
            raise refuse(part.span, f"field `{field.name}` stands twice", "remove one")
        if other.low < field.low + field.width and field.low < other.low + other.width:
            raise refuse(part.span, f"fields `{other.name}` and `{field.name}` share bits", "a bit has one name")


def _trap_entry(machine: syntax.Machine, world: World) -> None:
    """The enum of causes and the width of info come from the parameters of `on trap`."""
    entry = next((i for i in machine.items if isinstance(i, syntax.EntryItem)), None)
    if entry is None:
        help = "write `on trap(cause : Cause, info : word) { ... }`"
        raise refuse(machine.span, "this machine does not say what a trap does", help)
    if len(entry.parameters) != 2:
        help = "write `on trap(cause : Cause, info : word)`"
        raise refuse(entry.span, "a trap has two parameters: its cause and its info", help)
    cause, info = (world.bits(p.type) for p in entry.parameters)
    if cause.enum is None:
        raise refuse(entry.parameters[0].span, "the cause of a trap is an enum", "declare `enum Cause : bits(4) {...}`")
    world.cause, world.info = cause.enum, info.width
