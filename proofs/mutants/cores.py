"""Mutants of the monitor's core: the map, its inverse, the relocation, the audit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

from isa.description import Isa, Place, Role, State
from isa.ir.fold import add, apply, const, insert, select, slice_, sub, ult
from isa.ir.nodes import TRUE, Behaviour, Effect, Element, Expr, SetElement, Write
from isa.passes.partition import ordinary_bits
from monitor.core import REAL, VIRTUAL, Allocation, Core, compose, negate_eq, read
from proofs.definitions.classification import subjects
from proofs.mutants.mutant import Mutant, both_ways, machine, news
from proofs.mutants.runs import breaks, overlooks
from proofs.obligations.statements import MAP, TIME

Pair = tuple[Expr, Expr]
Audits = Iterator[tuple[str, Expr]]


@dataclass(frozen=True)
class Changes:
    """What a planted core does otherwise; each is given what is right."""

    composed: Callable[[Expr, Expr, Allocation], Pair] = compose
    mapped: Callable[[Core, State, Expr], Expr] = lambda core, state, right: right
    resume: Callable[[Core, Behaviour], Behaviour] = lambda core, right: right
    save: Callable[[Core, Behaviour], Behaviour] = lambda core, right: right
    advance: Callable[[Core, Behaviour], Behaviour] = lambda core, right: right
    audits: Callable[[Core, Audits], Audits] = lambda core, right: right
    aged: Callable[[Expr, Expr], Expr] = lambda right, value: right


class Planted(Core):
    """The shipping core with a mistake in it."""

    def __init__(self, isa: Isa, changes: Changes) -> None:
        super().__init__(isa)
        self.changes = changes

    @cached_property
    def resume(self) -> Behaviour:
        return self.changes.resume(self, super().resume)

    @cached_property
    def save(self) -> Behaviour:
        return self.changes.save(self, super().save)

    @cached_property
    def advance(self) -> Behaviour:
        return self.changes.advance(self, super().advance)

    def audits(self) -> Audits:
        return self.changes.audits(self, super().audits())

    def mapped(self, state: State) -> Expr:
        return self.changes.mapped(self, state, super().mapped(state))

    def _aged(self, state: State, value: Expr) -> Expr:
        return self.changes.aged(super()._aged(state, value), value)

    def _set_places(self) -> Iterator[tuple[Place, Expr]]:
        right = dict(super()._set_places())
        base, bound = (self.isa.the(role) for role in (Role.BASE, Role.BOUND))
        composed = self.changes.composed(self._virtual(base), self._virtual(bound), self.allocation)
        yield from (right | {base: composed[0], bound: composed[1]}).items()


def first_instruction(isa: Isa) -> str:
    return subjects(isa)[0].name


def new_instruction(isa: Isa) -> str:
    return news(isa)[0]


def mutant(
    name: str,
    what: str,
    theorem: str,
    changes: Changes,
    topic: Callable[[Isa], str] = lambda isa: MAP,
    on: str = "g3",
    breach: str = "",
) -> Mutant:
    """A core with these changes, which the theorem refutes at this topic on this machine, and whole runs on it; or, if
    it is an audit that sees too little, on a machine whose guests commit a `breach`."""

    def core(machine_name: str) -> Core:
        return Planted(machine(machine_name), changes)

    checks = both_ways(lambda: (core(on), None), topic, theorem)
    runs = overlooks(partial(core, breach)) if breach else breaks(partial(core, on))
    return Mutant("core", name, what, (*checks, runs))


# ---- relocation


def clamped(room: Callable[[Expr, Allocation], Expr]) -> Changes:
    """Another room above the virtual base."""

    def composed(base: Expr, bound: Expr, given: Allocation) -> Pair:
        size = room(base, given)
        return add(given.offset, base), select(ult(bound, size), bound, size)

    return Changes(composed)


def room_of(base: Expr, given: Allocation) -> Expr:
    return select(ult(base, given.size), sub(given.size, base), const(base.width, 0))


def one(like: Expr) -> Expr:
    return const(like.width, 1)


def signed_room(base: Expr, given: Allocation) -> Expr:
    return select(apply("slt", base, given.size), sub(given.size, base), const(base.width, 0))


def signed_clamp(base: Expr, bound: Expr, given: Allocation) -> Pair:
    room = room_of(base, given)
    return add(given.offset, base), select(apply("slt", bound, room), bound, room)


def based(place: Callable[[Expr, Allocation], Expr]) -> Changes:
    """Another real base."""
    return Changes(lambda base, bound, given: (place(base, given), compose(base, bound, given)[1]))


def bounded(length: Callable[[Expr, Expr, Allocation], Expr]) -> Changes:
    """Another real bound."""
    return Changes(lambda base, bound, given: (add(given.offset, base), length(base, bound, given)))


RELOCATION = [
    mutant("room wraps", "computes the room without its select", "composition", clamped(lambda b, a: sub(a.size, b))),
    mutant(
        "room + 1", "admits the word after the window", "composition", clamped(lambda b, a: add(room_of(b, a), one(b)))
    ),
    mutant(
        "room - 1",
        "refuses the last word of the window: correct, and slow",
        "composition",
        clamped(lambda b, a: select(ult(b, a.size), sub(sub(a.size, b), one(b)), const(b.width, 0))),
    ),
    mutant("room is the window", "takes all of the window for the room", "composition", clamped(lambda b, a: a.size)),
    mutant("signed room", "compares base and size with their signs", "composition", clamped(signed_room)),
    mutant("signed clamp", "compares bound and room with their signs", "composition", Changes(signed_clamp)),
    mutant("bound not clamped", "passes the bound on", "composition", bounded(lambda base, bound, a: bound)),
    mutant(
        "bound forgotten",
        "takes the room for the bound",
        "composition",
        bounded(lambda base, bound, a: room_of(base, a)),
    ),
    mutant("bound - 1", "loses a word of every window", "composition", bounded(lambda b, n, a: sub(n, one(n)))),
    mutant(
        "nothing admitted",
        "interprets everything: correct, and slow",
        "composition",
        bounded(lambda b, n, a: const(n.width, 0)),
    ),
    mutant("base not moved", "does not add the offset", "composition", based(lambda base, a: base)),
    mutant("base forgotten", "does not add the virtual base", "composition", based(lambda base, a: a.offset)),
    mutant("base subtracted", "subtracts the virtual base", "composition", based(lambda base, a: sub(a.offset, base))),
    mutant("base + 1", "moves the window by a word", "composition", based(lambda b, a: add(add(a.offset, b), one(b)))),
]


# ---- the map


def passing(role: Role) -> Changes:
    """What has the role is handed to the real machine as the guest has it."""

    def mapped(core: Core, state: State, right: Expr) -> Expr:
        for place in core.isa.roles[role]:
            if place.state == state.name:
                right = insert(right, place.low, slice_(read(VIRTUAL, state), place.low, place.width))
        return right

    return Changes(mapped=mapped)


def supervisor(core: Core, state: State, right: Expr) -> Expr:
    place = core.isa.the(Role.MODE)
    if place.state != state.name:
        return right
    return insert(right, place.low, apply("not", slice_(right, place.low, place.width)))


def hidden(core: Core, state: State, right: Expr) -> Expr:
    for low, width in ordinary_bits(state) if state.role is Role.CONTROL else ():
        right = insert(right, low, const(width, 0))
    return right


def without(wanted: Callable[[Core, Effect], bool]) -> Callable[[Core, Behaviour], Behaviour]:
    """A behaviour without some of its effects."""
    return lambda core, right: replace(right, effects=tuple(e for e in right.effects if not wanted(core, e)))


def is_pc(core: Core, effect: Effect) -> bool:
    return isinstance(effect, Write) and effect.state.rpartition(".")[2] == core.isa.pc


def is_last_cell(core: Core, effect: Effect) -> bool:
    last = max(s.count for s in core.isa.states.values() if s.role is Role.GENERAL)
    return isinstance(effect, SetElement) and getattr(effect.index, "value", 0) == last - 1


def is_control(core: Core, effect: Effect) -> bool:
    words = {place.state for place in core.isa.roles[Role.CONTROL]}
    return isinstance(effect, Write) and effect.state.rpartition(".")[2] in words


def saving(role: Role) -> Callable[[Core, Behaviour], Behaviour]:
    """A save that also takes the whole word in which a role lies from the real machine."""

    def saved(core: Core, right: Behaviour) -> Behaviour:
        state = core.isa.states[core.isa.the(role).state]
        return replace(right, effects=(*right.effects, Write(TRUE, VIRTUAL + state.name, 0, read(REAL, state))))

    return saved


def crossed(core: Core, right: Behaviour) -> Behaviour:
    """The last two registers change places."""

    def other(effect: Effect) -> Effect:
        if isinstance(effect, SetElement) and isinstance(effect.value, Element):
            at = const(effect.index.width, getattr(effect.index, "value", 0) ^ 1)
            return replace(effect, value=Element(effect.value.width, effect.value.state, at))
        return effect

    return replace(right, effects=tuple(map(other, right.effects)))


def remembered(core: Core, right: Behaviour) -> Behaviour:
    """A save that adds to the pc of an earlier one."""
    pc = core.isa.states[core.isa.pc]
    both = apply("or", read(VIRTUAL, pc), read(REAL, pc))
    return replace(right, effects=(*without(is_pc)(core, right).effects, Write(TRUE, VIRTUAL + pc.name, 0, both)))


def counted_on(core: Core, right: Behaviour) -> Behaviour:
    """Time that moves the pc as well."""
    pc = core.isa.states[core.isa.pc]
    return replace(right, effects=(*right.effects, Write(TRUE, pc.name, 0, add(read("", pc), one(read("", pc))))))


def assumed_clear(core: Core, right: Behaviour) -> Behaviour:
    """A map that sets the register which `assuming` assumes to be clear."""
    g = core.isa.states["g"]
    return replace(right, effects=(*right.effects, Write(TRUE, REAL + g.name, 0, const(g.width, 1))))


MAPS = [
    mutant("mode passed", "leaves the guest's mode in the real machine", "put-get", passing(Role.MODE)),
    mutant("supervisor", "runs the guest in the other mode", "put-get", Changes(mapped=supervisor)),
    mutant("timer passed", "leaves the guest's timer in the real machine", "injection", passing(Role.TIMER)),
    mutant(
        "enable passed", "leaves the guest's interrupt enable in the real machine", "injection", passing(Role.ENABLE)
    ),
    mutant("pending passed", "leaves the guest's interrupts in the real machine", "injection", passing(Role.PENDING)),
    mutant("base passed", "leaves the guest's base in the real machine", "composition", passing(Role.BASE)),
    mutant("control bits not passed", "hides the ordinary bits of a control word", "put-get", Changes(mapped=hidden)),
    mutant("pc not passed", "leaves the pc of another guest", "put-get", Changes(resume=without(is_pc))),
    mutant(
        "register not passed", "leaves a register of another guest", "put-get", Changes(resume=without(is_last_cell))
    ),
    mutant("registers crossed", "exchanges registers on the way in", "put-get", Changes(resume=crossed)),
    mutant("pc not saved", "forgets where the guest got to", "direct", Changes(save=without(is_pc)), first_instruction),
    mutant(
        "register not saved", "forgets a register", "direct", Changes(save=without(is_last_cell)), first_instruction
    ),
    mutant("registers crossed back", "exchanges registers on the way out", "put-get", Changes(save=crossed)),
    mutant("mode saved", "takes the real mode for the guest's", "put-get", Changes(save=saving(Role.MODE))),
    mutant("pc remembered", "keeps bits of an earlier save", "put-put", Changes(save=remembered)),
    mutant("pc in time", "moves the pc with time", "apart", Changes(advance=counted_on), lambda isa: TIME),
    mutant("register set", "breaks what is assumed", "assumption", Changes(resume=assumed_clear), on="assuming"),
    mutant("base saved", "takes the real base for the guest's", "put-get", Changes(save=saving(Role.BASE))),
    mutant("bound saved", "takes the real bound for the guest's", "put-get", Changes(save=saving(Role.BOUND))),
    mutant("timer saved", "takes the parked timer for the guest's", "put-get", Changes(save=saving(Role.TIMER))),
    mutant(
        "control bits not saved",
        "forgets the ordinary bits of a control word",
        "direct",
        Changes(save=without(is_control)),
        new_instruction,
        "codes",
    ),
    mutant(
        "control word shadowed",
        "keeps the whole control word to itself",
        "direct",
        Changes(mapped=hidden, save=without(is_control)),
        new_instruction,
        "codes",
    ),
]


# ---- the audit


def blind_to(role: Role) -> Changes:
    """An audit that leaves out the state in which a role lies."""

    def audits(core: Core, right: Audits) -> Audits:
        return ((name, changed) for name, changed in right if name != core.isa.the(role).state)

    return Changes(audits=audits)


def jealous(core: Core, right: Audits) -> Audits:
    """An audit that minds the pc, which is the guest's own."""
    yield from right
    state = core.isa.states[core.isa.pc]
    yield state.name, negate_eq(read(VIRTUAL, state), read(REAL, state))


BREACHES = {
    Role.MODE: "rises",
    Role.BASE: "loads_base",
    Role.BOUND: "loads_bound",
    Role.TIMER: "sets_timer",
    Role.PENDING: "sets_pending",
    Role.HALT: "halts",
}  # machines on which anyone changes what has the role

AUDITS = [
    mutant(
        "no audit",
        "lets everything pass",
        "get-put",
        Changes(audits=lambda core, right: iter(())),
        breach="loads_base",
    ),
    *(
        mutant(
            f"audit without {role.value}",
            f"does not look at the {role.value}",
            "get-put",
            blind_to(role),
            breach=where,
        )
        for role, where in BREACHES.items()
    ),
    mutant("audit of the pc", "kills a guest for going on", "audit", Changes(audits=jealous), first_instruction),
    mutant(
        "audit out of time",
        "expects a counter that ran to stand where it was parked",
        "put-get",
        Changes(aged=lambda right, value: value),
        on="counting",
    ),
]

CORES = [*RELOCATION, *MAPS, *AUDITS]
