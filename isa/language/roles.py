"""Roles: what the monitor and the proofs are told about each piece of state, and which pieces may have which."""

from isa.description import Field, Kind, Role, State
from isa.errors import Span
from isa.language import syntax
from isa.language.report import Report, refuse
from isa.language.world import World

_SHAPES: dict[Role, Kind] = {Role.STORAGE: Kind.STORAGE, Role.CHANNEL: Kind.CHANNEL}
_SHAPED = {Kind.STORAGE: Role.STORAGE, Kind.CHANNEL: Role.CHANNEL}
_SCALAR_ONLY = frozenset(Role) - {Role.STORAGE, Role.CHANNEL, Role.GENERAL, Role.RESOURCE}
_WHOLE = frozenset({Role.STORAGE, Role.CHANNEL, Role.PC, Role.CONTROL})  # never a field
_ONCE = (Role.STORAGE, Role.PC, Role.MODE)


def role_of(name: str | None, span: Span, owner: str) -> Role:
    """The role written `@name`. Raises Refused for none and for one that does not exist."""
    known = " ".join(f"@{r.value}" for r in Role)
    if name is None:
        raise refuse(span, f"`{owner}` has no role", f"say what it is to a monitor: {known}")
    if name not in {r.value for r in Role}:
        raise refuse(span, f"there is no role `@{name}`", f"the roles are {known}")
    return Role(name)


def check_roles(machine: syntax.Machine, world: World, report: Report) -> None:
    """One storage, pc and mode; every role on a shape it fits. Fills `storage`, `word` and `pc` of the world."""
    holders: dict[Role, list[tuple[Span, str]]] = {role: [] for role in Role}
    for item in machine.items:
        if isinstance(item, syntax.StateItem):
            state = world.states[item.name]
            with report.collecting():
                _check_shape(state, item)
            holders[state.role or Role.RESOURCE].append((item.span, state.name))
            parts = {part.name: part for part in item.fields}
            for field in state.fields:
                with report.collecting():
                    _check_field(field, state, parts[field.name])
                if field.role is not None:
                    holders[field.role].append((parts[field.name].span, f"{state.name}.{field.name}"))
    report.finish_phase()
    for role in _ONCE:
        with report.collecting():
            _check_once(machine, role, holders[role])
    report.finish_phase()
    world.storage, world.pc = holders[Role.STORAGE][0][1], holders[Role.PC][0][1]
    world.word = world.states[world.storage].width
    with report.collecting():
        _check_mode(holders[Role.MODE][0], world)


def _check_shape(state: State, item: syntax.StateItem) -> None:
    assert state.role
    needed = _SHAPES.get(state.role)
    if needed and state.kind is not needed:
        raise refuse(item.role_span, f"`@{state.role.value}` needs a {needed.value}", f"`{state.name}` is not one")
    wanted = _SHAPED.get(state.kind)
    if wanted and state.role is not wanted:
        raise refuse(item.role_span, f"a {state.kind.value} has the role `@{wanted.value}`", "correct the role")
    if state.role in _SCALAR_ONLY and state.kind is not Kind.SCALAR:
        help = "use `@general` or `@resource`, or make it one word"
        raise refuse(item.role_span, f"a register file cannot be `@{state.role.value}`", help)


def _check_field(field: Field, state: State, part: syntax.FieldPart) -> None:
    if field.role is None:
        return
    if field.role in _WHOLE:
        raise refuse(part.span, f"`@{field.role.value}` is a whole word, not a field", "give the role to the state")
    if state.role is not Role.CONTROL:
        raise refuse(part.span, "only the fields of a `@control` word have roles", f"make `{state.name}` `@control`")


def _check_once(machine: syntax.Machine, role: Role, holders: list[tuple[Span, str]]) -> None:
    if not holders:
        help = f"add `@{role.value}` to the state that is it"
        raise refuse(machine.span, f"no state of `{machine.name}` has the role `@{role.value}`", help)
    if len(holders) > 1:
        note = (holders[0][0], "the first")
        raise refuse(holders[1][0], f"the role `@{role.value}` is given twice", "exactly one state has it", note)


def _check_mode(holder: tuple[Span, str], world: World) -> None:
    span, place = holder
    name, _, part = place.partition(".")
    state = world.states[name]
    enum = next((f.enum for f in state.fields if f.name == part), None) if part else state.enum
    if enum is None or set(world.enums[enum].members) != {"supervisor", "user"}:
        help = "declare `enum Mode : bits(1) { supervisor = 0, user = 1 }`"
        raise refuse(span, "`@mode` has an enum with exactly the members `supervisor` and `user`", help)
