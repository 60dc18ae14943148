"""From blocks of statements to guarded traps and effects, in program order."""

from isa.ir.fold import both, const, eq, negate
from isa.ir.nodes import TRUE, Const, Expr, Send, SetElement, Store, TrapIf, Write
from isa.language import syntax
from isa.language.expressions import Expressions
from isa.language.inlining import CellPlace, Place, ScalarPlace, WordPlace, instantiate
from isa.language.report import Report, refuse
from isa.language.scope import Local
from isa.language.world import Type, unknown_name


class Statements(Expressions):
    """Lowers statements in one scope; what they do is collected there.

    Order within a statement: the traps of its guard, then (if the guard holds) those of its values, then those of
    the place that it writes.
    """

    def run(self, block: syntax.Block, report: Report) -> None:
        """Lower every statement; errors of one do not hide those of the next."""
        for statement in block.statements:
            with report.collecting():
                self.statement(statement, report)

    def statement(self, s: syntax.Statement, report: Report) -> None:
        match s:
            case syntax.Assign():
                with self.scope.guarded(self._guard(s.guard)):
                    self._assign(s)
            case syntax.CallStatement():
                with self.scope.guarded(self._guard(s.guard)):
                    self._call_statement(s.call)
            case syntax.Trap():
                with self.scope.guarded(self._guard(s.guard)):
                    self._trap(s)
            case syntax.Let():
                self._let(s)
            case syntax.Choice():
                condition = self.condition(s.condition)
                self._branch(condition, s.then, report)
                if s.otherwise is not None:
                    self._branch(negate(condition), s.otherwise, report)
            case syntax.Return():
                help = "only a view, and a def with a result, return; `return` is their last statement"
                raise refuse(s.span, f"{self.scope.title} returns nothing here", help)
            case syntax.Execute():
                help = "`execute` is the last statement of `step`"
                raise refuse(s.span, "`execute` cannot stand here", help)

    def check_used(self, report: Report) -> None:
        """Refuse locals that nothing reads, unless something else is wrong, which may be why."""
        if report.failed:
            return
        for name, local in (*self.scope.locals.items(), *self.scope.closed):
            if not local.used:
                with report.collecting():
                    raise refuse(local.span, f"`{name}` is never used", f"remove it: it is {local.what}")

    def _branch(self, condition: Expr, block: syntax.Block, report: Report) -> None:
        """A block under a condition; its `let`s are known inside only."""
        outer = dict(self.scope.locals)
        with self.scope.guarded(condition):
            self.run(block, report)
        self.scope.closed += [(n, local) for n, local in self.scope.locals.items() if n not in outer]
        self.scope.locals = outer

    def _guard(self, guard: syntax.Expression | None) -> Expr:
        return TRUE if guard is None else self.condition(guard)

    def _assign(self, s: syntax.Assign) -> None:
        # The place gives the value its type, but its traps come after those of the value.
        if not self.is_place(s.place):
            raise self.no_place(s.place)
        type_ = self.inference.natural(s.place) or self.place(s.place).type
        value = self.lower(s.value, type_)
        self.write(s, self.place(s.place), value)

    def write(self, s: syntax.Assign, place: Place, value: Expr) -> None:
        """Write a value to a place, under the guard of the scope."""
        guard = self.scope.guard
        match place:
            case ScalarPlace(state, low, _):
                self.scope.effect(s.span, Write(guard, state, low, value))
            case CellPlace(state, index, _):
                zero = self.world.states[state].zero
                if isinstance(index, Const) and index.value in zero:
                    help = "write another cell, or remove it from `zero[...]`"
                    raise refuse(s.span, f"`{state}[{index.value}]` is a constant: it always reads as zero", help)
                for cell in sorted(zero):
                    guard = both(guard, negate(eq(index, const(index.width, cell))))
                self.scope.effect(s.span, SetElement(guard, state, index, value))
            case WordPlace(index, _):
                self.scope.effect(s.span, Store(guard, index, value))

    def _call_statement(self, call: syntax.Call) -> None:
        if call.name == "send":
            return self._send(call)
        if call.name in ("recv", "size", "zext", "sext"):
            raise refuse(call.span, f"the value of `{call.name}` is dropped", "assign it, or remove the call")
        template = self.find(call.name, call.span)
        arguments = self.arguments(call, template)
        if template.result is not None:
            raise refuse(call.span, f"the value of `{call.name}` is dropped", "assign it, or remove the call")
        instantiate(template, arguments, call.span, self.scope, self.world)
        return None

    def _send(self, call: syntax.Call) -> None:
        if len(call.arguments) != 2:
            raise refuse(call.span, "`send` takes a port and a word", "write `send(port[n], word)`")
        channel, index, width = self.port(call.arguments[0])
        value = self.lower(call.arguments[1], Type(width))
        self.scope.use_channel(call.span, receives=False)
        self.scope.effect(call.span, Send(self.scope.guard, channel, index, value))

    def _trap(self, s: syntax.Trap) -> None:
        causes = self.world.enums[self.world.cause].members
        if s.cause not in causes:
            raise unknown_name(s.span, f"cause of a trap in `{self.world.cause}`", s.cause, causes)
        info = self.lower(s.info, Type(self.world.info))
        trap = TrapIf(self.scope.guard, causes[s.cause], info, self.scope.origin, self.scope.view)
        self.scope.trap(s.span, trap)

    def _let(self, s: syntax.Let) -> None:
        if s.name in self.scope.locals:
            note = (self.scope.locals[s.name].span, "the first")
            raise refuse(s.span, f"`{s.name}` is declared twice", "choose another name", note)
        self.scope.failed.add(s.name)
        check_shadow(self.world.items, s.name, s)
        value = self.lower(s.value, self.world.type(s.type) if s.type else None)
        self.scope.failed.remove(s.name)
        natural = self.inference.natural(s.value)
        enum = natural.enum if natural else None
        self.scope.locals[s.name] = Local("a `let`", value, Type(value.width, enum), s.span)


def check_shadow(items: dict[syntax.Key, syntax.Item], name: str, at: syntax.Let | syntax.Parameter) -> None:
    """Refuse a local name that hides one of the machine's."""
    for kind in ("state", "view", "def", "enum"):
        if (kind, name) in items:
            note = (items[kind, name].span, "declared here")
            raise refuse(at.span, f"`{name}` hides the {kind} of that name", "choose another name", note)
