"""The theorems in Coq: they are proved, from nothing but the obligations, and those are the list that is decided."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

import proofs
from proofs.obligations.statements import THEOREMS
from tests.clients import client

pytestmark = [pytest.mark.slow, pytest.mark.long]

SOURCES = Path(proofs.__file__).parent / "mechanised"
FILES = [line for line in (SOURCES / "_CoqProject").read_text().split() if line.endswith(".v")]
OBLIGATIONS = (SOURCES / "Obligations.v").read_text()
MASKED = Path(__file__).parent / "mechanised" / "Masked.v"
CLOSED = "Closed under the global context"
FIELD = re.compile(r"^  \(\* ([^*]+) \*\)\n  (\w+) : (.*?)[;]$(?=\n\n|\n})", re.MULTILINE | re.DOTALL)


def fields() -> dict[str, str]:
    """The hypotheses of the mechanised theorems, by the names that `THEOREMS` gives them, and their sentences."""
    return {name.replace("_", "-"): sentence for sentence, name, _ in FIELD.findall(OBLIGATIONS)}


def coqc(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    command = [client("coqc", package="coq"), "-R", ".", "Trapline", name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def compiled(folder: Path, obligations: str = OBLIGATIONS, files: Sequence[str] = FILES) -> str:
    """What Coq prints when it reads the files, perhaps with another list of obligations; its first error ends it."""
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    (folder / "Obligations.v").write_text(obligations)
    printed = ""
    for name in files:
        done = coqc(folder, name)
        printed += done.stdout + done.stderr
        if done.returncode:
            break
    return printed


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("mechanised")
    return folder, compiled(folder)


def weakened(name: str) -> str:
    """The obligations, one of which says nothing."""
    field = re.compile(rf"^(  {name} : ).*?;$(?=\n\n|\n}})", re.MULTILINE | re.DOTALL)
    text, times = field.subn(r"\1True;", OBLIGATIONS)
    assert times == 1
    return text


# ---- proved, and from what


def test_every_file_is_proved_and_what_it_prints_is_closed(library: tuple[Path, str]) -> None:
    printed = library[1]
    asked = sum((SOURCES / name).read_text().count("\nPrint Assumptions ") for name in FILES)
    assert asked >= 7 and printed.splitlines() == [CLOSED] * asked


def test_no_theorem_of_any_file_assumes_anything(library: tuple[Path, str]) -> None:
    folder, _ = library
    names = [
        f"@{name.removesuffix('.v')}.{theorem}"
        for name in FILES
        for theorem in re.findall(r"^(?:Theorem|Lemma|Example) (\w+)", (SOURCES / name).read_text(), re.MULTILINE)
    ]
    needed = " ".join(name.removesuffix(".v") for name in FILES)
    uses = "".join(f"let _ := {name} in\n" for name in names)
    (folder / "All.v").write_text(f"Require {needed}.\nDefinition all := {uses}I.\nPrint Assumptions all.\n")
    assert len(names) > 30 and coqc(folder, "All.v").stdout.splitlines() == [CLOSED]


def test_an_axiom_would_be_seen(library: tuple[Path, str]) -> None:
    folder, _ = library
    text = "Require Import Obligations.\nAxiom taken : forall `{Monitor}, Obligations always.\n"
    (folder / "Taken.v").write_text(text + "Print Assumptions taken.\n")
    assert "Axioms:" in coqc(folder, "Taken.v").stdout


def test_the_sources_admit_nothing_and_all_of_them_are_listed() -> None:
    assert sorted(FILES) == sorted(path.name for path in SOURCES.glob("*.v"))
    for path in SOURCES.glob("*.v"):
        words = set(re.findall(r"\w+", re.sub(r"\(\*.*?\*\)", "", path.read_text(), flags=re.DOTALL)))
        assert not words & {"Admitted", "admit", "Axiom", "Axioms", "Parameter", "Conjecture", "Abort"}, path.name


# ---- the obligations here and there


def test_the_hypotheses_are_the_list_that_is_decided() -> None:
    found = fields()
    assert OBLIGATIONS.count("\n\n  (* ") == len(found)
    assert list(found.items()) == list(THEOREMS.items())


def test_without_an_obligation_the_proof_fails(library: tuple[Path, str], tmp_path: Path) -> None:
    without_it_a_proof_fails("put-put", library[0], tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("name", fields())
def test_every_obligation_is_needed(name: str, library: tuple[Path, str], tmp_path: Path) -> None:
    without_it_a_proof_fails(name, library[0], tmp_path)


def without_it_a_proof_fails(name: str, library: Path, folder: Path) -> None:
    """Coq accepts the weaker list, and then not the proof that used it. What stands before the list stays proved."""
    before, after = FILES[: FILES.index("Obligations.v")], FILES[FILES.index("Obligations.v") :]
    for file in before:
        shutil.copy(library / f"{file}o", folder)
    printed = compiled(folder, weakened(name.replace("-", "_")), after)
    assert "Error" in printed and 'File "./Obligations.v"' not in printed


@pytest.mark.nightly
def test_without_timely_the_rest_holds_and_the_conclusion_does_not(tmp_path: Path) -> None:
    shutil.copy(MASKED, tmp_path)
    needed = ["Machine.v", "Obligations.v", "Dispatcher.v", "Toy.v", "ToyObligations.v", MASKED.name]
    assert compiled(tmp_path, weakened("timely"), needed).splitlines() == [CLOSED] * 2


@pytest.mark.nightly
def test_with_timely_the_masked_toy_is_no_instance(library: tuple[Path, str]) -> None:
    folder, _ = library
    shutil.copy(MASKED, folder)
    assert 'The term "I" has type "True"' in " ".join(coqc(folder, MASKED.name).stderr.split())
