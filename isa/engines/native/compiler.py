"""From LLVM's text to code that can be called: passes, machine code, the cache of objects, linking.

Nothing here knows what a text means. Objects are kept from one process to the next through `isa.files.cache`;
`background` compiles while others run. llvmlite is imported when something has to be compiled, so that whoever finds
all that he needs does not wait for it, and without it everything else works: ask `available()`.

Any thread may do anything here at any time. Each compilation has a context and a target machine of its own, so LLVM
itself needs no lock. llvmlite puts one around every call all the same, which would let a thread that links old code
wait until another has compiled new code; therefore the two calls that take long go past that lock.
"""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from enum import Enum
from functools import cache as once
from importlib.util import find_spec
from itertools import count
from threading import RLock
from typing import Any

from isa.engines.native.linking import Placed, placed
from isa.errors import TraplineError
from isa.files import cache, kept

KIND, HOST = "native", "host"  # of entries in the cache: objects, and who makes them


class Tier(Enum):
    """How much work goes into code. Making FULL code takes about five times as long as QUICK code, and that about three
    times as long as ROUGH code."""

    ROUGH = "rough"  # registers in memory, and whatever else takes no time
    QUICK = "quick"  # registers promoted, and what code generation does by itself
    FULL = "full"  # what LLVM does at -O2, without vectorizers


_LEVEL = {Tier.ROUGH: 0, Tier.QUICK: 1, Tier.FULL: 2}  # of code generation; level 0 undoes the promotion of registers
_PASSES = {
    Tier.ROUGH: ("always_inliner",),
    Tier.QUICK: ("always_inliner", "sroa"),
}  # a tier that is not here takes LLVM's own for its level

_OLDEST = (22,)  # LLVM: older ones end the process over tail calls that keep no registers
_PROCESSORS = ("x86_64", "aarch64", "arm64")  # those that have such calls

_PROCESSOR = "/proc/cpuinfo"  # where Linux says of an x86-64 what it is,
_SAYING = ("vendor_id", "cpu family", "model", "stepping", "flags")  # in lines of which these do not change

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # of all that has a part in writing the text


class NativeCodeError(TraplineError):
    """LLVM refused what the native engine gave it: a defect of this program, whatever the user did."""

    def __init__(self, reason: object) -> None:
        super().__init__(
            f"LLVM refuses what the native engine wrote: {str(reason).strip()}",
            "this is a defect of Trapline, please report it; `--engine reference` does without native code",
        )


class Linked:
    """Machine code in this process. It is freed by `close`, and also when nobody holds this object any more: whoever
    keeps an address keeps this too. Nobody may be inside the code then."""

    def __init__(self, tracker: "Placed | Any") -> None:
        self._tracker = tracker

    def address(self, symbol: str) -> int:
        """Where the symbol is. Raises KeyError if it was not asked for when linking."""
        return int(self._tracker[symbol])

    def close(self) -> None:
        self._tracker.close()


def available() -> bool:
    """Whether code can be compiled here at all. Never raises. Nothing heavy is imported where that is known already."""
    try:
        _identity()
    except Exception:  # not installed, its library not loadable, a processor it does not know: all the same to us
        return False
    return True


