"""The core of the monitor as Python: the same generator that makes instructions makes these functions of its IR, one
for each way between the two machines. And as data, of which native code is made."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from isa.engines.reference.source import (
    PythonSource,
    bare,
    compiled,
    function,
    uses,
    values_function,
)
from isa.engines.reference.steps import steps_of
from isa.ir.nodes import FALSE, TRUE, Behaviour
from isa.ir.operators import NAMES
from isa.passes.normal import bits_read, merge
from monitor.core import REAL, VIRTUAL, Core

if TYPE_CHECKING:
    from isa.engines.native.layers import Layer

_ARGUMENTS = ("v", "r", "offset", "size")
_AUDITING = (*_ARGUMENTS, "steps")


class CompiledCore:
    """Functions `f(v, r, offset, size)` of the virtual and the real block, and the window's place and size in words.

    `hand_down` puts the virtual machine into the real block, and is for how many steps it may run there.
    `take_back` and `breached` take the steps of the direct run as well. `take_back` is whether the audit finds a
    breach; if it finds none, the virtual block has what passed, and its own resources have aged. `direct(v)` takes
    nothing else. `always` and `never` say of `direct` that it is so in every state; where it is `never`, there is
    only it. `sudden`: any instruction may change it, and not only one after which an engine stops that is
    `attentive`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.always, self.never = core.direct is TRUE, core.direct is FALSE
        self.sudden = not bits_read([core.condition]) <= steps_of(core.isa).translator.fixed
        slots = steps_of(core.isa).layout.slots
        self._where = {VIRTUAL + n: ("v", s.first) for n, s in slots.items()}
        self._where |= {REAL + n: ("r", s.first) for n, s in slots.items()}
        alone = {n: ("v", s.first) for n, s in slots.items()}
        self.direct = self._compiled(values_function("direct", (core.direct,), self._where, ("v",)), "direct")
        if not self.never:
            self._map(core, alone)

    def _map(self, core: Core, alone: dict[str, tuple[str, int]]) -> None:
        """What is asked of a virtual machine that may run directly."""
        names = [name for name, _ in core.audits()]
        changed = tuple(expression for _, expression in core.audits())
        self.hand_down = self._compiled(self._hand_down(core), "hand_down")
        self.take_back = self._compiled(self._take_back(core, alone), "take_back")
        self._audits = self._compiled(values_function("audits", changed, self._where, _AUDITING), "audits")
        self._names = names

    @cached_property
    def layer(self) -> "Layer":
        """The same functions as native code takes them."""
        from isa.engines.native.layers import Layer

        core, none = self._core, Behaviour()
        if self.never:
            return Layer(VIRTUAL, REAL, none, none, none, FALSE, core.direct, self.sudden)
        map = (core.resume, core.save, core.advance, core.breach)
        return Layer(VIRTUAL, REAL, *map, core.direct, self.sudden)

    def breached(self, v: object, r: object, offset: int, size: int, steps: int) -> list[str]:
        """The names of the states that the guest changed and that were not its own."""
        found = self._audits(v, r, offset, size, steps)
        flags = found if isinstance(found, tuple) else (found,)
        return [name for name, changed in zip(self._names, flags, strict=True) if changed]

    def _hand_down(self, core: Core) -> str:
        """The horizon, and resume."""
        source = PythonSource(self._where, uses([core.horizon, *core.resume.expressions()]))
        source.reserve(_ARGUMENTS)
        due = source.named(source.value(core.horizon), "due")
        source.effects(core.resume)
        source.emit(f"return {due}")
        return function("hand_down", _ARGUMENTS, source.lines)

    def _take_back(self, core: Core, alone: dict[str, tuple[str, int]]) -> str:
        """Audit, save and advance, one after the other: each reads what the one before it left."""
        advance = merge(core.isa, core.advance)
        audit = PythonSource(self._where, uses([core.breach]))
        save = PythonSource(self._where, uses(core.save.expressions()))
        age = PythonSource(alone, uses(advance.expressions()), " " * 8)
        for part in (audit, save, age):
            part.reserve(_AUDITING)
        audit.emit(f"if {bare(audit.value(core.breach))}: return True")
        save.effects(core.save)
        age.effects(advance)
        ageing = ["    if steps:", *age.lines] if age.lines else []
        return function("take_back", _AUDITING, [*audit.lines, *save.lines, *ageing, "    return False"])

    def _compiled(self, source: str, name: str) -> Callable[..., Any]:
        return compiled(source, name, NAMES)
