"""The bench leaves out of native code exactly the guards that it says, and what is left computes the same."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from isa.engines.native.engine import NativeEngine
from isa.engines.native.exact import Exact
from isa.engines.native.plan import plan_of
from isa.engines.native.regions import Region
from isa.engines.native.translate import Translation, source
from isa.machine import Machine, Storage
from isa.machine.machine import EngineFactory
from tests.guests.kernel_models import expected
from trapline.bench.kernels import COMPUTE, RESULT, Kernel, image, machine
from trapline.bench.machines import Prepared
from trapline.bench.unguarded import (
    REGIONS,
    THREADED,
    Guard,
    Guards,
    fused,
    kind,
    regions_without,
    threaded,
    threaded_without,
    translation,
)

pytestmark = pytest.mark.long

OF_REGIONS, ALL = frozenset(REGIONS), frozenset(THREADED)
WITHOUT = [*(frozenset({guard}) for guard in REGIONS), OF_REGIONS]
BY_NAME = {kernel.name: kernel for kernel in COMPUTE}


def named(value: object) -> str:
    return kind(value) if isinstance(value, frozenset) else str(getattr(value, "name", value))


def ran(kernel: Kernel, engine: EngineFactory) -> Machine:
    made = Machine(machine(), Storage(machine().word, 1 << 13), engine=engine)
    made.load(image(kernel, kernel.quick))
    while not made.halted:
        made.run(500)  # steps, after which it may look what is worth compiling
    return made


@cache
def regions(name: str) -> list[Region]:
    """What becomes regions of a kernel."""
    engine = ran(BY_NAME[name], regions_without(frozenset(), 2)).engine
    assert isinstance(engine, NativeEngine)
    return [installed.region for installed in engine.translations.installed.values()]


def asked(name: str, out: Guards) -> set[Guard]:
    """What the regions of a kernel ask without these guards."""
    written = translation(out) if out else Translation
    return {guard for region in regions(name) for guard in asks(source(region, "region", written))}


def asks(text: str) -> Iterator[Guard]:
    known = {"%left"}
    for line in text.splitlines():
        made, _, how = line.strip().partition(" = ")
        if "ptr %steps" in how or known.intersection(re.findall(r"%\w+", how)):
            if how.startswith("icmp"):
                yield Guard.BUDGET
            known.add(made)
    if re.search(r"icmp uge i\d+ %v\d+, %v", text):
        yield Guard.BOUNDS
    if "ptr %lines," in text or "preserve_mostcc" in text:
        yield Guard.CODE


@pytest.mark.parametrize("name", ["fib", "sieve"])
def test_a_region_without_a_guard_does_not_ask_for_it_and_asks_for_all_others(name: str) -> None:
    for out in (frozenset[Guard](), *WITHOUT):
        assert asked(name, out) == OF_REGIONS - out, kind(out)


HANDLERS = {
    Guard.BUDGET: r"icmp eq i64 %v\d+, %(stop|v\d+)\n.*label %stop",
    Guard.BOUNDS: r"label %bail",
    Guard.CODE: r"@careful|@put|label %stale|label %slow",
    Guard.SPIN: r"label %spin",
}


def test_threaded_code_without_a_guard_does_not_ask_for_it_and_asks_for_all_others() -> None:
    for out in (frozenset[Guard](), *WITHOUT, frozenset({Guard.SPIN}), ALL):
        made = threaded(out)(Exact(plan_of(machine())))
        handlers = enumerate(made.plan.handlers, 1)
        text = "\n".join(part for serial, handler in handlers for part in made.handler(serial, handler))
        assert {guard for guard, asks in HANDLERS.items() if re.search(asks, text)} == ALL - out, kind(out)


@pytest.mark.parametrize(("name", "out"), [*product(["fib", "sieve"], WITHOUT), ("qsort", OF_REGIONS)], ids=named)
def test_a_kernel_without_guards_computes_the_same(name: str, out: Guards) -> None:
    kernel = BY_NAME[name]
    made = ran(kernel, regions_without(out, 2))
    assert isinstance(made.engine, NativeEngine) and made.engine.translations.made
    assert made.storage.load(RESULT) == expected(kernel, kernel.quick)


def test_superinstructions_without_a_guard_do_not_ask_for_it_and_ask_for_all_others() -> None:
    code = _native(ran(BY_NAME["qsort"], threaded_without(frozenset(), 20))).code
    assert code.dispatch is not None
    runs = list(code.dispatch.numbers)
    for out in (frozenset[Guard](), *WITHOUT, frozenset({Guard.SPIN}), ALL):
        text = fused(out)(Exact(plan_of(machine()))).module(runs)
        kept = {guard for guard, asks in HANDLERS.items() if re.search(asks, text)}
        assert kept == ({Guard.BUDGET, Guard.BOUNDS, Guard.CODE} - out) | (kept & {Guard.SPIN}), kind(out)
        assert Guard.SPIN not in out or Guard.SPIN not in kept


def test_threaded_code_without_any_computes_the_same() -> None:
    """With superinstructions as well. They are made behind a run, for without a budget it does not stop on the way."""
    for kernel in COMPUTE:
        made = Machine(machine(), Storage(machine().word, 1 << 13), engine=threaded_without(ALL, 100))
        prepared = Prepared(made, image(kernel, kernel.quick))
        for _ in range(3):
            prepared.run()
        dispatch = _native(made).code.dispatch
        assert dispatch is not None and dispatch.numbers and dispatch.kind == kind(ALL)
        assert made.storage.load(RESULT) == expected(kernel, kernel.quick)


def test_nobody_else_gets_such_code() -> None:
    kinds = {translation(out).kind for out in WITHOUT} | {Translation.kind}
    assert len(kinds) == len(WITHOUT) + 1
    made = ran(BY_NAME["fib"], regions_without(OF_REGIONS, 2)), ran(BY_NAME["fib"], NativeEngine)
    assert [engine.translations.translation for engine in map(_native, made)][1] is Translation
    assert _native(ran(BY_NAME["fib"], threaded_without(ALL))).code.key != _native(made[1]).code.key


def _native(machine: Machine) -> NativeEngine:
    assert isinstance(machine.engine, NativeEngine)
    return machine.engine
