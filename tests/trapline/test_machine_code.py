"""`explain --llvm` and `--asm` show the code that runs: whole, the same each time, for every instruction."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from isa.engines.native import compiler
from isa.engines.native import listing as cut
from isa.engines.native.compiler import Tier
from isa.engines.native.frame import FIELD
from isa.engines.native.listing import Listing, instruction_listings
from isa.engines.native.module import module_source
from isa.engines.native.plan import Handler
from isa.machine.state import layout_of
from isa.machines.catalogue import find, shipped
from trapline.cli import main

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]

LOOP = """start:  set  r4, 100
again:  add  r3, r3, r4
        addi r4, r4, -1
        bnez r4, again
        halt
"""


def shown(capsys: Capture, *arguments: str) -> str:
    assert main(["explain", "g3", *arguments]) == 0
    return capsys.readouterr().out


def facts(capsys: Capture, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shown(capsys, *arguments, "--json"))["native"]
    return found


def listings(name: str) -> list[Listing]:
    isa = find("g3")
    return list(instruction_listings(isa, isa.instructions[name]))


FAMILIES = [name for name in shipped() if find(name).parent is None]
OFTEN = {"g3", "pentium", "riscv_mu"}


@pytest.mark.parametrize(
    "name", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.nightly) for name in FAMILIES]
)
def test_every_instruction_has_an_exact_step(name: str) -> None:
    isa = find(name)
    for instruction in isa.instructions.values():
        *handlers, step = instruction_listings(isa, instruction)
        assert step.of is instruction and step.text.startswith("define internal i64 @step.")
        assert all(isinstance(h.of, Handler) and h.of.instruction is instruction for h in handlers)
        assert all(listing.text.endswith("}\n") and listing.text.count("define") == 1 for listing in (*handlers, step))


def test_handlers_are_shown_with_what_they_are_made_from(capsys: Capture) -> None:
    text = shown(capsys, "add", "--llvm")
    assert "handler.1: in threaded code, where d != 0\n  pc <- pc + 1\n  x[d] <- x[a] + x[b]\n" in text
    assert "handler.2: in threaded code, where d == 0\n  pc <- pc + 1\n  #" in text
    assert "step.0: the exact step, once prologue and fetch let it through\n  timer <- if 1 <u timer" in text
    assert text.count("after LLVM's passes") == 1
    assert "hoisted 0 = if size(storage) <=u base then 0 else" in shown(capsys, "lw", "--llvm")


def test_the_stores_of_a_handler_are_shown_twice(capsys: Capture) -> None:
    names = [found["function"].partition(".")[0] for found in facts(capsys, "sw", "--llvm")]
    assert names == ["handler", "careful", "step"]


def test_numbers_are_named_as_the_layouts_have_them() -> None:
    _, step = listings("setie")
    lines = step.text.splitlines()
    commented = {re.sub(r"^.*; ", "", line): line for line in lines if ";" in line}
    slots = layout_of(find("g3")).slots
    for state in ("psw", "timer", "pc"):
        assert f"i64 {slots[state].first} " in commented[state]
    cause = commented["cause"]
    assert f"ptr %frame, i64 {FIELD['cause']} " in cause
    privileged = find("g3").cause.members["privileged"]
    assert lines[lines.index(cause) + 1].startswith(f"  store i64 {privileged}, ")
    assert "ret i64 1 " in commented["TRAP"] and "ret i64 0 " in commented["LIMIT"]


def test_a_step_that_may_be_left_to_python_says_so() -> None:
    """It is taken here where the device only stores the word."""
    (step,) = listings("out")
    ask, limit = step.text.index("; ASK\n"), step.text.index("; LIMIT\n")
    assert 0 < limit < ask


@pytest.mark.parametrize("name", ["add", "sw", "jalr", "setie"])
def test_what_is_shown_is_what_runs(name: str) -> None:
    module = module_source(find("g3"))
    for listing in listings(name):
        assert re.sub(r" *; .*", "", listing.text) in module
        assert f"@{listing.name}(" in listing.optimised().partition("{")[0]


def test_no_function_runs_into_the_next() -> None:
    for name in ("sw", "setie"):
        for listing in listings(name):
            first, *lines = listing.assembly().splitlines()
            assert first == f"{listing.name}:" and len(lines) > 5
            assert not any(re.match(r"[^.\s]", line) or "directive" in line for line in lines)


def test_handlers_need_no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_stack() -> set[str]:
        found = (one for name in ("add", "bne", "lw", "sw", "jal") for one in listings(name))
        handlers = [one for one in found if one.name.startswith("handler.")]
        return {one.name for one in handlers if re.search(r"push|\br?sp\b", one.assembly())}

    assert with_stack() == set()
    monkeypatch.setattr(cut, "TIER", Tier.FULL)
    assert with_stack()  # what seldom happens has come into handlers


def test_assembly_is_shown(capsys: Capture) -> None:
    text = shown(capsys, "add", "--asm")
    assert re.search(r"in assembly\n    handler\.1:\n +\w", text) and "define" not in text
    assert all(found["assembly"].startswith(found["function"] + ":\n") for found in facts(capsys, "sw", "--asm"))


def test_both_forms_can_be_had_at_once(capsys: Capture) -> None:
    found = facts(capsys, "add", "--llvm", "--asm")
    assert [set(f) for f in found] == [{"function", "title", "made_from", "llvm", "after_passes", "assembly"}] * 3


def test_the_text_is_the_same_in_every_process(capsys: pytest.CaptureFixture[str]) -> None:
    def run(seed: str) -> str:
        command = [sys.executable, "-m", "trapline", "explain", "g3", "sw", "--llvm"]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert main(["explain", "g3", "sw", "--llvm"]) == 0  # with hashes of its own
    assert capsys.readouterr().out == run("1")


def test_the_loop_of_a_guest_is_one_function(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "sum.s").write_text(LOOP)
    text = shown(capsys, "add", "--region", str(tmp_path / "sum.s"))
    assert "region: 3 instructions as one function\n  0x1  add r3, r3, r4\n  0x2  addi r4, r4, -1\n" in text
    (region,) = facts(capsys, "add", "--asm", "--region", str(tmp_path / "sum.s"))
    assert region["assembly"].startswith("region:\n")


def test_a_guest_without_the_instruction_is_wrong_usage(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "sum.s").write_text(LOOP)
    for guest, name in ((str(tmp_path / "sum.s"), "lw"), ("hello", "divu")):
        assert main(["explain", "g3", name, "--region", guest]) == 2
        assert f"no loop with `{name}` in it" in capsys.readouterr().err


def test_without_a_compiler_the_text_is_still_there(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = facts(capsys, "add", "--llvm")
    monkeypatch.setattr(compiler, "available", lambda: False)
    without = facts(capsys, "add", "--llvm")
    assert [f["llvm"] for f in without] == [f["llvm"] for f in with_it]
    assert [f["after_passes"] for f in without] == [None] * 3
    assert "after LLVM's passes" not in shown(capsys, "add", "--llvm")


def test_without_a_compiler_assembly_is_an_error(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "available", lambda: False)
    assert main(["explain", "g3", "add", "--asm"]) == 3
    error = capsys.readouterr().err
    assert "llvmlite cannot be loaded here" in error and "ask for `--llvm`" in error
