"""Layers: what lets native code run one machine on another, given as data.

Whoever runs machines on machines describes in IR what is loaded into the machine below, what is taken back from it,
and what must not have happened to it. From that the native code of a layer is made (`isa.engines.native.layered`);
nothing here knows who that is, or why.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from isa.description import Isa
from isa.engines.native.compiler import Compiler, Tier
from isa.engines.native.engine import NativeCode, callable_at, native_code
from isa.engines.native.exact import Exact
from isa.engines.native.frame import Code, Frame
from isa.engines.native.options import Options
from isa.engines.reference.engine import Stop
from isa.files import cache
from isa.ir.nodes import TRUE, Behaviour, Expr, Write
from isa.machine.identity import behaviours_digest


@dataclass(frozen=True, slots=True)
class Layer:
    """IR over a composite state: names that begin with `upper` are states of the machine that is run, those that begin
    with `lower` of the one below it.

    `resume` loads the lower machine before it runs, and `save` takes back from it. `breach` is asked in between. The
    parameters are `offset` and `size`, where the upper machine's storage lies in the lower one's, in words; and for
    `breach` also `steps` (64 bits), the length of the run. `advance`, over `steps` and the upper machine's states under
    their own names, is what the run's time does to these in the end.
    """

    upper: str
    lower: str
    resume: Behaviour
    save: Behaviour
    advance: Behaviour
    breach: Expr

    @property
    def digest(self) -> str:
        """A hexadecimal digest of all of it."""
        breach = Behaviour((), (Write(TRUE, "breach", 0, self.breach),))
        return cache.digest(self.upper, self.lower, behaviours_digest(self.resume, self.save, self.advance, breach))


class Level(Protocol):
    """One machine of those that run on each other in native code: the real one, or one with a layer.

    Before native code is entered, the machine above calls `begin`, and afterwards `finish`, which counts what happened,
    and if `code` says that native code came back for this machine or one below, sees to that. It returns how many steps
    that took (the machine has counted them), and what they ended with, as `ReferenceEngine.execute` does; None:
    nothing, and native code can go on.
    """

    frame: Frame
    options: Options

    @property
    def slice(self) -> int: ...  # how many steps it should take before `finish` is called
    def begin(self) -> None: ...
    def finish(self, code: Code | None) -> tuple[int, Stop | None]: ...


class LayerCode:
    """The compiled code of a layer. `execute(frame, limit, deliver)` runs."""

    def __init__(self, isa: Isa, layer: Layer) -> None:
        from isa.engines.native.layered import layer_source

        self.machine: NativeCode = native_code(isa)
        plan = self.machine.plan
        source = lambda: layer_source(Exact(plan), layer)  # noqa: E731
        key = cache.digest(plan.digest, layer.digest)
        self.linked = Compiler().load(source, Tier.FULL, key, ("layered",))
        self.address = self.linked.address("layered")
        self.execute = callable_at(self.address)


@lru_cache(maxsize=64)
def layer_code(isa: Isa, layer: Layer) -> LayerCode:
    """The native code of a layer, made or loaded once."""
    return LayerCode(isa, layer)
