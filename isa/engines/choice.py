"""Bare machines, and which engine runs one, by name. All engines do the same, step for step; they differ in speed.

Nothing heavy is imported before it is used: a program of ten instructions does not wait for a compiler.
"""

from typing import TYPE_CHECKING

from isa.errors import UsageError
from isa.machine.machine import Engine, EngineFactory, Machine

if TYPE_CHECKING:
    from isa.description import Isa
    from isa.devices import Ports
    from isa.machine.state import MachineState
    from isa.machine.storage import Storage

AUTO, REFERENCE, NATIVE = ENGINES = ("auto", "reference", "native")
INTERPRETER = "interpreter"  # the native engine without its translator, to measure what that is worth
DEFAULT = AUTO
WATCHING = "watching"  # the reference engine, which tells what a program does: `isa.machine.watch`
_COUNTED = "{}, counting"

FALLBACK = "llvmlite cannot be loaded here, so the reference engine runs instead: the same, only slower"


def bare(
    isa: "Isa",
    storage: "Storage",
    ports: "Ports | None" = None,
    seed: int = 0,
    *,
    engine: str = DEFAULT,
    state: "MachineState | None" = None,
) -> Machine:
    """A machine under no monitor, with the engine of this name. Raises as `Machine` and `choose` do."""
    return Machine(isa, storage, ports, seed, engine=choose(engine), state=state)


def choose(name: str) -> EngineFactory:
    """What `Machine(engine=...)` takes for a name. Raises UsageError for one that is no engine's."""
    if name not in _FACTORIES:
        raise UsageError(f"there is no engine called {name!r:.60}", f"choose one of: {', '.join(ENGINES)}")
    return _FACTORIES[name]


def counted(name: str) -> str:
    """The name of the engine that also counts which words it executes (`isa.machine.counts`), for one of `ENGINES`."""
    return _COUNTED.format(name)


def actual(name: str) -> str:
    """The name of the engine that works under this name: `reference` for a native one that cannot work here, and then
    somebody who asked for it should be told (`FALLBACK`)."""
    return REFERENCE if name in (NATIVE, INTERPRETER) and not _available() else name


def prepare(isa: "Isa") -> bool:
    """Load or make what the native engine needs for a description; False if that cannot work here. Any thread may."""
    if not _possible(isa):
        return False
    from isa.engines.native.code import native_code

    native_code(isa, soon=True)
    return True


def _possible(isa: "Isa") -> bool:
    """Whether there can be native code for a description here."""
    if not _available():
        return False
    from isa.engines.native.plan import plan_of

    return plan_of(isa).possible


def _available() -> bool:
    from isa.engines.native.compiler import available

    return available()


def _auto(machine: Machine) -> Engine:
    from isa.engines.auto import AutoEngine

    return AutoEngine(machine, _reference(machine), _FACTORIES[NATIVE], prepare)


def _reference(machine: Machine) -> Engine:
    from isa.engines.reference.engine import ReferenceEngine

    return ReferenceEngine(machine)


def _watching(machine: Machine) -> Engine:
    from isa.engines.reference.watching import WatchingReference

    return WatchingReference(machine)


def _native(machine: Machine, regions: bool = True) -> Engine:
    if not _possible(machine.isa):
        return _reference(machine)
    from isa.engines.native.engine import NativeEngine
    from isa.engines.native.options import Options

    return NativeEngine(machine, Options(regions=regions))


def _interpreter(machine: Machine) -> Engine:
    return _native(machine, regions=False)


def _counted_auto(machine: Machine) -> Engine:
    from isa.engines.auto import AutoEngine

    return AutoEngine(machine, _counted_reference(machine), _counted_native, _prepare_counted)


def _counted_reference(machine: Machine) -> Engine:
    from isa.engines.reference.counted import CountedReference

    return CountedReference(machine)


def _counted_native(machine: Machine) -> Engine:
    if not _possible(machine.isa):
        return _counted_reference(machine)
    from isa.engines.native.counted import CountedNative

    return CountedNative(machine)


def _prepare_counted(isa: "Isa") -> bool:
    if not _possible(isa):
        return False
    from isa.engines.native.counted import counted_code

    counted_code(isa)
    return True


_FACTORIES: dict[str, EngineFactory] = {
    AUTO: _auto,
    REFERENCE: _reference,
    NATIVE: _native,
    INTERPRETER: _interpreter,
    WATCHING: _watching,
    counted(AUTO): _counted_auto,
    counted(REFERENCE): _counted_reference,
    counted(NATIVE): _counted_native,
}
