"""What must work for lab 0: the native engine, where there can be one, and the solver."""

from pathlib import Path

import pytest

from isa.engines.choice import REFERENCE
from isa.errors import TraplineError
from trapline.labs.checks import warming
from trapline.labs.checks.kind import Attempt
from trapline.labs.reading import find
from trapline.labs.submission import Submission


def asked(folder: Path) -> Attempt:
    lab = find("0")
    return Attempt(lab, lab.check("works here"), Submission(str(folder), lab), "", "ann", True)


@pytest.mark.parametrize("forks", [True, False])
def test_only_where_there_could_be_one_the_native_engine_is_missed(
    forks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "actual", lambda name: REFERENCE)
    monkeypatch.setattr(warming, "forks", lambda: forks)
    if not forks:  # a browser
        assert warming.works(asked(tmp_path)) is None
        return
    with pytest.raises(TraplineError, match="cannot be loaded here"):
        warming.works(asked(tmp_path))
