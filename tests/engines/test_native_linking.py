"""Objects that are placed without LLVM do what they do when LLVM links them; what cannot be placed is left to it."""

import ctypes
import mmap
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from isa.engines.native import compiler as native
from isa.engines.native import linking
from isa.engines.native.compiler import Compiler, NativeCodeError, Tier
from isa.engines.native.linking import Placed, Section, placed
from isa.engines.native.module import module_source
from isa.files import cache, kept
from tests.engines.any_width import any_width
from tests.planting import Bugs, Patch, Planted, must_catch

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="elsewhere LLVM links all objects")

# Two functions, one of which calls the other; a table of both, a constant of 32 bytes, and a jump table.
CALLING = """
@table = dso_local constant [2 x ptr] [ptr @twice, ptr @f]
@one = dso_local constant [4 x i64] [i64 11, i64 13, i64 17, i64 19], align 32
define i64 @twice(i64 %x) noinline {
  %y = add i64 %x, %x
  ret i64 %y
}
define i64 @f(i64 %n) noinline {
  %i = and i64 %n, 3
  %p = getelementptr i64, ptr @one, i64 %i
  %v = load i64, ptr %p
  switch i64 %n, label %d [ i64 1, label %a i64 2, label %b i64 3, label %c i64 4, label %e ]
a: %ra = call i64 @twice(i64 %v)
  ret i64 %ra
b: %fb = load ptr, ptr @table
  %rb = call i64 %fb(i64 7)
  ret i64 %rb
c: ret i64 %v
e: %re = mul i64 %v, 1000003
  ret i64 %re
d: ret i64 5
}
"""
FUNCTION = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64)


def compiled(source: str, tier: Tier = Tier.QUICK) -> bytes:
    return Compiler().object(source, tier, cache.digest(source, "linking"))


def values(found: Any) -> list[int]:
    """What `f` says of some numbers, and what the table leads to."""
    (twice, f) = (ctypes.c_uint64 * 2).from_address(found["table"])
    assert f == found["f"]
    return [FUNCTION(found["f"])(n) for n in range(6)] + [FUNCTION(twice)(21)]


def what_is_placed_runs() -> None:
    for tier in Tier:
        found = placed(compiled(CALLING, tier), ("table", "f", "one"))
        assert found is not None and found["one"] % 32 == 0
        assert values(found) == [5, 26, 14, 19, 11_000_033, 5, 42]


def test_llvm_links_it_to_the_same() -> None:
    with patch.object(native, "placed", lambda *_: None):
        linked = Compiler().link(compiled(CALLING), ("table", "f"))
    assert values(linked._tracker) == [5, 26, 14, 19, 11_000_033, 5, 42]


def no_code_can_be_written() -> None:
    found = placed(compiled(CALLING), ("f",))
    assert found is not None
    with open("/proc/self/maps") as file:
        lines = [line.split() for line in file]
    rights = [r for span, r, *_ in lines if int(span.split("-")[0], 16) <= found["f"] < int(span.split("-")[1], 16)]
    assert rights == ["r-xp"]


def test_the_code_of_descriptions_is_placed() -> None:
    """Of all that the native engine writes, the module of a description asks most of a linker."""
    for width in (16, 64):
        code = compiled(module_source(any_width(width)))
        assert isinstance(placed(code, ("execute", "table", "sizes")), Placed)


LEFT = {
    "through a table": "@n = constant i64 5\ndefine i64 @f(i64 %x) {\n  %y = load i64, ptr @n\n  ret i64 %y\n}",
    "written to": "@n = dso_local global i64 5\ndefine i64 @f(i64 %x) {\n  store i64 %x, ptr @n\n  ret i64 %x\n}",
    "without content": "@n = dso_local global i64 0\ndefine i64 @f(i64 %x) {\n  store i64 %x, ptr @n\n  ret i64 %x\n}",
    "from elsewhere": "declare i64 @labs(i64)\ndefine i64 @f(i64 %x) {\n  %y = call i64 @labs(i64 %x)\n  ret i64 %y\n}",
    "with it for itself": "define internal i64 @f(i64 %x) noinline {\n  ret i64 %x\n}\n"
    "define i64 @g(i64 %x) {\n  %y = call i64 @f(i64 %x)\n  ret i64 %y\n}",
    "without the symbol": "define i64 @g(i64 %x) {\n  ret i64 %x\n}",
}


def what_needs_more_is_left_to_llvm() -> None:
    for source in LEFT.values():
        assert placed(compiled(source), ("f",)) is None


def test_what_is_left_to_llvm_runs() -> None:
    linked = Compiler().link(compiled(LEFT["written to"]), ("f",))
    assert FUNCTION(linked.address("f"))(38) == 38


def spoilt(at: int, *content: int) -> Callable[[bytes], bytes]:
    return lambda code: code[:at] + bytes(content) + code[at + len(content) :]


