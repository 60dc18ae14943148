"""Lab 6: what a student begins with is the machine that the lab compares with; no proof is no proof."""

from pathlib import Path

import pytest

from isa.errors import Source
from isa.language.library import Library
from isa.machine.identity import meaning_digest
from isa.machines.catalogue import find as machine
from proofs.definitions import unchanged
from proofs.terms.solving import UNASKED
from trapline.labs.checking import Status, check_all
from trapline.labs.folder import start
from trapline.labs.reading import find
from trapline.labs.submission import open_submission


def test_the_starter_has_the_machine_itself() -> None:
    lab = find("6")
    with open(f"{lab.starter}/{lab.files[0]}") as file:
        begun = Library.of(Source(lab.files[0], file.read())).load("worn")
    assert meaning_digest(begun) == meaning_digest(machine(f"{lab.folder}/{lab.machine}"))


def test_what_is_not_decided_in_time_is_said_to_be_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lab = find("6")
    start(lab, str(tmp_path / "mine"), "alice")
    submission = open_submission(str(tmp_path / "mine"), lab)
    monkeypatch.setattr(unchanged, "exists", lambda conditions, timeout: UNASKED)
    text = submission.source(lab.files[0]).text.replace("x[a] <- bound }\n}", "x[a] <- base }\n}")
    (tmp_path / "mine" / lab.files[0]).write_text(text)
    results = {result.check.name: result for result in check_all(lab, submission, "alice")}
    found = results["the same for supervisors"]
    assert found.failure is not None and "was not decided in time" in found.failure.message
    assert results["Theorem 1"].status is Status.SKIPPED
