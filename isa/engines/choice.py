"""Which engine runs a machine, by name. All of them do the same, step for step; they differ in speed.

Nothing heavy is imported before it is used: a program of ten instructions does not wait for a compiler.
"""

from typing import TYPE_CHECKING

from isa.errors import UsageError

if TYPE_CHECKING:
    from isa.description import Isa
    from isa.machine.machine import Engine, EngineFactory, Machine

AUTO, REFERENCE, NATIVE = ENGINES = ("auto", "reference", "native")
INTERPRETER = "interpreter"  # the native engine without its translator, to measure what that is worth
DEFAULT = AUTO

FALLBACK = "llvmlite cannot be loaded here, so the reference engine runs instead: the same, only slower"


def choose(name: str) -> "EngineFactory":
    """What `Machine(engine=...)` takes for a name. Raises UsageError for one that is no engine's."""
    if name not in _FACTORIES:
        raise UsageError(f"there is no engine called {name!r:.60}", f"choose one of: {', '.join(ENGINES)}")
    return _FACTORIES[name]


def actual(name: str) -> str:
    """The name of the engine that works under this name: `reference` for a native one that cannot work here, and then
    somebody who asked for it should be told (`FALLBACK`)."""
    return REFERENCE if name in (NATIVE, INTERPRETER) and not _available() else name


def prepare(isa: "Isa") -> bool:
    """Load or make what the native engine needs for a description; False if that cannot work here. Any thread may."""
    if not _possible(isa):
        return False
    from isa.engines.native.engine import native_code

    native_code(isa)
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


def _auto(machine: "Machine") -> "Engine":
    from isa.engines.auto import AutoEngine

    return AutoEngine(machine)


def _reference(machine: "Machine") -> "Engine":
    from isa.engines.reference.engine import ReferenceEngine

    return ReferenceEngine(machine)


def _native(machine: "Machine", regions: bool = True) -> "Engine":
    if not _possible(machine.isa):
        return _reference(machine)
    from isa.engines.native.engine import NativeEngine
    from isa.engines.native.options import Options

    return NativeEngine(machine, Options(regions=regions))


def _interpreter(machine: "Machine") -> "Engine":
    return _native(machine, regions=False)


_FACTORIES: "dict[str, EngineFactory]" = {
    AUTO: _auto,
    REFERENCE: _reference,
    NATIVE: _native,
    INTERPRETER: _interpreter,
}
