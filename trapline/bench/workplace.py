"""Where a bench happens: a temporary folder for what it builds, and an object cache of its own in there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isa.engines.choice import FALLBACK, NATIVE, REFERENCE, actual
from isa.files.cache import VARIABLE
from trapline.bench.building import LeftOut, Workshop
from trapline.bench.figures import Bench
from trapline.progress import Line


@contextmanager
def workplace(engine: str, quick: bool, repeat: int) -> Iterator[Bench]:
    """A bench for this engine. Without llvmlite it is the reference engine, and for that all sizes are small."""
    with tempfile.TemporaryDirectory(prefix="trapline-bench-") as name, Line() as line:
        folder = Path(name)
        cache = folder / "cache"
        with _environment(VARIABLE, str(cache)):
            here = engine if actual(NATIVE) == NATIVE else REFERENCE
            bench = Bench(here, quick or here == REFERENCE, repeat, Workshop(folder), line.show)
            if here != engine:
                bench.leave_out(LeftOut(f"the engine {engine}", FALLBACK))
            yield bench


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set a variable for the time being, for this process and those that it starts."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
