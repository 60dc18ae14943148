"""`trapline prove`: what it says, what it refuses, and its exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from isa.machines.catalogue import find
from monitor.techniques import TECHNIQUES
from proofs.mutants import Check, Mutant
from proofs.obligations.statements import THEOREMS
from tests.machines_to_test import theorems_of
from trapline.cli import main

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
FEW = str(Path(__file__).parents[2] / "proofs" / "variants" / "machines" / "few.isa")  # G3 with six instructions
SMALL = (Path(__file__).parents[1] / "machines" / "small.isa").read_text().rstrip().removesuffix("}")
DOWN = 'instr down "d, a" F(2) { r[d] <- r[a]; mode <- user }'  # harmless from user mode
TELL = 'instr tell "d, a" F(3) { r[d] <- r[a] + base }'
HOSTILE = Path(__file__).parents[1] / "machines" / "hostile.isa"


def test_a_proof_lists_theorems_and_assumptions_and_leaves_certificates(capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    assert main(["prove", FEW, "--export", str(folder)]) == 0
    text = capsys.readouterr().out
    assert all(f"\n{theorem} " in text for theorem in THEOREMS)
    assert "assumed\n" in text and "That every run at every depth is right" in " ".join(text.split())
    written = list(folder.iterdir())
    assert f"{len(written)} of {len(written)} proved, 0 refuted, 0 unknown" in text
    assert f"{len(written)} certificates are in {folder}" in text


def test_a_machine_that_fails_theorem_1_is_refused(capsys: Capture) -> None:
    assert main(["prove", "g3_popf", "--json"]) == 1
    said = capsys.readouterr()
    assert "trap is not right on g3_popf: Theorem 1 fails: not kept by setie" in said.err and "setie: " in said.err
    assert json.loads(said.out)["error"]["exit_code"] == 1


def test_a_hybrid_monitor_is_proved_where_its_theorem_holds(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "down.isa").write_text(SMALL + DOWN + "\n}\n")
    assert main(["prove", f"{tmp_path}/down.isa"]) == 1
    assert "Theorem 1 fails" in capsys.readouterr().err
    assert main(["prove", f"{tmp_path}/down.isa", "--monitor", "hybrid", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["technique"] == "hybrid" and said["holds"]
    assert {t["name"]: t["proved"] for t in said["theorems"]}["turn"] == 5


def test_a_hybrid_monitor_is_refused_where_its_theorem_fails(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "tell.isa").write_text(SMALL + DOWN + "\n" + TELL + "\n}\n")
    assert main(["prove", f"{tmp_path}/tell.isa", "--monitor", "hybrid"]) == 1
    said = capsys.readouterr().err
    assert "hybrid is not right on small: Theorem 3 fails: not kept by tell\n  tell: " in said
    assert "right on it: interpret, patch" in said and "down: " not in said


def test_what_is_left_to_prove_of_interpretation(capsys: Capture) -> None:
    assert main(["prove", FEW, "--monitor", "interpret"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "What is left to prove is that it changes nothing outside of the window" in text
    assert re.search(r" interpretation 8 8 ", text) and " put-get " not in text and "direct run" not in text


def test_what_is_taken_out_of_a_guest_is_not_asked_of_direct_steps(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "down.isa").write_text(SMALL + DOWN + "\n}\n")
    assert main(["prove", f"{tmp_path}/down.isa", "--monitor", "patch", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    cases = {t["name"]: t["obligations"] for t in said["theorems"]}
    assert (said["taken_out"], cases["direct"], cases["interpretation"]) == (["down"], 2, 4)
    assert said["assumptions"][-1] == f"of the guest: {TECHNIQUES['patch'].assumes[-1]}"
    assert main(["prove", f"{tmp_path}/down.isa", "--monitor", "paravirtual"]) == 1
    assert "paravirtual is not right on small: no instruction traps in both modes" in capsys.readouterr().err


@pytest.mark.nightly
@pytest.mark.parametrize("machine", ["g3", "g3_popf", "g3_jrst", "pdp10", "mc68000", "arm"])
def test_a_hybrid_monitor_is_proved_for_a_machine(machine: str) -> None:
    assert main(["prove", machine, "--monitor", "hybrid"]) == 0


@pytest.mark.parametrize("monitors", ["trap:2", "trap,hybrid"])
def test_one_monitor_is_proved(capsys: Capture, monitors: str) -> None:
    assert main(["prove", "g3", "--monitor", monitors]) == 2
    assert "help: name one technique" in capsys.readouterr().err


def test_too_little_time_is_unknown(capsys: Capture) -> None:
    began = time.monotonic()
    assert main(["prove", str(HOSTILE), "--timeout", "1"]) == 4
    assert "stayed open" in capsys.readouterr().err and time.monotonic() - began < 20


def test_nothing_is_overwritten(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    for place in (tmp_path, tmp_path / "mine"):
        assert main(["prove", "g3", "--export", str(place)]) == 2
        assert "nothing is overwritten" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_folder_that_cannot_be_made_is_an_error_with_a_reason(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    assert main(["prove", "g3", "--export", str(tmp_path / "mine" / "below")]) == 3
    assert capsys.readouterr().err.startswith("error: ")


def test_samples_are_counted(capsys: Capture) -> None:
    assert main(["prove", FEW, "--sample", "25", "--seed", "7", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["seed"] == 7 and not said["refuted"] and not said["not_tried"]
    assert {t["name"] for t in said["theorems"] if t["satisfied"]} == theorems_of(find(FEW))


def test_samples_find_what_is_wrong_with_a_machine(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.obligations.sampling.topics", lambda isa: ["add", "jrst"])
    assert main(["prove", "g3_jrst", "--sample", "100"]) == 1
    text = capsys.readouterr().out
    assert "nothing is proved" in text and "REFUTED: direct, jrst, with " in text


def test_samples_and_certificates_do_not_go_together(capsys: Capture, tmp_path: Path) -> None:
    assert main(["prove", "g3", "--sample", "3", "--export", str(tmp_path / "x")]) == 2
    assert not (tmp_path / "x").exists()


def test_an_interrupt_ends_at_once_and_leaves_no_process() -> None:
    command = [sys.executable, "-m", "trapline", "prove", "g3", "--sample", "1000000"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stderr=pipe, stdout=pipe, text=True, start_new_session=True)
    while not Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        time.sleep(0.05)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130 and said == "\ninterrupted\n"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


# ---- mutants


def some_mutants() -> list[Mutant]:
    caught = Mutant("core", "caught", "is wrong", (Check("proof of direct", lambda: "x = 1"),))
    missed = Mutant("core", "missed", "is right", (Check("proof of direct", lambda: None),))
    return [caught, missed]


def test_mutants_are_listed_with_what_refuted_them(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.mutants.mutants", lambda: some_mutants()[:1])
    assert main(["prove", "--mutants"]) == 0
    text = capsys.readouterr().out
    assert "core, caught: is wrong  proof of direct" in text and "x = 1" in text
    assert "1 mutants, 1 checks, none survived" in text


def test_a_survivor_fails_the_command(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.mutants.mutants", some_mutants)
    assert main(["prove", "--mutants", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["survivors"] == ["core, missed: proof of direct"]
    assert [m["checks"][0]["refuted"] for m in said["mutants"]] == [True, False]


def test_mutants_bring_their_own_machines(capsys: Capture) -> None:
    assert main(["prove", "g3", "--mutants"]) == 2
    assert main(["prove"]) == 2
    assert "prove what?" in capsys.readouterr().err
