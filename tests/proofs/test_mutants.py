"""Every planted mistake is refuted by every check that is named for it; and without a mistake nothing is refuted."""

from collections import Counter

import pytest

from isa.description import Role
from isa.machine.time import time_of
from isa.machines.catalogue import find
from monitor.core import Core
from proofs.mutants import Mutant, Result, mutants, refuted, run
from proofs.mutants.classifiers import culprit, loading, planted
from proofs.mutants.cores import Changes, Planted, remembered, saving
from proofs.mutants.machines import THEOREMS as ASKED
from proofs.mutants.machines import VARIANTS, broken, refused, verdict
from proofs.mutants.mutant import QUESTION, Check, both_ways, machine, news
from proofs.obligations.deciding import decided
from proofs.obligations.statements import MAP, SENTENCES, TIME, obligations
from proofs.terms.solving import Found

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

MUTANTS = mutants()
ALL = [(mutant, check) for mutant in MUTANTS for check in mutant.checks]
FIRST = [(mutant, mutant.checks[i % len(mutant.checks)]) for i, mutant in enumerate(MUTANTS)]


def titles(pairs: list[tuple[Mutant, Check]]) -> list[str]:
    return [f"{mutant.kind}-{mutant.name}-{check.name}" for mutant, check in pairs]


@pytest.mark.parametrize(("mutant", "check"), FIRST, ids=titles(FIRST))
def test_a_mutant_is_refuted(mutant: Mutant, check: Check) -> None:
    """By one of its checks; they take turns."""
    assert check.run()


@pytest.mark.nightly
@pytest.mark.parametrize(("mutant", "check"), ALL, ids=titles(ALL))
def test_a_mutant_is_refuted_by_every_check(mutant: Mutant, check: Check) -> None:
    assert check.run()


def test_every_mutant_has_a_name_of_its_own_and_enough_checks() -> None:
    kinds = Counter(mutant.kind for mutant in MUTANTS)
    assert len({(m.kind, m.name) for m in MUTANTS}) == len(MUTANTS) >= 40
    assert set(kinds) == {"core", "time", "turn", "machine", "classifier"} and min(kinds.values()) >= 7
    for mutant in MUTANTS:
        wanted = {
            "core": {"proof", "numbers", "whole"},
            "time": {"proof", "numbers"},
            "turn": {"proof", "numbers"},
        }.get(mutant.kind, set())
        assert mutant.checks and wanted <= {check.name.split()[0] for check in mutant.checks}


def test_every_planted_machine_is_in_the_table() -> None:
    planted_machines = {m.name for m in MUTANTS if m.kind == "machine"}
    assert set(VARIANTS) <= planted_machines
    for name in VARIANTS:
        assert machine(name).parent == "g3" and machine(name).doc


# ---- the checks can be passed


@pytest.mark.parametrize(
    "name", ["codes", *(pytest.param(n, marks=pytest.mark.nightly) for n in ("counting", "tracing")), "assuming"]
)
def test_without_a_mistake_no_check_refutes_the_core_or_the_law(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.mutants.mutant.STATES", 60)
    isa = machine(name)
    core = Planted(isa, Changes())
    topics = {MAP: ("put-get", "get-put", "put-put", "injection", "assumption"), TIME: ("advance", "apart", "horizon")}
    topics |= dict.fromkeys(news(isa)[:1], ("direct", "timely", "audit", "assumption", "efficiency"))
    for topic, theorems in topics.items():
        checks = both_ways(lambda: (core, time_of(isa)), lambda isa, topic=topic: topic, *theorems)
        assert [check.run() for check in checks] == [None, None]


@pytest.mark.parametrize("name", ["g3", "codes", "counting", "assuming"])
def test_a_sound_machine_passes_what_variants_fail(name: str) -> None:
    isa = machine(name)
    facts = {check for checks in VARIANTS.values() for check in checks} - {"admission", *ASKED}
    assert [broken(fact, isa) for fact in sorted(facts)] == [None] * len(facts)
    assert refused(isa) is None and verdict(isa, loading(isa)) is None


def test_a_mistake_in_the_classifier_is_taken_out_again() -> None:
    isa = find("g3_jrst")
    with planted("relocation_changed", lambda *states: None), pytest.raises(Exception):  # noqa: B017
        verdict(isa, culprit(isa))
    assert verdict(isa, culprit(isa))


# ---- what one theorem alone sees


@pytest.mark.parametrize(
    ("name", "theorem"),
    [("sends_for_supervisor", "direct"), ("late", "timely"), ("refuses_without_clock", "efficiency")],
)
def test_what_no_other_theorem_sees(name: str, theorem: str) -> None:
    isa = machine(name)
    law = time_of(isa)
    assert law is not None
    found = [decided(o, QUESTION) for o in obligations(Core(isa), law, news(isa)[0])]
    assert {o.theorem for o in found if not o.proved} == {theorem}


@pytest.mark.parametrize(
    ("about", "role"), [("audit", Role.BASE), ("audit", Role.BOUND), ("mode", Role.MODE), ("state", None)]
)
def test_each_part_of_put_put_has_a_save_that_fails_it(about: str, role: Role | None) -> None:
    core = Planted(machine("g3"), Changes(save=saving(role) if role else remembered))
    law = time_of(core.isa)
    assert law is not None
    found = [decided(o, QUESTION) for o in obligations(core, law, MAP) if o.theorem == "put-put"]
    assert about in {o.about for o in found if o.refuted is Found.YES}


# ---- running them


def test_survivors_and_lost_checks_are_told_apart() -> None:
    def fail() -> str | None:
        raise RuntimeError("broken")

    kept = Mutant("core", "kept", "changes nothing", (Check("look", lambda: None),))
    lost = Mutant("core", "lost", "breaks the check", (Check("look", fail),))
    found = Mutant("core", "found", "shows", (Check("look", lambda: "x = 1"),))
    results = run([kept, lost, found], 20.0)
    assert [(r.name, r.shown, bool(r.why)) for r in results] == [
        ("kept", "", False),
        ("lost", "", True),
        ("found", "x = 1", False),
    ]
    assert not refuted(results) and refuted(results[2:])


def test_a_result_names_a_theorem_that_exists() -> None:
    named = {word for m in MUTANTS for c in m.checks for word in c.name.split()[2:] if " of " in c.name} - {"or"}
    assert named <= set(SENTENCES)
    assert set(SENTENCES) - named == {"quiet", "fetch", "interpretation", "nesting"}, "theorems without a mutant"
    assert isinstance(run([], 1.0), list) and Result.__dataclass_params__.frozen
