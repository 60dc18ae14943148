"""One measurement in a process of its own: `python -m trapline.bench.child TASK JSON` prints its result as JSON.

What is measured here is new to the process: an engine that has to be loaded, code that nobody has compiled yet. Times
are those of the wall, for what happens on a second core is part of it.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def cold(engine: str, image: str, words: int, runs: int) -> dict[str, Any]:
    """Seconds from the making of a machine to its halt, then of further runs of the same machine."""
    from isa.assembler.image_format import load_image
    from trapline.bench.kernels import RESULT, machine
    from trapline.bench.machines import Prepared, unmonitored

    program = load_image(image)
    machine()  # its description has been read; what is cold is the engine
    began = time.perf_counter()
    prepared = Prepared(unmonitored(engine, words), program)
    prepared.run()
    first = time.perf_counter() - began
    further = [prepared.run(time.perf_counter) for _ in range(runs - 1)]
    return {"seconds": [first, *further], "checksum": prepared.machine.storage.load(RESULT)}


def after(engine: str, other: str, image: str, words: int) -> dict[str, Any]:
    """As `cold`, in a process in which the engine is at work already: it has run the program `other` for a while."""
    from isa.assembler.image_format import load_image
    from trapline.bench.machines import Prepared, unmonitored

    earlier = Prepared(unmonitored(engine, words), load_image(other))
    until = time.perf_counter() + 1
    while time.perf_counter() < until:
        earlier.run()
    return cold(engine, image, words, 1)


def machines(engine: str, count: int, words: int) -> dict[str, Any]:
    """Seconds to make so many machines, and by how many bytes the process has grown."""
    from trapline.bench.machines import unmonitored

    first, before = unmonitored(engine, words), _resident()
    began = time.perf_counter()
    made = [unmonitored(engine, words) for _ in range(count)]
    seconds = time.perf_counter() - began
    grown = _resident() - before
    assert len(made) == count and first.steps == 0
    return {"seconds": seconds, "bytes": grown}


def resident(engine: str, count: int, image: str, words: int) -> dict[str, Any]:
    """By how many bytes the process grows with so many machines that have run a program, after the first one."""
    from isa.assembler.image_format import load_image
    from trapline.bench.machines import Prepared, unmonitored

    program = load_image(image)
    ran = [Prepared(unmonitored(engine, words), program)]
    ran[0].warm_up(1)
    before = _resident()
    for _ in range(count):
        ran.append(Prepared(unmonitored(engine, words), program))
        ran[-1].run()
    return {"bytes": _resident() - before}


def crowd(engine: str, count: int, patience: float) -> dict[str, Any]:
    """What a host of so many machines costs."""
    from trapline.bench.crowd import crowd

    return crowd(engine, count, patience)


def _resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


Task = Callable[..., dict[str, Any]]
TASKS: dict[str, Task] = {task.__name__: task for task in (cold, after, machines, resident, crowd)}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
