"""`trapline witness`, called as the shell would call it."""

import json
from pathlib import Path
from typing import Any

import pytest

from trapline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

Capture = pytest.CaptureFixture[str]


def result(capfd: Capture, *arguments: str) -> tuple[int, Any]:
    """Exit code and the JSON of a command."""
    code = main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


OWN = """variant mine of g3 "Reads the bound." { add instr rbnd "d" D(0x91) "Read the bound." { x[d] <- bound } }
variant sealed of g3 "Nothing sets the lock." {
  add state lock : word @resource "Set at the factory."
  override on reset { psw <- 0; base <- 0; bound <- size(storage); timer <- 0; pending <- 0; lock <- 0 }
  add instr rlck "d" D(0x91) "Read the lock." { x[d] <- lock }
}
"""


def test_what_it_writes_is_what_compare_shows(tmp_path: Path, capfd: Capture) -> None:
    file = str(tmp_path / "popf.s")
    assert main(["witness", "g3_popf", "setie", "-o", file]) == 0
    said = capfd.readouterr().out
    assert said == f"{file}: breaks equivalence: bare and monitored part at step 0, pc 0x10\n"
    code, facts = result(capfd, "compare", file)
    assert (code, facts["machine"]) == (1, "g3_popf")
    assert (facts["divergence"]["step"], facts["divergence"]["instruction"]) == (0, "setie 1")


def test_a_machine_of_the_users_own(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "own.isa").write_text(OWN)
    machine, file = f"{tmp_path}/own.isa:mine", str(tmp_path / "w.s")
    code, facts = result(capfd, "witness", machine, "rbnd", "-o", file)
    assert (code, facts["finding"], facts["breaks"]) == (0, "witness", ["equivalence"])
    assert facts["program"] == Path(file).read_text()
    code, seen = result(capfd, "compare", file)
    assert (code, seen["divergence"]["pc"]) == (1, facts["pc"])


def test_a_witness_that_needs_input_brings_it(tmp_path: Path, capfd: Capture) -> None:
    own = 'variant mine of g3 "d" { add instr poll "d" D(0x91) "Read the pending bits." { x[d] <- zext(pending) } }'
    (tmp_path / "own.isa").write_text(own)
    file = str(tmp_path / "w.s")
    assert main(["witness", f"{tmp_path}/own.isa", "poll", "-o", file]) == 0
    assert main(["compare", file]) == 1


def test_without_a_file_the_program_goes_to_stdout(capfd: Capture) -> None:
    assert main(["witness", "g3_jrst", "jrst"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("# A witness against `jrst` on g3_jrst") and "culprit: jrst 0(r1)" in out


def test_an_instruction_that_passes_is_exit_code_1(tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "w.s"
    assert main(["witness", "g3", "halt", "-o", str(file)]) == 1
    assert capfd.readouterr().out.startswith("halt on g3: no witness: it never runs directly")
    assert not file.exists()


def test_a_state_that_no_guest_reaches_is_exit_code_4(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "own.isa").write_text(OWN)
    code, facts = result(capfd, "witness", f"{tmp_path}/own.isa:sealed", "rlck")
    assert (code, facts["finding"]) == (4, "unreached")
    assert facts["needs"] == [{"what": "lock", "reset": 0, "value": 1}]


def test_a_guest_against_a_hybrid_monitor_is_shown_under_one(tmp_path: Path, capfd: Capture) -> None:
    file = str(tmp_path / "sgdt.s")
    assert main(["witness", "g3_sgdt", "rrel", "--monitor", "hybrid", "-o", file]) == 0
    assert "part at step 1" in capfd.readouterr().out
    text = Path(file).read_text()
    assert "against `rrel` on g3_sgdt under a hybrid monitor" in text and "traps: psw = 0x1" in text
    code, facts = result(capfd, "compare", file, "--monitor", "hybrid")
    assert (code, facts["divergence"]["instruction"]) == (1, "rrel r1, r2")
    assert result(capfd, "compare", file, "--monitor", "interpret", "--steps", "1000")[0] == 0


@pytest.mark.parametrize("technique", ["patch", "paravirtual", "trap:2"])
def test_no_guest_is_looked_for_where_there_can_be_none(technique: str, capfd: Capture) -> None:
    assert main(["witness", "g3_popf", "setie", "--monitor", technique]) == 2
    assert "help: " in capfd.readouterr().err


def test_mistakes_are_explained(tmp_path: Path, capfd: Capture) -> None:
    assert main(["witness", "g3", "jrts"]) == 2
    assert "g3 has no instruction called `jrts`" in capfd.readouterr().err
    assert main(["witness", "g4", "add"]) == 2
    assert main(["witness", "g3_jrst", "jrst", "-o", str(tmp_path / "no" / "w.s")]) == 3
    assert "cannot write" in capfd.readouterr().err


def test_of_a_machine_that_no_monitor_can_work_on_the_reason_is_told(tmp_path: Path, capfd: Capture) -> None:
    own = """variant odd of g3 "Users see physical storage." {
      override view mem[va : word] : word {
        trap memory(va) when va >=u size(storage)
        return storage[if psw.mode == user then va else base + va]
      }
    }"""
    (tmp_path / "own.isa").write_text(own)
    assert main(["witness", f"{tmp_path}/own.isa", "lw"]) == 4
    assert "no guest can be run: the monitor does not take the machine: the relocation" in capfd.readouterr().out


def test_a_machine_that_the_monitor_does_not_take_is_told_so(capfd: Capture) -> None:
    machine = f"{Path(__file__).parents[1] / 'machines' / 'prologues.isa'}:step_base"
    code, facts = result(capfd, "witness", machine, "(prologue)")
    assert (code, facts["finding"]) == (4, "turned")
    assert "time law is not known" in facts["why"] and "last becomes" in facts["why"]
