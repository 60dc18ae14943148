"""From expressions of the syntax to `isa.ir.nodes`, with widths checked and literals given the width of their context."""

from isa.description import Kind
from isa.ir import fold
from isa.ir.nodes import FALSE, TRUE, Expr, Recv, Size, Unknown
from isa.ir.operators import BOOL
from isa.language import limits, syntax
from isa.language.inlining import Template, instantiate
from isa.language.places import Places, bit_number, bit_range
from isa.language.report import Refused, refuse
from isa.language.spelling import BINARY, UNARY, Shape, Spelling
from isa.language.syntax import text_of
from isa.language.world import TRUTH, Type, counted, unknown_name


class Expressions(Places):
    """Lowers expressions in one scope."""

    def lower(self, e: syntax.Expression, want: Type | None) -> Expr:
        """The meaning of `e`, of the type `want` if one is given. Raises Refused."""
        natural = self.inference.natural(e)
        if isinstance(e, syntax.If):
            self._check_branches(e)
        if natural is not None and want is not None:
            self._check_fit(e, natural, want)
        result = self._lower(e, want if natural is None else natural)
        if want is not None and result.width != want.width:
            raise mismatch(e, Type(result.width), want)
        return result

    def condition(self, e: syntax.Expression) -> Expr:
        return self.lower(e, TRUTH)

    def _check_branches(self, e: syntax.If) -> None:
        then, otherwise = self.inference.natural(e.then), self.inference.natural(e.otherwise)
        if then and otherwise and then.width != otherwise.width:
            message = f"one branch of `if` has {then}, the other {otherwise}"
            raise refuse(e.span, message, "give both one width: `sext(...)`, `zext(...)`, or a slice")

    def _check_fit(self, e: syntax.Expression, got: Type, want: Type) -> None:
        if got.width != want.width:
            raise mismatch(e, got, want)
        if got.enum and want.enum and got.enum != want.enum:
            message = f"`{text_of(e.span)}` is a `{got.enum}`, but a `{want.enum}` is needed here"
            raise refuse(e.span, message, f"use a member of `{want.enum}`")

    def _lower(self, e: syntax.Expression, type_: Type | None) -> Expr:
        match e:
            case syntax.Number():
                return self._number(e, type_)
            case syntax.AnyValue():
                return Unknown(self._bits(e, type_).width, self.world.fresh())
            case syntax.Name():
                return self._name(e, type_)
            case syntax.FieldOf():
                return self._field_of(e)
            case syntax.Index():
                return self._index(e)
            case syntax.Slice():
                return self._slice(e)
            case syntax.Call():
                return self._call(e, type_)
            case syntax.Unary():
                return self._unary(e, type_)
            case syntax.Binary():
                return self._binary(e, type_)
            case syntax.If():
                return self._if(e, type_)

    # -- leaves

    def _bits(self, e: syntax.Expression, type_: Type | None) -> Type:
        if type_ is None:
            help = "put it beside something that has one, or give a type: `let n : word = ...`"
            raise refuse(e.span, f"`{text_of(e.span)}` has no width here", help)
        if type_.width == BOOL:
            help = "use `true` or `false`, or compare"
            raise refuse(e.span, f"`{text_of(e.span)}` is not a truth value", help)
        return type_

    def _number(self, e: syntax.Number, type_: Type | None) -> Expr:
        width = self._bits(e, type_).width
        if e.value >> width:
            help = f"the largest value there is {(1 << width) - 1}"
            raise refuse(e.span, f"`{text_of(e.span)}` does not fit in {Type(width)}", help)
        return fold.const(width, e.value)

    def _name(self, e: syntax.Name, type_: Type | None) -> Expr:
        name = e.name
        if name in self.scope.locals:
            self.scope.locals[name].used = True
            return self.scope.locals[name].value
        if name in self.scope.failed:
            raise Refused(None)
        if name in self.scope.absent:
            help = f"add `{name}` to the template: what it does not name is always zero"
            raise refuse(e.span, f"the template does not name the operand `{name}`", help)
        if name in ("true", "false"):
            return TRUE if name == "true" else FALSE
        if name == "insn":
            return self._insn(e)
        if name in self.world.states:
            return self.read(self.place(e))
        return self._member(e, type_)

    def _insn(self, e: syntax.Name) -> Expr:
        if self.scope.insn is None:
            help = "`insn` is known where an instruction has been fetched"
            raise refuse(e.span, f"`insn` is not known in {self.scope.title}", help)
        self.scope.uses_insn = True
        return self.scope.insn

    def _member(self, e: syntax.Name, type_: Type | None) -> Expr:
        enums = self.world.members(e.name)
        chosen = type_.enum if type_ and type_.enum in enums else enums[0] if len(enums) == 1 else None
        if chosen is None and enums:
            choices = " or ".join(f"`{enum}.{e.name}`" for enum in enums)
            raise refuse(e.span, f"`{e.name}` is a member of several enums", f"write {choices}")
        if chosen is None:
            known = [*self.scope.locals, *self.world.states, *self.world.enums]
            raise unknown_name(e.span, "value", e.name, known)
        self.world.used.add(("enum", chosen))
        enum = self.world.enums[chosen]
        return fold.const(enum.width, enum.members[e.name])

    def _field_of(self, e: syntax.FieldOf) -> Expr:
        if isinstance(e.base, syntax.Name) and e.base.name in self.world.enums:
            enum = self.world.enums[e.base.name]
            if e.name not in enum.members:
                raise unknown_name(e.span, f"member of `{enum.name}`", e.name, enum.members)
            self.world.used.add(("enum", enum.name))
            return fold.const(enum.width, enum.members[e.name])
        if not isinstance(e.base, syntax.Name) or not self._is_state(e.base.name):
            help = "only a state that declares fields has them; choose bits with `[high:low]`"
            raise refuse(e.span, f"`{text_of(e.base.span)}` has no fields", help)
        return self.read(self.place(e))

    def _index(self, e: syntax.Index) -> Expr:
        if isinstance(e.base, syntax.Name) and e.base.name not in self.scope.locals and e.base.name != "insn":
            return self.read(self.place(e))
        base = self.lower(e.base, None)
        return fold.slice_(base, bit_number(e.index, self._sliceable(e, base)), 1)

    def _slice(self, e: syntax.Slice) -> Expr:
        base = self.lower(e.base, None)
        high, low = bit_range(e, self._sliceable(e, base))
        return fold.slice_(base, low, high - low + 1)

    def _sliceable(self, e: syntax.Index | syntax.Slice, base: Expr) -> int:
        if base.width == BOOL:
            raise refuse(e.span, "a truth value has no bits", "use `if c then 1 else 0`")
        return base.width

    # -- calls

    def _call(self, e: syntax.Call, type_: Type | None) -> Expr:
        match e.name:
            case "zext" | "sext":
                return self._extend(e, type_)
            case "size":
                return self._size(e)
            case "recv":
                return self._receive(e)
            case "send":
                raise refuse(e.span, "`send` has no value", "write it as a statement of its own")
        template = self.find(e.name, e.span)
        copy = instantiate(template, self.arguments(e, template), e.span, self.scope, self.world)
        if copy.result is None:
            help = "give the def a result: `def f(...) : word { return ... }`"
            raise refuse(e.span, f"`{e.name}` has no value", help)
        return copy.result

    def arguments(self, e: syntax.Call, template: Template) -> list[Expr]:
        """The arguments of a call of a def, lowered to the types of its parameters."""
        if template.place is not None:
            raise refuse(e.span, f"`{e.name}` is a view: it is indexed", f"write `{e.name}[...]`")
        expected = len(template.parameters)
        if len(e.arguments) != expected:
            help = "give one value for each parameter"
            raise refuse(e.span, f"`{e.name}` takes {counted(expected, 'argument')}, not {len(e.arguments)}", help)
        return [self.lower(a, t) for a, t in zip(e.arguments, template.types, strict=False)]

    def _extend(self, e: syntax.Call, type_: Type | None) -> Expr:
        match e.arguments:
            case (value,):
                pass
            case (value, syntax.Number(value=width)):
                type_ = Type(width)
            case _:
                help = f"write `{e.name}(k)` or `{e.name}(k, 32)`"
                raise refuse(e.span, f"`{e.name}` takes a value and a width", help)
        if _widthless(value):
            text = text_of(value.span)
            help = f"write `{text}`: it takes the width of its place"
            raise refuse(e.span, f"`{text}` has no width, so there is nothing to extend", help)
        if type_ is None or not 1 <= type_.width <= limits.WORD_BITS:
            help = f"say it: `{e.name}(..., 32)`"
            raise refuse(e.span, f"the width that `{e.name}` extends to is not known here", help)
        inner = self.lower(value, None)
        if inner.width == BOOL:
            raise refuse(value.span, "a truth value cannot be extended", "use `if c then 1 else 0`")
        if inner.width > type_.width:
            help = f"cut it: `{text_of(value.span)}[{type_.width - 1}:0]`"
            raise refuse(e.span, f"`{e.name}` cannot make {Type(inner.width)} into {type_}", help)
        return fold.apply(e.name, inner, width=type_.width)

    def _size(self, e: syntax.Call) -> Expr:
        match e.arguments:
            case (syntax.Name(name=name),) if name == self.world.storage:
                self.world.used.add(("state", name))
                return Size(self.world.word)
        raise refuse(e.span, "`size` is asked of storage only", f"write `size({self.world.storage})`")

    def _receive(self, e: syntax.Call) -> Expr:
        if len(e.arguments) != 1:
            raise refuse(e.span, "`recv` takes a port", "write `recv(port[n])`")
        channel, index, width = self.port(e.arguments[0])
        self.scope.use_channel(e.span, receives=True)
        return Recv(width, channel, index)

    def port(self, e: syntax.Expression) -> tuple[str, Expr, int]:
        """The channel, index and width of `port[n]`."""
        if isinstance(e, syntax.Index) and isinstance(e.base, syntax.Name):
            state = self.world.states.get(e.base.name)
            if state is not None and state.kind is Kind.CHANNEL:
                self.world.used.add(("state", state.name))
                return state.name, self.cell_index(e, state), state.width
        help = "write `port[n]`, with a channel's name"
        raise refuse(e.span, f"`{text_of(e.span)}` is not a port of a channel", help)

    # -- operators

    def _unary(self, e: syntax.Unary, type_: Type | None) -> Expr:
        if e.operator == "!":
            return fold.negate(self.condition(e.operand))
        operand = self.lower(e.operand, self._bits(e, type_))
        return fold.apply(UNARY[e.operator], operand)

    def _binary(self, e: syntax.Binary, type_: Type | None) -> Expr:
        spelling = BINARY[e.operator]
        match spelling.shape:
            case Shape.LOGIC:
                return self._logic(e, spelling)
            case Shape.SHIFT:
                left = self.lower(e.left, self._bits(e, type_))
                right = self.lower(e.right, self.inference.natural(e.right) or Type(left.width))
                self._no_truth(e, left, right)
            case Shape.CONCAT:
                left, right = self.lower(e.left, None), self.lower(e.right, None)
                self._no_truth(e, left, right)
                if left.width + right.width > limits.WORD_BITS:
                    raise refuse(e.span, f"this has {left.width + right.width} bits", "a value has at most 64")
            case Shape.SAME | Shape.COMPARE:
                left, right = self._pair(e, spelling, type_ if spelling.shape is Shape.SAME else None)
                self._no_truth(e, left, right)
        return fold.apply(spelling.op, *((right, left) if spelling.swapped else (left, right)))

    def _logic(self, e: syntax.Binary, spelling: Spelling) -> Expr:
        """`&&` and `||` look at the right operand, whose accesses may trap, only if the left one leaves it open."""
        left = self.condition(e.left)
        with self.scope.guarded(left if spelling.op == "both" else fold.negate(left)):
            right = self.condition(e.right)
        return fold.apply(spelling.op, left, right)

    def _pair(self, e: syntax.Binary, spelling: Spelling, type_: Type | None) -> tuple[Expr, Expr]:
        """Both operands, each with its own width or else the other's, or else the context's."""
        left, right = self.inference.natural(e.left), self.inference.natural(e.right)
        if spelling.shape is Shape.COMPARE and left and right and left.enum and right.enum and left.enum != right.enum:
            raise refuse(e.span, f"this compares a `{left.enum}` with a `{right.enum}`", "compare like with like")
        if left and right and left.width != right.width:
            raise self._unequal(e, spelling, left, right)
        shared = left or right or type_
        return self.lower(e.left, left or shared), self.lower(e.right, right or shared)

    def _unequal(self, e: syntax.Binary, spelling: Spelling, left: Type, right: Type) -> Refused:
        message = f"`{text_of(e.span)}` {spelling.verb.format(l=left, r=right)}"
        if BOOL in (left.width, right.width):
            return refuse(e.span, message, "a truth value has no bits; use `&&`, `||`, or `if c then 1 else 0`")
        narrow = text_of((e.left if left.width < right.width else e.right).span)
        return refuse(e.span, message, f"extend it: `sext({narrow})` or `zext({narrow})`")

    def _no_truth(self, e: syntax.Binary, left: Expr, right: Expr) -> None:
        if BOOL in (left.width, right.width):
            help = "use `&&`, `||`, `!`, or `if c then 1 else 0`"
            raise refuse(e.span, f"`{e.operator}` does not take truth values", help)

    def _if(self, e: syntax.If, type_: Type | None) -> Expr:
        condition = self.condition(e.condition)
        with self.scope.guarded(condition):
            then = self.lower(e.then, type_)
        with self.scope.guarded(fold.negate(condition)):
            otherwise = self.lower(e.otherwise, type_ or Type(then.width))
        return fold.select(condition, then, otherwise)


def _widthless(e: syntax.Expression) -> bool:
    """Whether it is made of literals alone, which are as wide as they need to be."""
    match e:
        case syntax.Number() | syntax.AnyValue():
            return True
        case syntax.Unary(operator="-" | "~", operand=operand):
            return _widthless(operand)
        case syntax.Binary(left=left, right=right) if BINARY[e.operator].shape in (Shape.SAME, Shape.SHIFT):
            return _widthless(left) and _widthless(right)
    return False


def mismatch(e: syntax.Expression, got: Type, want: Type) -> Refused:
    """The error for a value of one type where another is needed."""
    text = text_of(e.span)
    if want.width == BOOL:
        help = f"compare it: `{text} == 1`" if got.width == 1 else f"compare it: `{text} != 0`"
    elif got.width == BOOL:
        help = f"choose bits: `if {text} then 1 else 0`"
    elif got.width < want.width:
        help = f"extend it: `sext({text})` or `zext({text})`"
    else:
        help = f"cut it: `{text}[{want.width - 1}:0]`"
    are = "is" if got.width == BOOL else "has"
    return refuse(e.span, f"`{text}` {are} {got}, but {want} {'are' if want.width > 1 else 'is'} needed here", help)
