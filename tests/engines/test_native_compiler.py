"""LLVM text becomes code that runs, in every tier; what is kept of it is right or is not used."""

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from isa.engines.native import compiler as native
from isa.engines.native.compiler import Compiler, Linked, NativeCodeError, Tier, available
from isa.files import cache, kept

pytestmark = pytest.mark.long

KEY, OTHER = cache.digest("one"), cache.digest("another")


def text(addend: int = 3) -> str:
    """A function that goes through memory: a * b + addend."""
    return f"""
define i64 @f(i64 %a, i64 %b) {{
  %place = alloca i64
  store i64 %a, ptr %place
  %x = load i64, ptr %place
  %y = mul i64 %x, %b
  %z = add i64 %y, {addend}
  ret i64 %z
}}
"""


SUM = """
define i32 @sum(ptr noalias %words, i64 %n) {
begin:
  br label %loop
loop:
  %i = phi i64 [ 0, %begin ], [ %next, %loop ]
  %old = phi i32 [ 0, %begin ], [ %new, %loop ]
  %place = getelementptr i32, ptr %words, i64 %i
  %word = load i32, ptr %place
  %new = add i32 %old, %word
  %next = add nuw i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %end
end:
  ret i32 %new
}
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of its own. The program's files may be edited while the tests run, which would keep everything out."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(kept, "STARTED", float("inf"))
    forget = native._program.cache_clear
    forget()
    yield tmp_path / "kept" / native.KIND
    forget()


def call(linked: Linked, a: int, b: int, symbol: str = "f") -> int:
    function = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64, ctypes.c_uint64)(linked.address(symbol))
    return int(function(a, b))


def never() -> str:
    raise AssertionError("the text was asked for")


class Counted:
    """A source that counts how often it was asked for."""

    def __init__(self, source: str) -> None:
        self.source, self.times = source, 0

    def __call__(self) -> str:
        self.times += 1
        return self.source


@pytest.mark.parametrize("tier", Tier)
def test_compiled_code_runs(tier: Tier) -> None:
    assert available()
    compiler = Compiler()
    linked = compiler.link(compiler.object(text(), tier, KEY), ("f",))
    assert call(linked, 5, 7) == 38
    assert call(linked, 1 << 63, 2) == 3
    with pytest.raises(KeyError):
        linked.address("g")


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.FULL])
def test_no_other_tier_leaves_registers_in_memory(tier: Tier) -> None:
    after = Compiler().optimised(text(), tier)
    assert "load" not in after and " mul i64 %" in after


def test_the_full_tier_unrolls_and_does_not_vectorize() -> None:
    compiler = Compiler()
    quick, full = compiler.optimised(SUM, Tier.QUICK), compiler.optimised(SUM, Tier.FULL)
    assert quick.count("load i32") == 1 and full.count("load i32") > 4
    assert "x i32>" not in full


@pytest.mark.parametrize("tier", Tier)
def test_assembly_shows_the_function_and_no_unwinding(tier: Tier) -> None:
    assembly = Compiler().assembly(text(), tier)
    assert "\nf:\n" in assembly and ".cfi" not in assembly


@pytest.mark.parametrize("tier", Tier)
def test_tail_calls_that_keep_nothing(tier: Tier) -> None:
    """What the threaded interpreter is made of: a million of these calls would not fit on any stack."""
    source = """
