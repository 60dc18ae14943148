"""A machine as gdb can take it. gdb knows no machines but its own, and of those RV32 fits best.

The first file of general registers is `x0` and up, whatever the machine calls it; the rest of its state stands beside
it under its own names. gdb counts bytes: byte 4 * n is the first of word n, in the pc, in addresses and in breakpoints.
"""

from collections.abc import Iterator
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from isa.description import Isa, Kind, Role, State
from isa.errors import UsageError
from isa.machine import Machine
from trapline.debugging.places import Place

BYTES = 4  # of a word
PC = 32  # the number of the pc
FEW = 16  # registers of RV32E
# Names that gdb gives to registers of RISC-V.
TAKEN = {"zero", "ra", "gp", "fp", "pc", *(f"{kind}{n}" for kind in "xtsa" for n in ("p", *range(PC)))}

_HEAD = """<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">\
<architecture>riscv:rv32</architecture><osabi>none</osabi>"""


class Register(NamedTuple):
    """`place` is None for a register that RISC-V has and the machine has not; `scale` is of the pc."""

    name: str
    type: str
    size: int  # in bytes
    place: Place | None
    scale: int = 1

    def read(self, machine: Machine) -> bytes:
        """As hexadecimal digits, the low byte first."""
        if self.place is None:
            return b"xx" * self.size
        value = self.place.read(machine) * self.scale & (1 << 8 * self.size) - 1
        return value.to_bytes(self.size, "little").hex().encode()


class Target:
    """Its registers by number, and its description as XML. Raises UsageError for a machine that gdb cannot take."""

    def __init__(self, isa: Isa) -> None:
        stated = [s for s in isa.states.values() if s.kind in (Kind.SCALAR, Kind.ARRAY)]
        general = next((s for s in stated if s.kind is Kind.ARRAY and s.role is Role.GENERAL), None)
        if general is None or {isa.word, general.width} != {8 * BYTES} or general.count > PC:
            rule = f"gdb has no machine like {isa.name}: words and registers have 32 bits, and of these there are {PC}"
            raise UsageError(rule, "`trapline debug` and `trapline dap` take every machine")
        own = [s for s in stated if s is not general and s.name != isa.pc]
        numbers = range(FEW if general.count <= FEW else PC)
        places = [Place(general.name, n) if n < general.count else None for n in numbers]
        cpu = [Register(f"x{n}", "uint32", BYTES, place) for n, place in enumerate(places)]
        pc = Register("pc", "code_ptr", BYTES, Place(isa.pc), BYTES)
        self.registers = dict(enumerate(cpu)) | dict(enumerate([pc, *(r for s in own for r in _registers(s))], PC))
        self.xml = f"{_HEAD}{self._cpu()}{self._own(own)}</target>".encode()

    def _cpu(self) -> str:
        return _feature("org.gnu.gdb.riscv.cpu", "", {n: r for n, r in self.registers.items() if n <= PC})

    def _own(self, states: list[State]) -> str:
        flags = "".join(_flags(state) for state in states if state.fields)
        return _feature("trapline.state", flags, {n: r for n, r in self.registers.items() if n > PC})


def _registers(state: State) -> Iterator[Register]:
    """The cells of a state under the names that gdb shows."""
    size, alone = _size(state), state.kind is Kind.SCALAR
    kind = f"{state.name}_flags" if state.fields else f"uint{8 * size}"
    for cell in range(state.count):
        name = state.name if alone else f"{state.name}{cell}"
        yield Register(f"{name}_" if name in TAKEN else name, kind, size, Place(state.name, None if alone else cell))


def _flags(state: State) -> str:
    """The fields of a state, as a type of gdb's: it shows the names of those that are set."""
    ends = ((quoteattr(field.name), field.low, field.low + field.width - 1) for field in state.fields)
    fields = "".join(f"<field name={name} start='{low}' end='{high}'/>" for name, low, high in ends)
    return f"<flags id={quoteattr(f'{state.name}_flags')} size='{_size(state)}'>{fields}</flags>"


def _size(state: State) -> int:
    """In bytes."""
    return BYTES if state.width <= 8 * BYTES else 2 * BYTES


def _feature(name: str, types: str, registers: dict[int, Register]) -> str:
    regs = "".join(
        f"<reg name={quoteattr(r.name)} bitsize='{8 * r.size}' regnum='{number}' type={quoteattr(r.type)}/>"
        for number, r in registers.items()
    )
    return f"<feature name={quoteattr(name)}>{types}{regs}</feature>"
