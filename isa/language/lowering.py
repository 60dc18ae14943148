"""Lowers each body of a machine: defs and views to templates, then `on reset`, `on trap`, `step`, instructions."""

from dataclasses import dataclass, field
from itertools import pairwise

from isa.description import Fetch
from isa.errors import Span
from isa.ir.nodes import Apply, Behaviour, Const, Expr, Origin, Param, Read, nodes
from isa.language import syntax
from isa.language.calls import calling_order
from isa.language.channels import check_received
from isa.language.inlining import Template, check_size
from isa.language.report import Refused, Report, refuse
from isa.language.scope import Local, Scope
from isa.language.statements import Statements, check_shadow
from isa.language.world import Type, World, unknown_name


@dataclass
class Lowering:
    """The bodies of one machine, with the templates made so far."""

    world: World
    report: Report
    templates: dict[str, Template | None] = field(default_factory=dict)  # None: refused, and reported

    @property
    def insn(self) -> Expr:
        """The instruction word, as bodies know it."""
        return Param(self.world.word, "insn")

    def statements(self, scope: Scope) -> Statements:
        return Statements(self.world, scope, self.find)

    # -- defs and views

    def find(self, name: str, span: Span) -> Template:
        """The template of a def or view. Raises Refused for one that does not exist or was itself refused."""
        item = self.world.items.get(("def", name)) or self.world.items.get(("view", name))
        if not isinstance(item, syntax.DefItem | syntax.ViewItem):
            known = [n for kind, n in self.world.items if kind in ("def", "view")]
            raise unknown_name(span, "def or view", name, known)
        self.world.used.add(syntax.key(item))
        template = self.templates[name]
        if template is None:
            raise Refused(None)
        return template

    def prepare(self, items: tuple[syntax.Item, ...]) -> None:
        """Lower all defs and views, each after those it uses."""
        order, cycles = calling_order(items)
        for cycle in cycles:
            self.templates.update(dict.fromkeys(cycle.names))
            with self.report.collecting():
                message = f"`{cycle.item.name}` uses itself: {' -> '.join(cycle.names)}"
                help = "a step does a fixed amount of work; write out what is repeated"
                raise refuse(cycle.span, message, help, (cycle.item.span, "declared here"))
        for item in order:
            if item.name not in self.templates:
                self.templates[item.name] = self._lower_template(item)

    def _lower_template(self, item: syntax.DefItem | syntax.ViewItem) -> Template | None:
        own = Report()
        with own.collecting():
            template = self._view(item, own) if isinstance(item, syntax.ViewItem) else self._def(item, own)
        for diagnostic in own.diagnostics:
            self.report.add(Refused(diagnostic))
        return None if own.failed else template

    def _view(self, item: syntax.ViewItem, report: Report) -> Template:
        title = f"the view `{item.name}`"
        scope = Scope(title, view=item.name, may_write=False)
        lowering = self.statements(scope)
        parameters, types = self._parameters(item.name, (item.parameter,), scope)
        value = self._split_return(item.body, title, "storage[...]")
        lowering.run(syntax.Block(item.body.span, item.body.statements[:-1], ""), report)
        if not lowering.is_place(value):
            help = "return `storage[...]` or a state, so that the view can be written too"
            raise refuse(value.span, f"{title} does not return a place", help)
        place = lowering.place(value)
        declared = self.world.bits(item.type)
        if declared.width != place.type.width:
            message = f"{title} gives {declared}, but what it returns has {place.type}"
            raise refuse(value.span, message, "make them agree")
        lowering.check_used(report)
        size = check_size(item.span, title, scope.behaviour(), lowering.read(place))
        return Template(title, parameters, types, scope.behaviour(), place=place, size=size)

    def _def(self, item: syntax.DefItem, report: Report) -> Template:
        title = f"the def `{item.name}`"
        scope = Scope(title, may_write=item.result is None, may_send=True, insn=self.insn)
        lowering = self.statements(scope)
        parameters, types = self._parameters(item.name, item.parameters, scope)
        result, statements = None, item.body.statements
        if item.result is not None:
            wanted = self.world.type(item.result)
            value = self._split_return(item.body, title, "expression")
            lowering.run(syntax.Block(item.body.span, statements[:-1], ""), report)
            result = lowering.lower(value, wanted)
        else:
            lowering.run(item.body, report)
        lowering.check_used(report)
        size = check_size(item.span, title, scope.behaviour(), *([result] if result is not None else []))
        return Template(
            title=title,
            parameters=parameters,
            types=types,
            behaviour=scope.behaviour(),
            result=result,
            channel=scope.channel is not None,
            receives=scope.receives,
            uses_insn=scope.uses_insn,
            size=size,
        )

    def _parameters(
        self, owner: str, declared: tuple[syntax.Parameter, ...], scope: Scope
    ) -> tuple[tuple[Expr, ...], tuple[Type, ...]]:
        """Enter parameters into a scope under names that no other body uses."""
        for parameter in declared:
            type_ = self.world.type(parameter.type)
            self.enter(scope, parameter, Param(type_.width, f"{owner}.{parameter.name}"), type_)
        entered = [scope.locals[p.name] for p in declared]
        return tuple(e.value for e in entered), tuple(e.type for e in entered)

    def enter(self, scope: Scope, parameter: syntax.Parameter, value: Expr, type_: Type) -> None:
        """Make a parameter known in a scope."""
        if parameter.name in scope.locals:
            raise refuse(parameter.span, f"parameter `{parameter.name}` stands twice", "rename one")
        check_shadow(self.world.items, parameter.name, parameter)
        scope.locals[parameter.name] = Local("a parameter", value, type_, parameter.span)

    def _split_return(self, body: syntax.Block, title: str, what: str) -> syntax.Expression:
        """What the last statement, a `return`, gives."""
        last = body.statements[-1] if body.statements else None
        if not isinstance(last, syntax.Return):
            raise refuse(body.span, f"{title} does not end in `return`", f"end it with `return {what}`")
        return last.value

    # -- whole bodies

    def reset(self, item: syntax.ResetItem) -> Behaviour:
        scope = Scope("`on reset`", may_trap=False)
        return self.finish(item.span, self._run(scope, item.body))

    def entry(self, item: syntax.EntryItem) -> Behaviour:
        """`on trap`, over `Param("cause")` and `Param("info")` whatever the file calls them."""
        scope = Scope("`on trap`", may_trap=False)
        for parameter, name in zip(item.parameters, ("cause", "info"), strict=False):
            type_ = self.world.bits(parameter.type)
            self.enter(scope, parameter, Param(type_.width, name), type_)
            scope.locals[parameter.name].used = True
        return self.finish(item.span, self._run(scope, item.body))

    def step(self, item: syntax.StepItem) -> tuple[Behaviour, Fetch, Behaviour]:
        """Prologue, fetch, and what an unassigned word does."""
        prologue = Scope("the prologue of `step`", origin=Origin.PROLOGUE)
        lowering = self.statements(prologue)
        last = item.body.statements[-1] if item.body.statements else None
        if not isinstance(last, syntax.Execute):
            raise self._no_execute(item)
        lowering.run(syntax.Block(item.body.span, item.body.statements[:-1], ""), self.report)
        fetch = self._fetch(last, prologue)
        lowering.check_used(self.report)
        unassigned = Scope("`else` of `execute`", origin=Origin.DECODE, may_send=True, insn=self.insn)
        unassigned.locals = dict(prologue.locals)
        behaviour = self.finish(last.span, self._run(unassigned, last.otherwise))
        return self.finish(item.span, prologue), fetch, behaviour

    def _no_execute(self, item: syntax.StepItem) -> Refused:
        statements = item.body.statements
        for execute, after in pairwise(statements):
            if isinstance(execute, syntax.Execute):
                help = "put it before: all statements of a step read the state before the step"
                return refuse(after.span, "nothing may follow `execute`", help)
        help = "end it with `execute mem[pc] else trap illegal(insn)`"
        return refuse(item.span, "`step` does not end in `execute`", help)

    def _fetch(self, execute: syntax.Execute, prologue: Scope) -> Fetch:
        scope = Scope("the fetch", origin=Origin.FETCH, may_write=False, locals=prologue.locals)
        word = self.statements(scope).lower(execute.word, Type(self.world.word))
        check_size(execute.span, "the fetch", scope.behaviour(), word)
        return Fetch(tuple(scope.traps), word)

    def _run(self, scope: Scope, body: syntax.Block) -> Scope:
        lowering = self.statements(scope)
        lowering.run(body, self.report)
        lowering.check_used(self.report)
        return scope

    def body(self, scope: Scope, block: syntax.Block, span: Span) -> Behaviour:
        """The body of an instruction; operands are in the scope already."""
        lowering = self.statements(scope)
        lowering.run(block, self.report)
        for local in scope.locals.values():
            local.used |= local.what == "an operand"
        lowering.check_used(self.report)
        return self.finish(span, scope)

    def finish(self, span: Span, scope: Scope) -> Behaviour:
        """The behaviour of a scope, after the checks that need all of it."""
        behaviour = scope.behaviour()
        check_size(span, scope.title, behaviour)
        if scope.receives:
            check_received(scope, behaviour)
        return behaviour

    def pcrel(self, item: syntax.OperandItem) -> Expr | None:
        """What an operand is relative to: an expression over the pc."""
        if item.pcrel is None:
            return None
        state = self.world.states[self.world.pc]
        scope = Scope("`pcrel`", may_trap=False, may_write=False)
        value = self.statements(scope).lower(item.pcrel, Type(state.width))
        leaves = (n for n in nodes(value) if not isinstance(n, Apply | Const))
        if any(not isinstance(n, Read) or n.state != self.world.pc for n in leaves):
            raise refuse(item.pcrel.span, "`pcrel` may read the pc only", f"write something like `{state.name} + 1`")
        return value

    def condition(self, item: syntax.AssumeItem) -> Expr:
        scope = Scope(f"the assumption `{item.name}`", may_trap=False, may_write=False)
        value = self.statements(scope).condition(item.condition)
        check_size(item.span, scope.title, Behaviour(), value)
        return value
