"""What a received word may not do: it is known only after every trap is known to be false."""

from isa.ir.nodes import Behaviour, Element, Expr, Load, Recv, Send, SetElement, Store, nodes
from isa.language.report import refuse
from isa.language.scope import Scope


def received(behaviour: Behaviour) -> set[Expr]:
    """Every expression of the behaviour that depends on a received word."""
    tainted: set[Expr] = set()
    for node in nodes(*behaviour.expressions()):
        if isinstance(node, Recv) or any(o in tainted for o in node.operands()):
            tainted.add(node)
    return tainted


def misuses(behaviour: Behaviour) -> str:
    """What a received word reaches that it may not reach; empty if nothing."""
    tainted = received(behaviour)
    if any(t.guard in tainted or t.info in tainted for t in behaviour.traps):
        return "a trap"
    indexed = [n.index for n in nodes(*behaviour.expressions()) if isinstance(n, Element | Load | Recv)]
    indexed += [e.index for e in behaviour.effects if isinstance(e, SetElement | Store | Send)]
    return "an address or an index" if any(i in tainted for i in indexed) else ""


def check_received(scope: Scope, behaviour: Behaviour) -> None:
    """Refuse a body whose received word goes where it may not, or nowhere."""
    assert scope.channel is not None
    if reached := misuses(behaviour):
        help = "the word arrives after all traps are decided; keep it in a register and use it in the next instruction"
        raise refuse(scope.channel, f"the received word reaches {reached}", help)
    if not received(behaviour):
        raise refuse(scope.channel, "the received word is dropped", "write it to a state")
