"""What the kernel promises of its calls is proved, and a kernel with any of the checks missing is refuted."""

import json

import pytest

from proofs.kernel.mutants import MUTANTS, Mutant, planted
from proofs.kernel.promises import PROMISES, Kept, kept, prove
from proofs.kernel.reached import Kernel
from proofs.terms.solving import Found
from trapline.cli import main

pytestmark = pytest.mark.long

OF = {promise.key: promise for promise in PROMISES}
DAILY = ("any length", "nobody looks (UNCHECKED)")


def test_every_promise_is_proved() -> None:
    found = list(prove())
    assert [(one.promise.key, one.holds) for one in found] == [(promise.key, Found.YES) for promise in PROMISES]
    assert all(one.paths > 1 for one in found)  # it is taken, or refused


@pytest.mark.parametrize(
    "mutant",
    [pytest.param(m, marks=() if m.name in DAILY else pytest.mark.nightly, id=m.name) for m in MUTANTS],
)
def test_a_check_that_is_missing_or_wrong_is_refuted(mutant: Mutant) -> None:
    found = kept(Kernel(planted(mutant)), OF[mutant.promise])
    assert found.holds is Found.NO and found.words


def test_every_promise_has_a_mistake_that_it_refutes() -> None:
    assert {mutant.promise for mutant in MUTANTS} == set(OF)
    with pytest.raises(ValueError, match="stands 0 times"):
        planted(Mutant("nothing", "buffers", "no such text", ""))


def test_a_promise_that_does_not_hold_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Kept(PROMISES[0], Found.NO, 1, 0.0, {"r1": 7})
    monkeypatch.setattr("proofs.kernel.promises.prove", lambda timeout: iter([broken]))
    assert main(["container", "prove"]) == 1
    assert "REFUTED  buffers" in capsys.readouterr().out
    assert main(["container", "prove", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["promises"][0]["words"] == {"r1": 7}