define preserve_nonecc i64 @step(ptr %table, i64 %left, i64 %sum) {
  %done = icmp eq i64 %left, 0
  br i1 %done, label %end, label %go, !prof !0
go:
  %less = sub i64 %left, 1
  %more = add i64 %sum, 3
  %next = load ptr, ptr %table
  %r = musttail call preserve_nonecc i64 %next(ptr %table, i64 %less, i64 %more)
  ret i64 %r
end:
  ret i64 %sum
}
define i64 @f(i64 %n, i64 %start) {
  %table = alloca ptr
  store ptr @step, ptr %table
  %r = call preserve_nonecc i64 @step(ptr %table, i64 %n, i64 %start)
  ret i64 %r
}
!0 = !{!"branch_weights", i32 1, i32 1000}
"""
    assert call(Compiler().load(source, tier, KEY, ("f",)), 1_000_000, 5) == 3_000_005


def test_what_is_kept_is_not_written_again() -> None:
    compiler = Compiler()
    assert compiler.kept(Tier.QUICK, KEY) is None
    code = compiler.object(text, Tier.QUICK, KEY)
    assert compiler.kept(Tier.QUICK, KEY) == code == Compiler().object(never, Tier.QUICK, KEY)
    assert call(compiler.load(never, Tier.QUICK, KEY, ("f",)), 2, 3) == 9


def test_what_is_kept_is_for_one_key_tier_processor_and_program(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = Compiler()
    compiler.object(text(), Tier.QUICK, KEY)
    assert compiler.kept(Tier.QUICK, OTHER) is None
    assert compiler.kept(Tier.FULL, KEY) is None
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(native, "_identity", lambda: "another processor")
        assert compiler.kept(Tier.QUICK, KEY) is None
    assert compiler.kept(Tier.QUICK, KEY) is not None
    monkeypatch.setattr(native, "_program", lambda: cache.digest("another program"))
    assert compiler.kept(Tier.QUICK, KEY) is None


def test_a_program_that_was_changed_meanwhile_keeps_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "STARTED", 0.0)
    source = Counted(text())
    for times in (1, 2):
        assert call(Compiler().load(source, Tier.QUICK, KEY, ("f",)), 2, 3) == 9
        assert source.times == times
    assert not place.exists()


def test_the_program_is_all_that_may_have_a_part_in_the_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An edit anywhere in the package makes another program of it, in a folder of a folder too."""
    (tmp_path / "inner").mkdir()
    seen = set()
    for name, content in (("a.py", "1"), ("a.py", "2"), ("inner/b.py", "1"), ("inner/b.py", "2"), ("notes", "1")):
        (tmp_path / name).write_text(content)
        monkeypatch.setattr(native, "_PACKAGE", str(tmp_path))
        native._program.cache_clear()
        seen.add(native._program())
    assert len(seen) == 4 and None not in seen
    monkeypatch.setattr(native, "_PACKAGE", str(tmp_path / "nowhere"))
    native._program.cache_clear()
    assert native._program() is None


def test_a_damaged_object_is_compiled_again(place: Path) -> None:
    compiler, source = Compiler(), Counted(text())
    code = compiler.object(source, Tier.QUICK, KEY)
    (entry,) = place.iterdir()
    entry.write_bytes(entry.read_bytes()[:-100])
    assert compiler.object(source, Tier.QUICK, KEY) == code and source.times == 2
    assert compiler.object(never, Tier.QUICK, KEY) == code


