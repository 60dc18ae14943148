"""The others: compiled C, QEMU in three ways, unicorn driven from Python.

Each is a contender (see `sitting`); making one raises LeftOut if what it needs is not installed.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from isa.errors import TraplineError
from trapline.bench.building import COPY, CROSS, FIRST, NATIVE, SYSTEM, USER, LeftOut, Workshop, require
from trapline.bench.kernels import Kernel
from trapline.bench.sitting import Contender, Run

QEMU_USER, QEMU_SYSTEM = "qemu-riscv32", "qemu-system-riscv32"
_MACHINE = ("-M", "virt", "-bios", "none", "-m", "64")
_ALONE = ("-display", "none", "-monitor", "none", "-serial", "stdio")  # no window, no prompt, only what is printed
_EXACT = ("-icount", "shift=0,sleep=off")  # time counted in instructions, as ours is


class Compiled:
    """A kernel in C, compiled by gcc with -O`level`; the seconds are what the kernel itself took."""

    def __init__(self, workshop: Workshop, level: int, share: float = 1) -> None:
        self.name, self.share = f"gcc-O{level}", share
        self._workshop, self._level = workshop, level
        require(self.name, NATIVE)

    def prepare(self, kernel: Kernel, sizes: dict[str, int]) -> None:
        self._program(kernel, sizes)

    def run(self, kernel: Kernel, sizes: dict[str, int]) -> Run:
        program = self._program(kernel, sizes)
        checksum, seconds = subprocess.run([program], capture_output=True, check=True).stdout.split()
        return Run(float(seconds), int(checksum, 16))

    def _program(self, kernel: Kernel, sizes: dict[str, int]) -> Path:
        return self._workshop.native(kernel.name, sizes, self._level, kernel.isa.word)


class Qemu:
    """A kernel in C for RISC-V, run by QEMU; the seconds are those of the process without its beginning and end, as a
    program that does nothing shows them."""

    def __init__(self, workshop: Workshop, name: str, command: tuple[str, ...], kind: str, share: float) -> None:
        self.name, self.share = name, share
        self._workshop, self._command, self._kind = workshop, command, kind
        self._idle: float | None = None
        require(name, CROSS, command[0])

    def prepare(self, kernel: Kernel, sizes: dict[str, int]) -> None:
        self._workshop.riscv(kernel.name, sizes, self._kind)
        if self._idle is None:
            empty = str(self._workshop.riscv("empty", {"ROUNDS": 0}, self._kind))
            self._idle = statistics.median(process_seconds([*self._command, empty])[0] for _ in range(5))

    def run(self, kernel: Kernel, sizes: dict[str, int]) -> Run:
        program = str(self._workshop.riscv(kernel.name, sizes, self._kind))
        seconds, output = process_seconds([*self._command, program])
        assert self._idle is not None
        return Run(max(seconds - self._idle, 1e-6), int(output, 16))


class Unicorn:
    """A kernel in C for RISC-V as a process, run by unicorn; Python plays its operating system."""

    STORAGE = 16 << 20  # bytes
    WRITE, EXIT = 64, 93  # system calls of Linux

    def __init__(self, workshop: Workshop, share: float) -> None:
        self.name, self.share, self._workshop = "unicorn", share, workshop
        require(self.name, CROSS, COPY)
        try:
            self._module: Any = import_module("unicorn")
            self._names: Any = import_module("unicorn.riscv_const")
        except ImportError:
            raise LeftOut(self.name, "the Python package unicorn is not installed") from None

    def prepare(self, kernel: Kernel, sizes: dict[str, int]) -> None:
        self._workshop.flat(kernel.name, sizes)

    def run(self, kernel: Kernel, sizes: dict[str, int]) -> Run:
        printed = bytearray()
        uc = self._module.Uc(self._module.UC_ARCH_RISCV, self._module.UC_MODE_RISCV32)
        uc.mem_map(0, self.STORAGE)
        uc.mem_write(FIRST[USER], self._workshop.flat(kernel.name, sizes))
        uc.hook_add(self._module.UC_HOOK_INTR, self._system_call(printed))
        began = time.process_time()
        uc.emu_start(FIRST[USER], 0)
        return Run(time.process_time() - began, int(printed, 16))

    def _system_call(self, printed: bytearray) -> Callable[[Any, int, Any], None]:
        names, write, leave = self._names, self.WRITE, self.EXIT

        def call(uc: Any, number: int, data: Any) -> None:
            wanted = uc.reg_read(names.UC_RISCV_REG_A7)
            if wanted == leave:
                uc.emu_stop()
            elif wanted == write:
                printed.extend(uc.mem_read(uc.reg_read(names.UC_RISCV_REG_A1), uc.reg_read(names.UC_RISCV_REG_A2)))

        return call


def process_seconds(command: list[str]) -> tuple[float, bytes]:
    """Processor seconds of a process, and what it printed. Raises TraplineError if it fails."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise TraplineError(f"`{' '.join(command)}` ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, output


def maker(name: str, workshop: Workshop, share: float | None = None) -> Contender:
    """The contender of this name; `share` is by default so large that no kernel takes it very long. Raises LeftOut."""
    alone = (QEMU_SYSTEM, *_MACHINE, *_ALONE)
    match name:
        case "gcc-O1" | "gcc-O2":
            return Compiled(workshop, int(name[-1]), share or 1)
        case "qemu-user":
            return Qemu(workshop, name, (QEMU_USER,), USER, share or 1 / 2)
        case "qemu-system":
            return Qemu(workshop, name, (*alone, "-kernel"), SYSTEM, share or 1 / 2)
        case "qemu-icount":
            return Qemu(workshop, name, (*alone, *_EXACT, "-kernel"), SYSTEM, share or 1 / 4)
        case "unicorn":
            return Unicorn(workshop, share or 1 / 16)
    raise ValueError(name)