class Compiler:
    """Compiles for the processor it runs on. All compilers of a process share one linker.

    A `source` is LLVM text or makes it, and is made only when it is needed. A `key` is a hexadecimal digest of
    everything the text depends on, other than this program itself. Raises NativeCodeError if LLVM refuses something.
    """

    @property
    def _llvm(self) -> "_Llvm":
        with _LOADING:
            return _llvm()

    def object(self, source: str | Callable[[], str], tier: Tier, key: str) -> bytes:
        """The object code of a text: what was kept, or else made now and kept."""
        code = self.kept(tier, key)
        return self._made(source, tier, key) if code is None else code

    def kept(self, tier: Tier, key: str) -> bytes | None:
        """The object code if it need not be compiled."""
        name = self._name(tier, key)
        return None if name is None else cache.load(KIND, name)

    def link(self, code: bytes, symbols: tuple[str, ...]) -> Linked:
        """Object code brought into this process, with the addresses of these symbols to ask for."""
        here = placed(code, symbols)
        return self._llvm.link(code, symbols) if here is None else Linked(here)

    def load(self, source: str | Callable[[], str], tier: Tier, key: str, symbols: tuple[str, ...]) -> Linked:
        """`object` and `link` in one; what was kept but cannot be linked is compiled again."""
        code = self.kept(tier, key)
        if code is not None:
            with suppress(NativeCodeError):
                return self.link(code, symbols)
        return self.link(self._made(source, tier, key), symbols)

    def assembly(self, source: str, tier: Tier) -> str:
        """The host's assembly of a text."""
        with self._llvm.optimised(source, tier) as (module, machine):
            return str(machine.emit_assembly(module))

    def optimised(self, source: str, tier: Tier) -> str:
        """A text after the passes of a tier."""
        with self._llvm.optimised(source, tier) as (module, _):
            return str(module)

    def _made(self, source: str | Callable[[], str], tier: Tier, key: str) -> bytes:
        with self._llvm.optimised(source if isinstance(source, str) else source(), tier) as (module, machine):
            code = self._llvm.emit_object(module, machine)
        name = self._name(tier, key)
        if name is not None:
            cache.store(KIND, name, code)
        return code

    def _name(self, tier: Tier, key: str) -> str | None:
        program = _program()
        return None if program is None else cache.digest(program, _identity(), tier.value, key)


class _Llvm:
    """llvmlite, prepared for this processor. Raises whatever llvmlite raises where it cannot work."""

    def __init__(self) -> None:
        import llvmlite
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self._binding = llvm
        self._target = llvm.Target.from_default_triple()
        if llvm.llvm_version_info < _OLDEST or not self._target.triple.startswith(_PROCESSORS):
            raise RuntimeError(
                f"LLVM {llvm.llvm_version_info} lacks the calls of threaded code for {self._target.triple}"
            )
        self._cpu, self._features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        self._idle: dict[Tier, list[Any]] = {tier: [] for tier in Tier}
        self.identity = f"{llvmlite.__version__} {llvm.llvm_version_info} {self._target.triple} "
        self.identity += f"{self._cpu} {self._features}"
        with self._machine(Tier.QUICK) as machine:
            self._layout = str(machine.target_data)
            self._linker = llvm.create_lljit_compiler(machine, suppress_errors=True)
        self._numbers = count()
        self._run_passes = self._without_lock("LLVMPY_RunNewModulePassManager")
        self._emit = self._without_lock("LLVMPY_TargetMachineEmitToMemory")

    def _without_lock(self, name: str) -> Any:
        locked = getattr(self._binding.ffi.lib, name)
        function = getattr(ctypes.CDLL(self._binding.ffi.lib._name), name)
        function.argtypes, function.restype = locked.argtypes, locked.restype
        return function

    @contextmanager
    def _machine(self, tier: Tier) -> Iterator[Any]:
        """A target machine that nobody else uses meanwhile."""
        idle = self._idle[tier]
        try:
            machine = idle.pop()
        except IndexError:
            machine = self._target.create_target_machine(
                self._cpu, self._features, _LEVEL[tier], reloc="pic", codemodel="small", jit=True
            )
        try:
            yield machine
        finally:
            idle.append(machine)

    @contextmanager
    def optimised(self, source: str, tier: Tier) -> Iterator[tuple[Any, Any]]:
        """The module of a text after the passes of a tier, and the target machine to go on with."""
        with ExitStack() as stack:
            context = stack.enter_context(self._binding.create_context())
            try:
                module = stack.enter_context(self._binding.parse_assembly(source, context))
                module.verify()
            except RuntimeError as error:
                raise NativeCodeError(error) from None
            machine = stack.enter_context(self._machine(tier))
            module.triple, module.data_layout = self._target.triple, self._layout
            for function in module.functions:
                if not function.is_declaration:
                    function.add_function_attribute("nounwind")  # tables for unwinding would take longer to link
            options = stack.enter_context(self._binding.create_pipeline_tuning_options(_LEVEL[tier]))
            options.loop_vectorization = options.slp_vectorization = False
            builder = stack.enter_context(self._binding.create_pass_builder(machine, options))
            self._run_passes(stack.enter_context(self._passes(tier, builder)), module, builder)
            yield module, machine

    def _passes(self, tier: Tier, builder: Any) -> Any:
        if tier not in _PASSES:
            return builder.getModulePassManager()
        passes = self._binding.create_new_module_pass_manager()
        for name in _PASSES[tier]:
            getattr(passes, f"add_{name}_pass")()
        return passes

    def emit_object(self, module: Any, machine: Any) -> bytes:
        lib = self._binding.ffi.lib
        with self._binding.ffi.OutputString() as error:
            buffer = self._emit(machine, module, 1, error)
            if not buffer:
                raise NativeCodeError(error)
        try:
            return ctypes.string_at(lib.LLVMPY_GetBufferStart(buffer), lib.LLVMPY_GetBufferSize(buffer))
        finally:
            lib.LLVMPY_DisposeMemoryBuffer(buffer)

    def link(self, code: bytes, symbols: tuple[str, ...]) -> Linked:
        library = self._binding.JITLibraryBuilder().add_object_img(code)
        for symbol in symbols:
            library.export_symbol(symbol)
        try:
            return Linked(library.link(self._linker, f"library{next(self._numbers)}"))
        except RuntimeError as error:
            raise NativeCodeError(error) from None


