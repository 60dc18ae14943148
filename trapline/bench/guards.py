"""What each guard of native code costs: the six kernels without one of them, and without any, against all of them."""

from collections.abc import Callable, Iterator

from isa.engines.choice import NATIVE, REFERENCE, actual
from isa.machine import Machine, Storage
from isa.machine.machine import EngineFactory
from trapline.bench.building import LeftOut
from trapline.bench.figures import Bench, Figure
from trapline.bench.kernels import COMPUTE, Kernel
from trapline.bench.machines import Ours
from trapline.bench.sitting import Contender, sit

ROWS = ("guards",)
GUARDED = "all guards"
SHARES = {"regions": 1.0, "threaded code": 1 / 16}


class Unguarded(Ours):
    """A contender with an engine that is nowhere else: see `unguarded`. All that is compiled is so in its first run."""

    def __init__(self, name: str, engine: EngineFactory, share: float) -> None:
        super().__init__(name, NATIVE, 0, share=share)
        self._engine = engine

    def make(self, kernel: Kernel) -> Machine:
        return Machine(kernel.isa, Storage(kernel.isa.word, kernel.words), engine=self._engine)


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    if bench.engine == REFERENCE or actual(NATIVE) != NATIVE:
        raise LeftOut("the guards of native code", "the engine is the reference engine")
    from trapline.bench.unguarded import REGIONS, THREADED, Guard, Guards, regions_without, threaded_without

    codes: dict[str, tuple[Callable[[Guards], EngineFactory], tuple[Guard, ...]]]
    codes = {"regions": (regions_without, REGIONS), "threaded code": (threaded_without, THREADED)}
    for code, (make, guards) in codes.items():
        without = {guard.value: frozenset({guard}) for guard in guards} | {"any": frozenset(guards)}
        contenders: list[Contender] = [Unguarded(GUARDED, make(frozenset()), SHARES[code])]
        contenders += [Unguarded(name, make(out), SHARES[code]) for name, out in without.items()]
        times = sit(contenders, bench.sized(*COMPUTE), bench.repeat, bench.agreement, bench.show)
        for name in without:
            detail = {"kernels": times.by_kernel(name, GUARDED)}
            what = f"{code} without {name}, against {GUARDED}"
            yield Figure("guards", what, times.means(name, GUARDED), "", None, detail)
