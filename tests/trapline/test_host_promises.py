"""trapline host prove and promise: what is said, as text and as JSON, and exit codes."""

import json
import re
from pathlib import Path

import pytest

from monitor.service.policies.catalogue import POLICIES
from monitor.service.policies.round_robin import RoundRobin
from monitor.service.words import me
from proofs.service.proving import PROMISES, SUBJECTS
from trapline.cli import main
from trapline.serving.promise import POLICIES as CHOICES
from trapline.serving.prove import NAMES

Capture = pytest.CaptureFixture[str]


def test_the_command_knows_all_policies() -> None:
    assert tuple(SUBJECTS) == NAMES == tuple(PROMISES)
    assert tuple(POLICIES) == CHOICES


def test_promises_are_proved_in_words(capsys: Capture) -> None:
    assert main(["host", "prove", "round-robin"]) == 0
    said = capsys.readouterr().out
    assert "  proved   oldest     Whoever has waited longest goes next, wherever tickets wrap." in said
    assert said.endswith(f"{len(PROMISES['round-robin'])} of {len(PROMISES['round-robin'])} promises proved, "
                         "for all states and any number of machines.\n")  # fmt: skip
    assert main(["host", "prove", "bill", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["promises"]
    assert [(fact["promise"], fact["holds"]) for fact in facts] == [(p.key, "yes") for p in PROMISES["bill"]]


def test_a_promise_that_is_not_kept_is_told_with_words(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(RoundRobin, "key", lambda self: me("ticket"))
    assert main(["host", "prove", "round-robin"]) == 1
    said = capsys.readouterr().out
    assert "  REFUTED  oldest" in said and "ticket1 = " in said


def test_mistakes_are_refuted(capsys: Capture) -> None:
    assert main(["host", "prove", "bill", "--mutants"]) == 0
    assert "6 of 6 mistakes refuted." in capsys.readouterr().out
    assert main(["host", "prove", "bill", "--mutants", "--json"]) == 0
    assert all(mutant["refuted"] for mutant in json.loads(capsys.readouterr().out)["mutants"])


def test_what_is_promised_together_and_who_waits_how_long(capsys: Capture) -> None:
    """By the policies' own figures: a quantum of each other one; what the frame has beside the slot."""
    for policy, terms, waits in (
        ("round-robin", ["a", "b", "c"], [20_000] * 3),
        ("partition", ["a:slot=300", "b:slot=99700"], [99_700, 300]),
        ("deadline", ["a:reserve=1000,period=5000", "b"], [9_000, None]),
        ("shares", ["a", "b", "c:weight=2"], [50_000, 50_000, 30_002]),
    ):
        assert main(["host", "promise", policy, *terms, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["machines"]
        assert [machine["longest_wait"] for machine in found][:2] == waits[:2]
    assert main(["host", "promise", "shares", "a:on=1", "b:reserve=500", "--processors", "2"]) == 0
    assert capsys.readouterr().out.split("\n")[1].split()[:2] == ["a", "1"]


def test_the_manual_shows_what_is_said(capsys: Capture) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "scheduling.md").read_text()
    shown = re.findall(r"```text\n\$ trapline (.*)\n([^`]*)```", manual)
    assert len(shown) == 2
    for command, text in shown:
        main(command.split())
        assert capsys.readouterr().out.startswith(text.removesuffix("...\n"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["prove", "fair"], 2, "error: nothing is promised of `fair`\nhelp: name one of bill, round-robin"),
        (["promise", "shares", "a:weight=x"], 2, "error: `weight=x` promises nothing\nhelp: say one of weight"),
        (["promise", "shares", "a:weight=0"], 3, "error: a weight of 0 cannot be promised\nhelp: give one from 1 to"),
        (["promise", "deadline", "a:reserve=60000", "b:reserve=40001"], 3, "error: machine 1 is not admitted"),
        (["promise", "shares", "a", "--quantum", "70000"], 3, "error: a host has no quantum of 70000"),
        (["promise", "shares"], 2, "error: no machine is named"),
        (["promise", ".", "a"], 2, "error: . is a host, and has machines of its own"),
        (["promise", ".", "--price", "3"], 2, "error: `--price` stands in the files of a host"),
        (["promise", "."], 3, "error: . is no host"),
        (["promise", "fair", "a"], 2, "error: there is no policy `fair`\nhelp: policies are round-robin"),
    ],
)  # fmt: skip
def test_what_cannot_be_promised_is_told(arguments: list[str], code: int, said: str, capsys: Capture) -> None:
    assert main(["host", *arguments]) == code
    assert capsys.readouterr().err.startswith(said)
