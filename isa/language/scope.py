"""What a body knows while it is lowered: its local names, where it stands, and what it has collected so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from isa.errors import Span
from isa.ir.fold import both
from isa.ir.nodes import FALSE, TRUE, Behaviour, Effect, Expr, Origin, TrapIf
from isa.language import limits
from isa.language.report import refuse
from isa.language.world import Type


@dataclass(slots=True)
class Local:
    """A `let`, a parameter or an operand; `what` says which, for errors."""

    what: str
    value: Expr
    type: Type
    span: Span
    used: bool = False


@dataclass
class Scope:
    """`title` names the body in errors. `may_*` say what may stand in it.

    `guard` is the condition under which the place that is being lowered matters: accesses there trap only if it
    holds. `channel` is where the body's channel operation stands, if it has one.
    """

    title: str
    origin: Origin = Origin.BODY
    view: str = ""
    may_trap: bool = True
    may_write: bool = True
    may_send: bool = False
    insn: Expr | None = None
    locals: dict[str, Local] = field(default_factory=dict)
    closed: list[tuple[str, Local]] = field(default_factory=list)  # those of blocks that have ended
    absent: dict[str, Span] = field(default_factory=dict)  # operands of the format that the template leaves out
    failed: set[str] = field(default_factory=set)  # `let`s that were refused: their uses are not errors
    guard: Expr = TRUE
    traps: list[TrapIf] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    channel: Span | None = None
    receives: bool = False
    uses_insn: bool = False

    @contextmanager
    def guarded(self, condition: Expr) -> Iterator[None]:
        """Inside, things matter only if `condition` holds too."""
        outer = self.guard
        self.guard = both(outer, condition)
        try:
            yield
        finally:
            self.guard = outer

    def trap(self, span: Span, trap: TrapIf) -> None:
        if not self.may_trap:
            raise refuse(span, f"{self.title} cannot trap", "remove the trap: it could not be taken here")
        if trap.guard is not FALSE:
            self.traps.append(trap)
        self._count(span)

    def effect(self, span: Span, effect: Effect) -> None:
        if not self.may_write:
            raise refuse(span, f"{self.title} has no effects", "it only reads; write in an instruction or a `def`")
        if effect.guard is not FALSE:
            self.effects.append(effect)
        self._count(span)

    def _count(self, span: Span) -> None:
        if len(self.traps) + len(self.effects) > limits.BEHAVIOUR_PARTS:
            help = "defs that call defs twice double it each time"
            raise refuse(span, f"{self.title} does more than {limits.BEHAVIOUR_PARTS} things in one step", help)

    def use_channel(self, span: Span, receives: bool) -> None:
        if receives and self.guard is not TRUE:
            help = "receive in every case: `let v = recv(...)`, then choose; or trap instead"
            raise refuse(span, "a word is received under a condition", help)
        if not self.may_send:
            raise refuse(span, f"{self.title} cannot use a channel", "only instructions and defs send and receive")
        if self.channel is not None:
            help = "at most one channel operation per instruction"
            raise refuse(span, "a second channel operation", help, (self.channel, "the first"))
        self.channel = span
        self.receives |= receives

    def behaviour(self) -> Behaviour:
        return Behaviour(tuple(self.traps), tuple(self.effects))
