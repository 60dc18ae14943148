"""What the native engine takes with it when all it needs is kept: nothing that is made in Python to compile it."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from isa.description import Instruction
from isa.engines.native.code import native_code
from isa.engines.native.module import module_source
from isa.engines.native.plan import plan_of
from isa.engines.reference.steps import Steps
from isa.ir.nodes import Expr
from isa.machines.catalogue import find
from tests.engines.any_width import any_width

ROOT = Path(__file__).parents[2]
STARTED = """
import json, sys
from isa.engines.choice import NATIVE, bare
from isa.engines.native.plan import plan_of
from isa.machine import Storage
from isa.machines.catalogue import find
g3 = find("g3")
machine = bare(g3, Storage(g3.word, 1024), engine=NATIVE)
machine.run(100)  # nothing is loaded: each step traps
assert machine.steps == 100 and type(machine.engine).__name__ == "NativeEngine"
print(json.dumps({"modules": list(sys.modules), "made": list(vars(plan_of(g3)))}))
"""


def test_a_plan_is_not_made_of_code_that_is_kept() -> None:
    for _ in range(2):  # the first fills the cache
        command = [sys.executable, "-c", STARTED]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    assert not {"handlers", "hoisted", "record_bytes"} & set(found["made"])
    assert not {"dataclasses", "inspect", "hashlib", "lark", "asyncio"} & set(found["modules"])


def test_code_knows_the_sizes_of_its_plan() -> None:
    for isa in (find("g3"), any_width(16), any_width(64)):
        code, plan = native_code(isa), plan_of(isa)
        assert (code.record_bytes, code.hoisted) == (plan.record_bytes, len(plan.hoisted))
        assert code.dispatch is not None
        assert code.dispatch._used == len(code.dispatch.writer.places) + len(code.dispatch.numbers)


def test_when_an_instruction_spins_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    isa, asked, find_out = replace(find("g3")), Counter[str](), Steps._spin_condition

    def counting(self: Steps, instruction: Instruction) -> Expr | None:
        asked[instruction.name] += 1
        return find_out(self, instruction)

    monkeypatch.setattr(Steps, "_spin_condition", counting)
    module_source(isa)
    assert set(asked) == set(isa.instructions) and set(asked.values()) == {1}
