"""Defs and views as templates: lowered once over `Param`s, copied at each use with the arguments in their place.

Copying walks a shared DAG once, so a def that uses its parameter twice does not double what is built. Each copy of
an `unknown` is a value of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from isa.errors import Span
from isa.ir import nodes as ir
from isa.ir.fold import both, rewrite_behaviour, rewriter
from isa.ir.nodes import Behaviour, Expr, TrapIf
from isa.language import limits
from isa.language.report import refuse
from isa.language.scope import Scope
from isa.language.world import Type, World


@dataclass(frozen=True, slots=True)
class ScalarPlace:
    """Bits [low, low + type.width) of a scalar."""

    state: str
    low: int
    type: Type


@dataclass(frozen=True, slots=True)
class CellPlace:
    state: str
    index: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class WordPlace:
    """A word of storage."""

    index: Expr
    type: Type


Place = ScalarPlace | CellPlace | WordPlace


@dataclass(frozen=True, slots=True)
class Template:
    """A def or view over `Param`s, whose names no other body uses: `mem.va`.

    `result` is what a def returns, `place` what a view does.
    """

    title: str
    parameters: tuple[Expr, ...]
    types: tuple[Type, ...]
    behaviour: Behaviour
    result: Expr | None = None
    place: Place | None = None
    channel: bool = False
    receives: bool = False
    uses_insn: bool = False
    size: int = 0


def check_size(span: Span, title: str, behaviour: Behaviour, *more: Expr) -> int:
    """The number of distinct nodes; Refused if there are too many or they are nested too deeply."""
    depth: dict[Expr, int] = {}
    for node in ir.nodes(*behaviour.expressions(), *more):
        depth[node] = 1 + max((depth[o] for o in node.operands()), default=0)
    if len(depth) > limits.BEHAVIOUR_NODES:
        message = f"{title} expands to more than {limits.BEHAVIOUR_NODES} operations"
        raise refuse(span, message, "make it smaller: one step cannot do all that")
    if max(depth.values(), default=0) > limits.BEHAVIOUR_DEPTH:
        message = f"{title} expands to an expression more than {limits.BEHAVIOUR_DEPTH} levels deep"
        raise refuse(span, message, "compute less in one step")
    return len(depth)


def instantiate(template: Template, arguments: list[Expr], span: Span, scope: Scope, world: World) -> Template:
    """The template with arguments for parameters, its traps and effects guarded and collected in `scope`.

    Returns the copy, for its result or place. Raises Refused where the scope does not admit what it does.
    """
    _check_admitted(template, span, scope)
    world.spend(span, template.size)
    rewrite = rewriter(_substitution(template, arguments, world))
    behaviour = rewrite_behaviour(template.behaviour, rewrite)
    for trap in behaviour.traps:
        guard = both(scope.guard, trap.guard)
        scope.trap(span, TrapIf(guard, trap.cause, trap.info, scope.origin, trap.view or scope.view))
    for effect in behaviour.effects:
        scope.effect(span, replace(effect, guard=both(scope.guard, effect.guard)))
    result = rewrite(template.result) if template.result is not None else None
    return replace(template, behaviour=behaviour, result=result, place=_moved(template.place, rewrite))


def _check_admitted(template: Template, span: Span, scope: Scope) -> None:
    if template.behaviour.traps and not scope.may_trap:
        message = f"{template.title} can trap, but {scope.title} cannot"
        raise refuse(span, message, "a trap here could not be taken: use `storage[...]`")
    if template.channel:
        scope.use_channel(span, template.receives)
    if template.uses_insn:
        if scope.insn is None:
            message = f"{template.title} uses `insn`, which is not known in {scope.title}"
            raise refuse(span, message, "`insn` is known where an instruction has been fetched")
        scope.uses_insn = True


def _substitution(template: Template, arguments: list[Expr], world: World) -> Callable[[Expr], Expr | None]:
    given: dict[Expr, Expr] = dict(zip(template.parameters, arguments, strict=True))
    issued: set[Expr] = set()  # folding may show a fresh unknown again; it stays what it is

    def substitute(node: Expr) -> Expr | None:
        if isinstance(node, ir.Unknown) and node not in issued and node not in given:
            given[node] = ir.Unknown(node.width, world.fresh())
            issued.add(given[node])
        return given.get(node)

    return substitute


def _moved(place: Place | None, rewrite: Callable[[Expr], Expr]) -> Place | None:
    match place:
        case WordPlace(index, type_):
            return WordPlace(rewrite(index), type_)
        case CellPlace(state, index, type_):
            return CellPlace(state, rewrite(index), type_)
        case _:
            return place
