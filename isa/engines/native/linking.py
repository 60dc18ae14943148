"""Objects brought into this process without LLVM, which takes longer to load than many a program takes to run.

What the native engine writes needs little of a linker: sections that nobody writes to, which know each other's
addresses. An object that needs anything else, or is for another kind of host, is LLVM's to link (`compiler.py`).
The format is ELF's (System V ABI, chapter 4, and its supplement for AMD64).
"""

import ctypes
import mmap
import struct
from collections.abc import Collection, Iterator
from typing import NamedTuple

_HEADER = struct.Struct("<16s2H4x16xQ4x6H")
_SYMBOL, _RELOCATION = struct.Struct("<IBxHQ8x"), struct.Struct("<QIIq")
_WORD, _OFFSET = struct.Struct("<Q"), struct.Struct("<i")
_IDENT, _X86_64 = b"\x7fELF\x02\x01", 62
_PROGBITS, _SYMTAB, _RELA = 1, 2, 4  # types of sections,
_WRITE, _ALLOC = 1, 2  # and their flags
_CONSTANT = b".data.rel.ro"  # one that is written to only while it is linked
_GLOBAL = 1  # a symbol's binding: others may ask for it
_ABSOLUTE, _RELATIVE = {1}, {2, 4}  # types of relocations: R_X86_64_64; R_X86_64_PC32 and R_X86_64_PLT32


class Section(NamedTuple):
    """A section's header."""

    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry: int


_SECTION = struct.Struct("<2I4Q2I2Q")


class Placed:
    """Machine code in this process, with the addresses of its symbols."""

    def __init__(self, memory: mmap.mmap, symbols: dict[str, int]) -> None:
        self._memory, self._symbols = memory, symbols

    def __getitem__(self, symbol: str) -> int:
        return self._symbols[symbol]

    def close(self) -> None:
        self._memory.close()


def placed(code: bytes, symbols: Collection[str]) -> Placed | None:
    """The code of an object, with these symbols. None if LLVM has to be asked, be it only for what is wrong with it."""
    try:
        return _Object(code).placed(symbols)
    except (struct.error, LookupError, ValueError, OSError):
        return None


class _Object:
    """An object and where its sections come to lie. Raises what `placed` catches if it is none that can be placed."""

    def __init__(self, code: bytes) -> None:
        ident, _, machine, headers, *_, size, count, names = _HEADER.unpack_from(code)
        if not ident.startswith(_IDENT) or machine != _X86_64 or size != _SECTION.size:
            raise ValueError
        self.code = code
        self.sections = [Section(*_SECTION.unpack_from(code, headers + n * size)) for n in range(count)]
        self.offsets: dict[int, int] = {}  # in memory, by the numbers of sections
        self.size = 0
        for number, section in enumerate(self.sections):
            if section.flags & _ALLOC:
                constant = not section.flags & _WRITE or self._text(names, section.name).startswith(_CONSTANT)
                if section.type != _PROGBITS or not constant:
                    raise ValueError
                self.offsets[number] = self.size = -(-self.size // (section.align or 1)) * (section.align or 1)
                self.size += section.size

    def placed(self, symbols: Collection[str]) -> Placed:
        memory = mmap.mmap(-1, self.size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        origin = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for number, offset in self.offsets.items():
            memory[offset : offset + self.sections[number].size] = self._content(self.sections[number])
        for section in self.sections:
            if section.type == _RELA and section.info in self.offsets:
                self._relocate(memory, origin, section)
        found = self._addresses(origin, symbols)
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        if protect(ctypes.c_void_p(origin), ctypes.c_size_t(self.size), mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError(ctypes.get_errno(), "mprotect")
        return Placed(memory, found)

    def _relocate(self, memory: mmap.mmap, origin: int, section: Section) -> None:
        """Put addresses where a section's code and data need them."""
        table = [*self._symbols(self.sections[section.link])]
        for at, kind, which, addend in _RELOCATION.iter_unpack(self._content(section)):
            _, _, number, value = table[which]
            place, goal = self.offsets[section.info] + at, self.offsets[number] + value + addend
            if kind in _ABSOLUTE:
                _WORD.pack_into(memory, place, origin + goal)
            elif kind in _RELATIVE:
                _OFFSET.pack_into(memory, place, goal - place)
            else:
                raise ValueError

    def _addresses(self, origin: int, symbols: Collection[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for section in self.sections:
            if section.type == _SYMTAB:
                for name, info, number, value in self._symbols(section):
                    text = self._text(section.link, name).decode()
                    if text in symbols and info >> 4 == _GLOBAL:
                        found[text] = origin + self.offsets[number] + value
        if len(found) < len(symbols):
            raise LookupError
        return found

    def _symbols(self, section: Section) -> Iterator[tuple[int, int, int, int]]:
        """Of each symbol of a table: where its name is, its binding and type, the number of its section, and where it
        is in that."""
        return _SYMBOL.iter_unpack(self._content(section))

    def _content(self, section: Section) -> bytes:
        return self.code[section.offset : section.offset + section.size]

    def _text(self, number: int, offset: int) -> bytes:
        """What is written at a place of a section of names."""
        first = self.sections[number].offset + offset
        return self.code[first : self.code.index(b"\0", first)]
