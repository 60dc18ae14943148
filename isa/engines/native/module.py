"""The native code of one description: all its functions in one LLVM module, compiled once and kept."""

from isa.description import Isa
from isa.engines.native.claims import CLAIM
from isa.engines.native.compiler import Tier
from isa.engines.native.exact import Exact
from isa.engines.native.loop import Loop
from isa.engines.native.plan import plan_of
from isa.engines.native.text import METADATA
from isa.engines.native.threaded import Threaded

# All passes would take twice as long, and threaded code would be slower by them: they move into a handler how it is
# left, which is seldom, and then it needs a stack.
TIER = Tier.QUICK
DECLARATIONS = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n"


def module_source(isa: Isa, threaded: type[Threaded] = Threaded, loop: type[Loop] = Loop) -> str:
    """The LLVM text. Its entry points are those of `isa.engines.native.engine.SYMBOLS`."""
    exact = Exact(plan_of(isa))
    functions = exact.functions()
    if exact.plan.fast:
        functions += threaded(exact).functions()
    functions += loop(exact).functions()
    return "\n".join([*functions, CLAIM, DECLARATIONS, METADATA])
