"""Many pieces of work on two cores: a class of submissions graded, and the machines of a design space verified."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from isa.machines.catalogue import find as find_machine
from trapline.bench.figures import Bench, Figure, at_most
from trapline.jobs.local import Local
from trapline.jobs.results import Results
from trapline.labs.folder import start
from trapline.labs.grading import GRADED, grade
from trapline.labs.reading import find, names
from trapline.sweeping.machines import Machines, guards_of
from trapline.sweeping.row import sweep
from trapline.sweeping.space import read_space

ROWS = ("class", "sweep")
LABS = ("01-guest", "07-your-monitor")
STUDENTS, FEW = 200, 4
GUARDS, TWO = 12, 2  # 4,096 machines, and four
CORES = 2
KEY = b"a key for a bench"


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    """Each is done once: it takes minutes, and much of what it takes is the same in every part of it."""
    if "class" in rows:
        yield from (_class(bench, name) for name in LABS if name in names())
    if "sweep" in rows:
        yield _sweep(bench)


def _class(bench: Bench, name: str) -> Figure:
    """What every student hands in is what the lab begins with: all checks that it comes to are done, hidden seeds and
    all, and a counterexample is found for each that fails."""
    lab, count = find(name), FEW if bench.quick else STUDENTS
    school = bench.folder(f"class-{name}")
    folders = [str(school / f"{number:03}") for number in range(count)]
    for folder in folders:
        start(lab, folder, Path(folder).name)
    began = time.perf_counter()
    records = grade(lab, folders, KEY, Local(CORES), Results(), lambda done, of: bench.show(f"{name}, {done} of {of}"))
    seconds = time.perf_counter() - began
    assert all(record["status"] == GRADED for record in records)
    shutil.rmtree(school)
    return Figure("class", f"{count} submissions of {name} graded", [seconds], "s", at_most(120))


def _sweep(bench: Bench) -> Figure:
    """All ways to take guards of G3 off."""
    chosen = guards_of(find_machine("g3"))[: TWO if bench.quick else GUARDS]
    space = bench.folder("sweep") / "guards.toml"
    space.write_text(f'machine = "g3"\nguards = {chosen}\n')
    began = time.perf_counter()
    swept = sweep(
        Machines(read_space(str(space))),
        Local(CORES),
        Results(),
        lambda done, of: bench.show(f"sweep, {done} of {of} questions"),
    )
    seconds = time.perf_counter() - began
    what = f"{len(swept.rows):,} machines with and without guards verified"
    return Figure("sweep", what, [seconds], "s", at_most(180), {"asked": swept.asked, "answers": swept.needed})
