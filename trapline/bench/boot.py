"""A large program of cold code: what the engine of choice loses by compiling what is not worth it."""

from collections.abc import Iterator
from pathlib import Path

from guests.catalogue import describe, directory
from isa.assembler import Image, assemble
from isa.assembler.image_format import save_image
from isa.engines.choice import INTERPRETER, REFERENCE
from trapline.bench.building import LeftOut
from trapline.bench.cold import child
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import COMPUTE, WORDS, image, machine
from trapline.bench.sitting import summary

ROWS = ("boot",)
MORE = "        sixteen\n"  # a line of the program that makes so many further routines
GROUPS, ROUNDS = 96, 16  # 1,536 routines: about as many as the assembler makes of macros in one program


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    if bench.engine == REFERENCE:
        raise LeftOut("a boot against the native interpreter", "the engine is the reference engine")
    bench.show("boot, assembling")
    folder = bench.folder("boot")
    path, other = str(folder / "boot"), str(folder / "other")
    save_image(program(*((1, 2) if bench.quick else (GROUPS, ROUNDS))), path)
    fib = next(k for k in COMPUTE if k.name == "fib")
    save_image(image(fib, fib.quick), other)
    ratios, seconds = [], []
    for turn in range(bench.repeat):
        bench.show(f"boot, turn {turn + 1} of {bench.repeat}")
        cache = bench.folder("cache")  # in which the interpreter leaves the code of the description
        alone, ours = (_seconds(bench, engine, path, other, cache) for engine in (INTERPRETER, bench.engine))
        ratios.append(ours / alone)
        seconds.append(ours)
    detail = {"seconds": summary(seconds)}
    what = "a boot of cold code against the native interpreter alone"
    yield Figure("boot", what, ratios, "", at_most(1.1), detail)


def program(groups: int, rounds: int) -> Image:
    """The program `boot` with 16 times as many routines as `groups`, called in `rounds` rounds."""
    guest = describe(directory() / "bench" / "boot.s")
    text = guest.source(PARTS=16 * groups, ROUNDS=rounds) + MORE * (groups - 1)
    return assemble(machine(), text, str(guest.path))


def _seconds(bench: Bench, engine: str, path: str, other: str, cache: Path) -> float:
    """Of a machine from its making to the halt, with an object cache that knows nothing of the program."""
    found = child("after", cache, engine=engine, other=other, image=path, words=WORDS)
    bench.agreement.note(engine, "boot", {"": 0}, found["checksum"])
    return float(found["seconds"][0])
