"""The native code of a layer: written by `isa.engines.native.layered`, compiled, and kept."""

from functools import lru_cache

from isa.description import Isa
from isa.engines.native.code import NativeCode, native_code
from isa.engines.native.compiler import Compiler, Tier
from isa.engines.native.exact import Exact
from isa.engines.native.frame import callable_at
from isa.engines.native.layered import Layered, layer_source
from isa.engines.native.layers import Layer
from isa.files import cache


class LayerCode:
    """The compiled code of a layer. `execute(frame, limit, deliver)` runs. `layered` writes it."""

    layered: type[Layered] = Layered

    def __init__(self, isa: Isa, layer: Layer) -> None:
        self.machine: NativeCode = native_code(isa)
        plan = self.machine.plan
        source = lambda: layer_source(Exact(plan), layer, self.layered)  # noqa: E731
        key = cache.digest(plan.digest, layer.digest, *([] if self.layered is Layered else [self.layered.__name__]))
        self.linked = Compiler().load(source, Tier.FULL, key, ("layered",))
        self.address = self.linked.address("layered")
        self.execute = callable_at(self.address)


@lru_cache(maxsize=64)
def layer_code(isa: Isa, layer: Layer) -> LayerCode:
    """The native code of a layer, made or loaded once."""
    return LayerCode(isa, layer)
