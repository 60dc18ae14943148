"""What a verdict rests on: the partition of the state, in the description's own names, and what is assumed.

Every report prints both. Whether an interrupt mask is a resource decides whether reading it is sensitive, and a
control bit without a role counts as ordinary state even if an instruction asks it for privilege (traps 7 and 12).
"""

from collections.abc import Sequence

from isa.description import Isa, Kind, Place, Role, State
from isa.ir.nodes import Unknown, nodes
from isa.machine import least_storage
from isa.passes.partition import ORDINARY, named_parts, ordinary_bits
from proofs.terms.words import place_name

PARTS = {
    "general": "compared, and passed to the real machine",
    "control": "ordinary bits of control words: compared and passed like registers",
    "mode": "whoever changes it is control sensitive",
    "relocation": "whoever changes it is control sensitive, whoever shows the base location sensitive",
    "storage": "words in the window are compared, words outside it must not matter",
    "resources": "whoever shows or changes one is resource sensitive",
    "channels": "whoever uses one is resource sensitive",
}


def partition(isa: Isa) -> dict[str, list[str]]:
    """Every piece of state by the part that it counts to; the keys are those of `PARTS`."""
    found: dict[str, list[str]] = {part: [] for part in PARTS}
    for state in isa.states.values():
        if state.kind is Kind.SCALAR:
            for place, role in _parts(state):
                found[_part(state, role)].append(place_name(isa, place))
        else:
            found[_part(state, state.role)].append(state.name)
    return found


def _parts(state: State) -> list[tuple[Place, Role | None]]:
    """The places of a scalar that count on their own: what has a role, and the runs of bits that are left."""
    fields = [f for f in state.fields if f.role is not None and f.role not in ORDINARY]
    own = [(Place(state.name, f.low, f.width), f.role) for f in fields]
    if state.role not in ORDINARY:
        return own or [(Place(state.name, 0, state.width), state.role)]
    rest = [(place, state.role) for low, width in ordinary_bits(state) for place in named_parts(state, low, width)]
    return sorted([*own, *rest], key=lambda part: part[0].low)


def _part(state: State, role: Role | None) -> str:
    match role:
        case Role.MODE:
            return "mode"
        case Role.BASE | Role.BOUND:
            return "relocation"
        case Role.STORAGE:
            return "storage"
        case Role.CHANNEL:
            return "channels"
        case Role.CONTROL:
            return "control"
        case None | Role.GENERAL | Role.PC:
            return "general"
    return "resources"


def assumptions(isa: Isa) -> list[str]:
    """What a verdict on this machine assumes, its own standing conditions last."""
    least = least_storage(isa)
    found = [
        "an instruction is its body and the default of the pc; fetch and prologue are asked apart, since with a due "
        "interrupt every step traps",
        "all traps are excluded where the paper excludes memory traps; a memory trap is one that a view raises",
        "the delivery of a trap is no part of an instruction, so that a window over the words of the trap entry makes "
        f"no witness; a virtual machine has at least {least} words, which cover them",
        "a control bit without a role is ordinary state, even if it grants privilege, unless a line below fixes it",
    ]
    bodies = [isa.unassigned, isa.prologue, isa.entry, *(i.behaviour for i in isa.instructions.values())]
    if any(isinstance(n, Unknown) for body in bodies for n in nodes(*body.expressions())):
        found.append("what the description leaves unknown is any value, and the same one in two runs that are compared")
    return [*found, *_modes(isa), *(a.text for a in isa.assumptions)]


def _modes(isa: Isa) -> list[str]:
    """Which modes count as what, unless they are called as they count."""
    ruling, users = isa.modes.ruling, [name for name in isa.modes.values if name not in isa.modes.ruling]
    if (*ruling, *users) == ("supervisor", "user"):
        return []
    return [
        f"supervisor mode is {_any_of(ruling)}; user mode is {_any_of(users)}; whatever a guest runs in, the real mode "
        f"is {users[-1]}"
    ]


def _any_of(names: Sequence[str]) -> str:
    """`a`; `a or b`; `a, b or c`."""
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} or {last}" if most else last