DAMAGES: Sequence[Callable[[bytes], bytes]] = [
    lambda code: b"",
    lambda code: b"no object",
    lambda code: code[: len(code) // 2],
    spoilt(4, 1),  # of 32 bits
    spoilt(18, 183),  # for an AArch64
    spoilt(40, 255, 255, 255),  # its headers lie behind its end
]


@pytest.mark.parametrize("damage", range(len(DAMAGES)))
def test_what_is_no_such_object_is_left_to_llvm(damage: int) -> None:
    assert placed(DAMAGES[damage](compiled(CALLING)), ("f",)) is None


def test_a_host_that_lets_no_memory_become_code_is_left_to_llvm() -> None:
    class Refusing:
        def __init__(self, *_: object, **__: object) -> None:
            self.mprotect = lambda *_: -1

    with patch.object(linking.ctypes, "CDLL", Refusing):
        assert placed(compiled(CALLING), ("f",)) is None


WITHOUT = """
import sys; sys.path[:0] = {path!r}
from isa.engines.native.compiler import Compiler, Tier, available
from tests.engines.test_native_linking import CALLING, values
assert available()
linked = Compiler().load(CALLING, Tier.QUICK, "abc", ("table", "f"))
assert values(linked._tracker)[1] == 26
print("llvmlite.binding" in sys.modules)
"""


def test_a_process_that_finds_all_it_needs_does_not_load_llvm(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    command = [sys.executable, "-c", WITHOUT.format(path=sys.path)]
    said = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() for _ in range(2)]
    assert said == ["True", "False"]


def who_makes_code_is_known_of_one_host() -> None:
    """Another processor, or another llvmlite, is asked anew."""
    seen = {native._host()}
    for name, other in (("_PROCESSOR", __file__), ("_SAYING", ("vendor_id", "model", "model", "cpu family", "flags"))):
        with patch.object(native, name, other):
            seen.add(native._host())
    with patch.object(native.os, "scandir", lambda path: iter(())):
        seen.add(native._host())
    assert len(seen) == 4 and None in seen


def test_who_makes_code_is_asked_once(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    monkeypatch.setattr(kept, "STARTED", float("inf"))
    monkeypatch.setattr(native, "_program", lambda: cache.digest("a program"))
    native._identity.cache_clear()
    right = native._identity()
    with patch.object(native, "_llvm", side_effect=AssertionError):
        native._identity.cache_clear()
        assert native._identity() == right
        monkeypatch.setattr(native, "_program", lambda: None)
        native._identity.cache_clear()
        with pytest.raises(AssertionError):
            native._identity()


# ---- planted bugs

BUGS = Bugs()
caught_by = BUGS.caught_by


@caught_by(what_is_placed_runs)
def sections_lie_side_by_side(patch: Patch) -> None:
    right = linking._SECTION

    class Unaligned:
        size = right.size

        @staticmethod
        def unpack_from(code: bytes, at: int) -> tuple[int, ...]:
            return Section(*right.unpack_from(code, at))._replace(align=1)

    patch.setattr(linking, "_SECTION", Unaligned)


@caught_by(what_is_placed_runs)
def an_address_is_where_its_section_begins(patch: Patch) -> None:
    right = linking._Object._symbols

    def symbols(self: Any, section: Section) -> Any:
        return ((name, info, number, 0) for name, info, number, _ in right(self, section))

    patch.setattr(linking._Object, "_symbols", symbols)


@caught_by(what_is_placed_runs)
def distances_are_addresses(patch: Patch) -> None:
    patch.setattr(linking, "_ABSOLUTE", set())
    patch.setattr(linking, "_RELATIVE", {1, 2, 4})


@caught_by(no_code_can_be_written)
def memory_stays_as_it_was(patch: Patch) -> None:
    patch.setattr(mmap, "PROT_READ", mmap.PROT_READ | mmap.PROT_WRITE)


@caught_by(what_needs_more_is_left_to_llvm)
def variables_are_constants(patch: Patch) -> None:
    patch.setattr(linking, "_CONSTANT", b".data")


@caught_by(what_needs_more_is_left_to_llvm)
def all_symbols_are_for_others(patch: Patch) -> None:
    right = linking._Object._symbols

    def symbols(self: Any, section: Section) -> Any:
        return ((name, 1 << 4, number, at) for name, _, number, at in right(self, section))

    patch.setattr(linking._Object, "_symbols", symbols)


@caught_by(what_needs_more_is_left_to_llvm)
def zeros_are_content(patch: Patch) -> None:
    patch.setattr(linking, "_WRITE", 0)


@caught_by(who_makes_code_is_known_of_one_host)
def all_processors_are_alike(patch: Patch) -> None:
    patch.setattr(native, "_host", lambda: "this host")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, NativeCodeError))
