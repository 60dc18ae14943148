"""Roles: what the monitor and the proofs are told about each piece of state, and which pieces may have which."""

from dataclasses import dataclass

from isa.description import Assumption, Enumeration, Field, Isa, Kind, Role, State
from isa.errors import Span
from isa.ir.fold import const, either, eq
from isa.language import syntax
from isa.language.report import Report, refuse
from isa.language.world import World, unknown_name

_SHAPES: dict[Role, Kind] = {Role.STORAGE: Kind.STORAGE, Role.CHANNEL: Kind.CHANNEL}
_SHAPED = {Kind.STORAGE: Role.STORAGE, Kind.CHANNEL: Role.CHANNEL}
_SCALAR_ONLY = frozenset(Role) - {Role.STORAGE, Role.CHANNEL, Role.GENERAL, Role.RESOURCE}
_WHOLE = frozenset({Role.STORAGE, Role.CHANNEL, Role.PC, Role.CONTROL})  # never a field
_ONCE = (Role.STORAGE, Role.PC, Role.MODE)


@dataclass(frozen=True, slots=True)
class _Holder:
    """A state or field that has a role: where it stands, the role as written, and the enum of its type."""

    span: Span
    name: str
    written: syntax.RoleName
    enum: str | None


def role_of(written: syntax.RoleName | None, span: Span, owner: str) -> Role:
    """The role written `@name`. Raises Refused for none and for one that does not exist."""
    known = " ".join(f"@{r.value}" for r in Role)
    if written is None:
        raise refuse(span, f"`{owner}` has no role", f"say what it is to a monitor: {known}")
    if written.name not in {r.value for r in Role}:
        raise refuse(written.span, f"there is no role `@{written.name}`", f"the roles are {known}")
    if written.listed and written.name != Role.MODE.value:
        help = "only `@mode` has a list: of the modes that count as supervisor"
        raise refuse(written.listed[0][1], f"`@{written.name}` takes no list", help)
    return Role(written.name)


def check_roles(machine: syntax.Machine, world: World, report: Report) -> None:
    """One storage, pc and mode; every role on a shape it fits. Fills `storage`, `word`, `pc` and `ruling`."""
    holders: dict[Role, list[_Holder]] = {role: [] for role in Role}
    for item in machine.items:
        if isinstance(item, syntax.StateItem):
            state = world.states[item.name]
            with report.collecting():
                _check_shape(state, item)
            assert state.role and item.role
            holders[state.role].append(_Holder(item.span, state.name, item.role, state.enum))
            parts = {part.name: part for part in item.fields}
            for field in state.fields:
                with report.collecting():
                    _check_field(field, state, parts[field.name])
                if field.role is not None and (written := parts[field.name].role):
                    name = f"{state.name}.{field.name}"
                    holders[field.role].append(_Holder(parts[field.name].span, name, written, field.enum))
    report.finish_phase()
    for role in _ONCE:
        with report.collecting():
            _check_once(machine, role, holders[role])
    report.finish_phase()
    world.storage, world.pc = holders[Role.STORAGE][0].name, holders[Role.PC][0].name
    world.word = world.states[world.storage].width
    with report.collecting():
        world.ruling = _ruling(holders[Role.MODE][0], world)


def _check_shape(state: State, item: syntax.StateItem) -> None:
    assert state.role and item.role
    needed = _SHAPES.get(state.role)
    if needed and state.kind is not needed:
        raise refuse(item.role.span, f"`@{state.role.value}` needs a {needed.value}", f"`{state.name}` is not one")
    wanted = _SHAPED.get(state.kind)
    if wanted and state.role is not wanted:
        raise refuse(item.role.span, f"a {state.kind.value} has the role `@{wanted.value}`", "correct the role")
    if state.role in _SCALAR_ONLY and state.kind is not Kind.SCALAR:
        help = "use `@general` or `@resource`, or make it one word"
        raise refuse(item.role.span, f"a register file cannot be `@{state.role.value}`", help)


def _check_field(field: Field, state: State, part: syntax.FieldPart) -> None:
    if field.role is None:
        return
    if field.role in _WHOLE:
        raise refuse(part.span, f"`@{field.role.value}` is a whole word, not a field", "give the role to the state")
    if state.role is not Role.CONTROL:
        raise refuse(part.span, "only the fields of a `@control` word have roles", f"make `{state.name}` `@control`")


def _check_once(machine: syntax.Machine, role: Role, holders: list[_Holder]) -> None:
    if not holders:
        help = f"add `@{role.value}` to the state that is it"
        raise refuse(machine.span, f"no state of `{machine.name}` has the role `@{role.value}`", help)
    if len(holders) > 1:
        note = (holders[0].span, "the first")
        raise refuse(holders[1].span, f"the role `@{role.value}` is given twice", "exactly one state has it", note)


def _ruling(holder: _Holder, world: World) -> tuple[str, ...]:
    """The modes that count as supervisor: those listed with the role, or the member `supervisor`."""
    if holder.enum is None:
        help = "declare `enum Mode : bits(1) { supervisor = 0, user = 1 }`, and give it this type"
        raise refuse(holder.span, f"`{holder.name}` is the mode, but no enum says which modes there are", help)
    enum = world.enums[holder.enum]
    ruling = _listed(holder.written, enum) or _only_supervisor(holder, enum)
    if len(ruling) == len(enum.members):
        help = "guests of a monitor run in a mode that does not: add one, or list fewer"
        raise refuse(holder.span, f"every mode of `{enum.name}` counts as supervisor", help)
    return ruling


def _listed(written: syntax.RoleName, enum: Enumeration) -> tuple[str, ...]:
    ruling: list[str] = []
    for name, span in written.listed:
        if name not in enum.members:
            raise unknown_name(span, f"member of `{enum.name}`", name, enum.members)
        if name in ruling:
            raise refuse(span, f"`{name}` stands twice in the list", "remove one")
        ruling.append(name)
    return tuple(ruling)


def _only_supervisor(holder: _Holder, enum: Enumeration) -> tuple[str, ...]:
    if "supervisor" not in enum.members:
        help = f"list them with the role: `@mode({next(iter(enum.members))})`, or call one of them `supervisor`"
        raise refuse(holder.span, f"`{holder.name}` does not say which modes count as supervisor", help)
    return ("supervisor",)


def modes_assumed(isa: Isa) -> tuple[Assumption, ...]:
    """What a description says by naming modes for some values only: that there are no others. It is an assumption
    like those that are written, and as they it must be kept by every step."""
    mode = isa.the(Role.MODE)
    names = isa.modes.values
    if len(names) == 1 << mode.width:
        return ()
    named = either(*(eq(isa.read(mode), const(mode.width, value)) for value in names.values()))
    return (Assumption(named, f"The mode is one of {', '.join(names)}."),)
