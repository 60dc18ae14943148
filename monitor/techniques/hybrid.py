"""The hybrid monitor (Theorem 3): virtual supervisor mode is interpreted, and the other modes run directly. So it is
enough that no instruction is sensitive where the virtual machine is in one of those."""

from isa.description import Isa, Role
from isa.errors import MachineError
from isa.ir.fold import const, either, eq
from isa.ir.nodes import Expr
from monitor.techniques.technique import Technique


def others(isa: Isa) -> Expr:
    """Whether the machine is in a mode that does not count as supervisor."""
    if len(isa.roles[Role.MODE]) != 1:
        raise MachineError(
            f"{isa.name} has {len(isa.roles[Role.MODE])} places with the role @mode; a hybrid monitor needs one",
            "give the role to the state that tells supervisor from user",
        )
    place = isa.the(Role.MODE)
    return either(*(eq(isa.read(place), const(place.width, value)) for value in isa.modes.others))


HYBRID = Technique("hybrid", "virtual supervisor mode is interpreted, other modes run directly", others)