@pytest.mark.parametrize("damage", [lambda code: b"", lambda code: b"no object", lambda code: code[: len(code) // 2]])
def test_an_object_that_does_not_link_is_compiled_again(damage: Callable[[bytes], bytes], place: Path) -> None:
    compiler, source = Compiler(), Counted(text())
    code = compiler.object(source, Tier.QUICK, KEY)
    (entry,) = place.iterdir()
    cache.store(native.KIND, entry.name, damage(code))
    assert call(compiler.load(source, Tier.QUICK, KEY, ("f",)), 2, 3) == 9 and source.times == 2
    assert compiler.object(never, Tier.QUICK, KEY) == code


@pytest.mark.parametrize("chosen", ["off", "a file", "inside a file"])
def test_without_a_place_to_keep_objects(chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    names = {"off": "off", "a file": str(tmp_path / "file"), "inside a file": str(tmp_path / "file" / "place")}
    monkeypatch.setenv(cache.VARIABLE, names[chosen])
    source = Counted(text())
    for times in (1, 2):
        assert call(Compiler().load(source, Tier.QUICK, KEY, ("f",)), 2, 3) == 9
        assert source.times == times


def test_two_processes_at_once() -> None:
    script = f"""
import sys; sys.path[:0] = {sys.path!r}
from tests.engines.test_native_compiler import call, text
from isa.engines.native.compiler import Compiler, Tier
for key in range(30):
    linked = Compiler().load(lambda: text(key), Tier.QUICK, f"{{key:064x}}", ("f",))
    assert call(linked, 5, 7) == 35 + key
"""
    processes = [subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) for _ in "ab"]
    for process in processes:
        assert process.communicate(timeout=100)[1] == "" and process.returncode == 0


def mapped(address: int) -> bool:
    """Whether anything is there: the host refuses to write from where nothing is."""
    reader, writer = os.pipe()
    try:
        return bool(ctypes.CDLL(None).write(writer, ctypes.c_void_p(address), ctypes.c_size_t(1)) == 1)
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("close", [True, False])
def test_code_is_freed(close: bool) -> None:
    """By `close`, or with the last reference. Other code stays."""
    compiler = Compiler()
    code = compiler.object(text(), Tier.QUICK, KEY)
    linked, other = compiler.link(code, ("f",)), compiler.link(code, ("f",))
    address = linked.address("f")
    assert address != other.address("f") and mapped(address)
    if close:
        linked.close()
    else:
        del linked
    assert not mapped(address)
    assert call(other, 5, 7) == 38


def test_closing_twice_does_no_harm() -> None:
    linked = Compiler().load(text(), Tier.QUICK, KEY, ("f",))
    linked.close()
    linked.close()


BAD = {
    "define i32 @f() { ret i64 0 }": "value doesn't match function result type",
    "define i64 @f() {\n  %a = add i64 %b, 1\n  %b = add i64 %a, 1\n  ret i64 %b\n}": "does not dominate",
    "declare i64 @gone()\ndefine i64 @f() {\n  %a = call i64 @gone()\n  ret i64 %a\n}": "Failed to materialize",
    "define i64 @other() { ret i64 0 }": "Symbols not found: [ f ]",
}


@pytest.mark.parametrize("source", BAD)
def test_what_llvm_refuses_is_our_defect(source: str) -> None:
    with pytest.raises(NativeCodeError) as error:
        Compiler().load(source, Tier.QUICK, KEY, ("f",))
    assert error.value.message.startswith("LLVM refuses what the native engine wrote: ")
    assert BAD[source] in error.value.message and "defect of Trapline" in error.value.help


def test_what_is_no_object_is_not_linked() -> None:
    with pytest.raises(NativeCodeError, match="not recognized as a valid object file"):
        Compiler().link(b"no object", ("f",))


def test_many_threads_at_once() -> None:
    wrong: list[object] = []

    def work(first: int) -> None:
        try:
            for addend in range(first, first + 8):
                tier = Tier.FULL if addend % 2 else Tier.QUICK
                linked = Compiler().load(lambda: text(addend), tier, cache.digest(str(addend)), ("f",))  # noqa: B023
                if call(linked, 5, 7) != 35 + addend:
                    wrong.append(addend)
                linked.close()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(4 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_who_links_does_not_wait_for_who_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = Compiler()
    code = compiler.object(text(), Tier.QUICK, KEY)
    begun, ended = threading.Event(), threading.Event()
    emit = native._llvm()._emit

    def watched(*arguments: object) -> object:
        begun.set()
        try:
            return emit(*arguments)
        finally:
            ended.set()

    monkeypatch.setattr(native._llvm(), "_emit", watched)
    long = "\n".join(SUM.replace("@sum", f"@sum{n}") for n in range(60))
    thread = threading.Thread(target=compiler.object, args=(long, Tier.FULL, OTHER))
    thread.start()
    begun.wait()
    links = 0
    while not ended.is_set():
        compiler.link(code, ("f",)).close()
        links += 1
    thread.join()
    assert links > 5


@pytest.fixture
def fresh() -> Iterator[None]:
    """As if nobody had asked for LLVM yet."""
    for asked in (native._llvm, native._identity):
        asked.cache_clear()
    yield
    for asked in (native._llvm, native._identity):
        asked.cache_clear()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("missing", ["llvmlite", "llvmlite.binding"])
def test_without_llvmlite(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert not available()
    with pytest.raises(ImportError):
        Compiler().object(text(), Tier.QUICK, KEY)


@pytest.mark.usefixtures("fresh")
def test_with_an_llvm_that_would_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    import llvmlite.binding

    with monkeypatch.context() as older:
        older.setattr(llvmlite.binding, "llvm_version_info", (20, 1, 8))
        assert not available()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(llvmlite.binding, "get_default_triple", lambda: "riscv64-unknown-linux-gnu")
        elsewhere.setattr(llvmlite.binding.targets, "get_default_triple", lambda: "riscv64-unknown-linux-gnu")
        assert not available()
    assert available()


@pytest.mark.usefixtures("fresh")
def test_with_an_llvmlite_that_cannot_be_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    import llvmlite.binding

    def fail() -> None:
        raise RuntimeError("unknown processor")

    monkeypatch.setattr(llvmlite.binding, "initialize_native_target", fail)
    assert not available()


def test_llvmlite_is_loaded_when_it_is_needed() -> None:
    script = f"""
import sys; sys.path[:0] = {sys.path!r}
import isa.engines.native.background, isa.engines.native.compiler as native
assert "llvmlite" not in sys.modules
assert native.available()
assert "llvmlite" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=100)
