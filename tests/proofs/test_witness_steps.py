"""Witnesses against what every step does, and what is said of machines that no monitor runs."""

import pytest

from proofs.definitions.exact import FETCH, PROLOGUE
from proofs.runs.compare import compare
from proofs.witness.finding import Finding, Sound, Turned, Unreached, Witness, Witnesses
from tests.machines_to_test import G3
from tests.proofs.verdict_machines import machine

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]


def finding(file: str, name: str, culprit: str) -> Finding:
    return Witnesses(machine(file, name, small=False)).against(culprit)


@pytest.mark.parametrize(("name", "before"), [("step_enable", ("setie",)), ("step_status", ())])
def test_the_step_of_any_instruction_shows_what_every_step_does(name: str, before: tuple[str, ...]) -> None:
    found = finding("prologues", name, PROLOGUE)
    assert isinstance(found, Witness), found
    assert (found.name, found.breaks, found.before) == (PROLOGUE, ["equivalence"], before)
    assert "It is what every step does before its instruction." in found.text
    seen = compare(found.setup(machine("prologues", name, small=False)), 1000).divergence
    assert seen is not None and next(d.name for d in seen.differences) == "last"


def test_no_instruction_is_blamed_for_its_prologue() -> None:
    assert isinstance(finding("prologues", "step_enable", "add"), Sound)


@pytest.mark.parametrize(
    ("file", "name", "culprit", "said"),
    [
        ("prologues", "step_base", PROLOGUE, "What would go wrong: last becomes "),
        ("leaks", "coded_fetch", FETCH, "What would go wrong: bare and under the monitor another word is fetched"),
    ],
)
def test_of_a_machine_that_no_monitor_runs_the_reason_is_told(file: str, name: str, culprit: str, said: str) -> None:
    found = finding(file, name, culprit)
    assert isinstance(found, Turned) and said in found.why
    assert found.why.startswith("the monitor does not take the machine: ")


@pytest.mark.parametrize("name", [PROLOGUE, FETCH])
def test_there_is_none_where_every_step_is_right(name: str) -> None:
    assert isinstance(Witnesses(G3).against(name), Sound)


@pytest.mark.parametrize(
    ("file", "name", "culprit"),
    [
        ("prologues", "lost_tick", "tl"),
        ("leaks", "vacuous", "vk"),
        ("leaks", "telling_view", "vl"),
        ("extents", "shows_bound", "rbnd"),
        pytest.param("extents", "shows_size", "qsz", marks=pytest.mark.nightly),
        pytest.param("keys", "shown_key", "rkey", marks=pytest.mark.nightly),
        ("keys", "compared_keys", "cmpk"),
        pytest.param("prologues", "set_or_keep", "sk", marks=pytest.mark.nightly),
        pytest.param("leaks", "timed_view", "vt", marks=pytest.mark.nightly),
        pytest.param("keys", "compared_keys", "wkey", marks=pytest.mark.nightly),
    ],
)
def test_every_culprit_has_a_witness(file: str, name: str, culprit: str) -> None:
    found = finding(file, name, culprit)
    assert isinstance(found, Witness), found
    assert found.divergence.step == len(found.before) and "equivalence" in found.breaks


def test_what_nobody_sees_who_compares_is_said_to_be_seen_elsewhere() -> None:
    found = finding("stores", "unchecked_store", "sw")
    assert isinstance(found, Unreached) and "prove unchecked_store --properties` watches" in found.why
