"""The native code of one description: all its functions in one LLVM module, compiled once and kept."""

from isa.description import Isa
from isa.engines.native.claims import CLAIM
from isa.engines.native.compiler import Tier
from isa.engines.native.exact import Exact
from isa.engines.native.loop import Loop
from isa.engines.native.plan import Plan, plan_of
from isa.engines.native.text import METADATA
from isa.engines.native.threaded import Threaded

# All passes would take twice as long, and threaded code would be slower by them: they move into a handler how it is
# left, which is seldom, and then it needs a stack.
TIER = Tier.QUICK
SIZES = "sizes"  # bytes of a record; how many values a frame has that are hoisted; how many functions the table has
DECLARATIONS = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n"


def module_source(isa: Isa, threaded: type[Threaded] = Threaded, loop: type[Loop] = Loop) -> str:
    """The LLVM text. Its entry points are those of `isa.engines.native.code.SYMBOLS`."""
    exact, places = Exact(plan_of(isa)), 0
    functions, fast = exact.functions(), threaded(exact)
    if exact.plan.fast:
        functions, places = functions + fast.functions(), len(fast.places)
    functions += loop(exact, fast).functions()
    return "\n".join([*functions, _sizes(exact.plan, places), CLAIM, DECLARATIONS, METADATA])


def _sizes(plan: Plan, places: int) -> str:
    """Numbers that whoever calls this code has to know, so that none of its plan has to be made for that."""
    numbers = plan.record_bytes, len(plan.hoisted), places
    return f"@{SIZES} = constant [{len(numbers)} x i64] [{', '.join(f'i64 {n}' for n in numbers)}]"