_LOADING = RLock()


@once
def _llvm() -> _Llvm:
    return _Llvm()


@once
def _identity() -> str:
    """Which LLVM it is, and for which processor it compiles. That is kept, too. Raises whatever llvmlite raises."""
    program, host = _program(), _host()
    key = None if program is None or host is None else cache.digest(program, host)
    known = None if key is None else cache.load(HOST, key)
    if known is not None:
        return known.decode()
    found = Compiler()._llvm.identity
    if key is not None:
        cache.store(HOST, key, found.encode())
    return found


def _host() -> str | None:
    """Which files llvmlite has, and what the processor says of itself; None if that cannot be seen."""
    try:
        spec = find_spec("llvmlite")
        if spec is None or spec.origin is None:
            return None
        folder = os.path.join(os.path.dirname(spec.origin), "binding")
        files = sorted(
            (e.name, e.stat().st_size, e.stat().st_mtime_ns, e.stat().st_ctime_ns) for e in os.scandir(folder)
        )
        with open(_PROCESSOR) as file:
            first = file.read().partition("\n\n")[0]
    except (OSError, ValueError):  # ValueError: there is something in its place
        return None
    said = [line for line in first.splitlines() if line.startswith(_SAYING)]
    return repr((folder, files, os.uname(), said)) if len(said) >= len(_SAYING) else None


@once
def _program() -> str | None:
    """A digest of this program's text. None if it cannot be read, or has changed since it began to run: what it writes
    may then be neither what the old text says nor what the new one says, and nothing is kept."""
    parts: list[bytes | str] = []
    try:
        for folder, folders, names in os.walk(_PACKAGE):
            folders.sort()
            for name in sorted(names):
                if name.endswith(".py"):
                    with open(os.path.join(folder, name), "rb") as file:
                        if os.fstat(file.fileno()).st_ctime > kept.STARTED:
                            return None
                        parts += [os.path.relpath(file.name, _PACKAGE), file.read()]
    except OSError:
        return None
    return cache.digest(*parts) if parts else None
