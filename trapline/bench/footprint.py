"""How much native code there is: for an instruction of a description, for one of a guest in a region, on disk; and what
a machine takes that has run.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from isa.assembler.image_format import save_image
from isa.engines.choice import AUTO, NATIVE, REFERENCE, actual
from isa.machine import Machine, Storage
from trapline.bench.building import LeftOut
from trapline.bench.cold import child
from trapline.bench.figures import Bench, Figure
from trapline.bench.kernels import COMPUTE, WORDS, Kernel, image
from trapline.bench.machines import finish
from trapline.bench.sitting import part

if TYPE_CHECKING:
    from isa.engines.native.regions import Region

ROWS = ("footprint",)
MEBIBYTE = 1 << 18  # words
COUNT, FEW = 100, 5
RUN = {"N": 20, "ROUNDS": 4}  # of `fib`, by each machine whose memory is measured: long enough for a region
SHARE = 1 / 8  # of a kernel's rounds, after which its regions are there
HOT = 2  # jumps after which a region is made, where a kernel is short
_HEADERS, _COUNTS, _SECTION = struct.Struct("<Q"), struct.Struct("<HH"), struct.Struct("<8xQ16xQ")
_EXECUTABLE = 4  # among the flags of a section


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    if bench.engine == REFERENCE or actual(NATIVE) != NATIVE:
        raise LeftOut("the footprint of native code", "the engine is the reference engine")
    yield _description()
    yield from _regions(bench)
    yield _memory(bench)
    yield _cache(bench)


def _description() -> Figure:
    """Of the machine that the kernels are for: exact steps and the interpreter."""
    from isa.engines.native.compiler import Compiler
    from isa.engines.native.module import TIER, module_source
    from isa.engines.native.plan import plan_of

    isa = COMPUTE[0].isa
    code = executable(Compiler().object(lambda: module_source(isa), TIER, plan_of(isa).digest))
    many = len(isa.instructions)
    detail = {"bytes": code, "instructions": many}
    what = f"native code of an instruction of {isa.name}, the interpreter's and the exact step's"
    return Figure("footprint", what, [code / many], "bytes", None, detail)


def _regions(bench: Bench) -> Iterator[Figure]:
    """Of all regions of the six kernels together."""
    from isa.engines.native.compiler import Compiler, Tier
    from isa.engines.native.translate import source

    found = {kernel.name: _made(bench, kernel) for kernel in COMPUTE}
    regions = [region for several in found.values() for region in several]
    many = sum(len(region.code) for region in regions)
    for tier in (Tier.QUICK, Tier.FULL):
        bench.show(f"footprint, {tier.value} regions")
        objects = [Compiler().object(source(region, "region"), tier, region.key) for region in regions]
        code = sum(map(executable, objects))
        detail = {"bytes": code, "instructions": many, "regions": {name: len(made) for name, made in found.items()}}
        what = f"native code of a guest's instruction in {tier.name} regions"
        yield Figure("footprint", what, [code / many], "bytes", None, detail)


def _made(bench: Bench, kernel: Kernel) -> "list[Region]":
    """The regions of a kernel."""
    from isa.engines.native.engine import NativeEngine
    from isa.engines.native.options import Options

    options = Options(hot=HOT, background=False, full=False) if bench.quick else Options(background=False, full=False)
    machine = Machine(kernel.isa, Storage(kernel.isa.word, WORDS), engine=lambda made: NativeEngine(made, options))
    machine.load(image(kernel, part(bench.sizes(kernel), SHARE)))
    finish(machine)
    engine = machine.engine
    assert isinstance(engine, NativeEngine)
    return [installed.region for installed in engine.translations.installed.values()]


def _memory(bench: Bench) -> Figure:
    count = FEW if bench.quick else COUNT
    folder = bench.folder("footprint")
    path = str(folder / "fib")
    save_image(image(next(kernel for kernel in COMPUTE if kernel.name == "fib"), RUN), path)
    engine, values = NATIVE if bench.engine == AUTO else bench.engine, []
    for turn in range(bench.repeat):
        bench.show(f"footprint, {count} machines, turn {turn + 1} of {bench.repeat}")
        found = child("resident", folder, engine=engine, count=count, image=path, words=MEBIBYTE)
        values.append(found["bytes"] / count / 1000)
    return Figure("footprint", "memory of a machine of 1 MiB that has run `fib`", values, "kB", None, {"count": count})


def _cache(bench: Bench) -> Figure:
    """After each of the six has run once in a process of its own."""
    cache, path = bench.folder("cache"), str(bench.folder("footprint") / "image")
    for kernel in COMPUTE:
        bench.show(f"footprint, the cache after {kernel.name}")
        save_image(image(kernel, bench.sizes(kernel)), path)
        child("cold", cache, engine=bench.engine, image=path, words=WORDS, runs=1)
    kinds = {folder.name: kilobytes(folder) for folder in cache.iterdir()}
    what = "object cache on disk after the six kernels"
    return Figure("footprint", what, [kinds.get("native", 0.0)], "kB", None, {"kilobytes": kinds})


def kilobytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1000


def executable(code: bytes) -> int:
    """How many bytes of an object file are code. Raises LeftOut if it is none of ELF's with 64 bits."""
    if code[:5] != b"\x7fELF\x02":
        raise LeftOut("the size of native code", "objects of this host are not of ELF")
    (at,), (size, count) = _HEADERS.unpack_from(code, 0x28), _COUNTS.unpack_from(code, 0x3A)
    sections = (_SECTION.unpack_from(code, at + size * number) for number in range(count))
    return sum(length for flags, length in sections if flags & _EXECUTABLE)
