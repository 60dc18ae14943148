"""The kernels' C versions, built with the compilers that are there: native programs, and programs for RISC-V.

All in a folder of the `Workshop`, each once. Their sources are in `guests/bench/`.
"""

import shutil
import subprocess
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from guests.catalogue import directory
from isa.errors import TraplineError

NATIVE = "gcc"
CROSS = "riscv64-unknown-elf-gcc"
COPY = "riscv64-unknown-elf-objcopy"
USER, SYSTEM = "user", "system"  # how a program for RISC-V runs: as a process of Linux, or alone on the machine
FIRST = {USER: 0x10000, SYSTEM: 0x8000_0000}  # the address of the first byte, where it also begins

# At -O1 gcc does not align loops, and chance makes some programs twice as slow; so it is told to.
_ALIGNED = ("-falign-functions=64", "-falign-loops=32")
_CROSS_OPTIONS = (
    *("-march=rv32im", "-mabi=ilp32", "-mcmodel=medany", "-msmall-data-limit=0", "-fno-pic", "-O1"),
    *("-ffreestanding", "-nostdlib", "-static", "-Wl,--build-id=none"),
)
_WORDS = {16: "unsigned short", 32: "unsigned int", 64: "unsigned long"}  # in C, by their bits
_UNLIKE_C = {"trap": {USER: "call.S", SYSTEM: "trap.S"}}  # kernels of the machine, not of a language


class LeftOut(Exception):
    """Something cannot be measured here; says what, and why."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what, self.why = what, why


def require(what: str, *tools: str) -> None:
    """Raises LeftOut for the first of the programs that is not installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise LeftOut(what, f"{tool} is not installed")


@lru_cache(maxsize=16)
def version(tool: str) -> str | None:
    """The first line that a program says of itself, None if it is not installed."""
    if shutil.which(tool) is None:
        return None
    done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0]


class Workshop:
    """Builds in `folder`. `seconds` has how long the compiler took for each program, by the name of its file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = {}

    def native(self, name: str, sizes: dict[str, int], level: int, word: int = 32) -> Path:
        """A kernel for this host, with words of so many bits, optimized with -O`level`. Raises TraplineError if it
        cannot be built."""
        sources, command = ("native.c", f"{name}.c"), [NATIVE, f"-O{level}", *_ALIGNED, f"-DWORD={_WORDS[word]}"]
        return self._built(_file(f"{name}.{word}.O{level}", sizes), command, sources, sizes)

    def riscv(self, name: str, sizes: dict[str, int], kind: str) -> Path:
        """A kernel for RV32IM, -O1, as a program for `USER` or `SYSTEM`. Raises TraplineError."""
        own = _UNLIKE_C[name][kind] if name in _UNLIKE_C else "empty.c" if name == "empty" else None
        sources = (f"riscv/{kind}.S", "riscv/report.c", f"riscv/{own}" if own else f"{name}.c")
        place = [f"-T{_sources() / 'riscv' / 'place.ld'}", f"-Wl,--defsym=FIRST={FIRST[kind]:#x}"]
        return self._built(_file(f"{name}.{kind}", sizes), [CROSS, *_CROSS_OPTIONS, *place], sources, sizes)

    def flat(self, name: str, sizes: dict[str, int]) -> bytes:
        """A program for `USER` as the bytes from its first one on, without what is zero at the beginning of a run."""
        program = self.riscv(name, sizes, USER)
        flat = program.with_name(f"{program.name}.flat")
        if not flat.exists():
            _perform([COPY, "-O", "binary", str(program), str(flat)])
        return flat.read_bytes()

    def _built(self, file: str, command: Sequence[str], sources: Sequence[str], sizes: dict[str, int]) -> Path:
        program = self.folder / file
        if file not in self.seconds:
            macros = [f"-D{name}={value}" for name, value in sizes.items()]
            paths = [str(_sources() / source) for source in sources]
            began = time.perf_counter()
            _perform([*command, *macros, *paths, "-o", str(program)])
            self.seconds[file] = time.perf_counter() - began
        return program


def _sources() -> Path:
    return directory() / "bench"


def _file(name: str, sizes: dict[str, int]) -> str:
    return "-".join([name, *(str(value) for value in sizes.values())])


def _perform(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TraplineError(f"`{' '.join(command)}` failed: {done.stderr.strip()[:1000]}")
