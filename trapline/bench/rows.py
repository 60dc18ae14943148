"""All rows of the report, in its order, and how they are measured: `measure` gives what `trapline bench` writes."""

import os
import platform
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from pathlib import PurePath
from types import ModuleType
from typing import Any

from isa.errors import TraplineError
from trapline.bench import (
    against,
    assembling,
    blocks,
    boot,
    cabled,
    classes,
    cold,
    crowd,
    desktops,
    exits,
    footprint,
    frames,
    guards,
    history,
    looking,
    many,
    migration,
    multiplication,
    opening,
    profiles,
    reference,
    ringed,
    scale,
    snapshots,
    system,
    traces,
    updates,
    waiting,
    widths,
)
from trapline.bench.building import CROSS, NATIVE, LeftOut, version
from trapline.bench.contained import report as contained
from trapline.bench.figures import Bench, Figure
from trapline.bench.kernels import KERNELS
from trapline.bench.peers import QEMU_SYSTEM, QEMU_USER
from trapline.bench.types import report as types

MODULES: tuple[ModuleType, ...] = (
    against,
    guards,
    cold,
    exits,
    widths,
    waiting,
    ringed,
    blocks,
    system,
    many,
    footprint,
    scale,
    crowd,
    cabled,
    frames,
    desktops,
    updates,
    opening,
    snapshots,
    migration,
    boot,
    traces,
    profiles,
    reference,
    looking,
    history,
    assembling,
    multiplication,
    types,
    contained,
    classes,
)
ROWS: tuple[str, ...] = tuple(row for module in MODULES for row in module.ROWS)


def measure(bench: Bench, rows: set[str], done: Callable[[Figure], None] = lambda figure: None) -> dict[str, Any]:
    """The report on these rows. `done` is called with every figure."""
    found: list[Figure] = []
    for figure in _figures(bench, rows):
        found.append(figure)
        done(figure)
    return report(bench, found)


def report(bench: Bench, found: Sequence[Figure]) -> dict[str, Any]:
    """What was found, as plain data (docs/bench.md lists its keys)."""
    return {
        "host": host(),
        "engine": bench.engine,
        "quick": bench.quick,
        "repeat": bench.repeat,
        "sizes": {kernel.name: bench.sizes(kernel) for kernel in KERNELS},
        "figures": [figure.facts() for figure in found],
        "left_out": bench.left_out,
        "failed": bench.failed,
        "compile_seconds": bench.workshop.seconds,
    }


def _figures(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    for module in MODULES:
        wanted = rows.intersection(module.ROWS)
        if wanted:
            yield from _measured(bench, module, wanted)


def _measured(bench: Bench, module: ModuleType, rows: set[str]) -> list[Figure]:
    """The figures of some rows. Minutes of measuring do not depend on one that fails: those that are measured in one
    sitting are then measured one by one, and the bench notes why it is that one that has none."""
    found: list[Figure] = []
    try:
        for figure in module.measure(bench, rows):
            found.append(figure)
    except LeftOut as left_out:
        bench.leave_out(left_out)
    except Exception as error:
        if len(rows) > 1:
            each = (_measured(bench, module, {row}) for row in module.ROWS if row in rows)
            return [figure for figures in each for figure in figures]
        bench.failed.update(dict.fromkeys(rows, _reason(error)))
    return found


def _reason(error: Exception) -> str:
    """What an error says; where it is one of ours that nobody foresaw, also where it came from."""
    if isinstance(error, TraplineError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(place.filename).name}:{place.lineno}: {error}".removesuffix(": ")


def host() -> dict[str, Any]:
    """What was measured on, and with."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "llvmlite": _package("llvmlite"),
        "unicorn": _package("unicorn"),
        **{tool: version(tool) for tool in (NATIVE, CROSS, QEMU_USER, QEMU_SYSTEM)},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def _package(name: str) -> str | None:
    try:
        return package_version(name)
    except PackageNotFoundError:
        return None
