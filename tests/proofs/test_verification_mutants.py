"""Mistakes that are easily made in the definitions: each is planted in the classifier, and a corner refutes it.

A mutant is a change of the text of `proofs.definitions.classification` or `proofs.definitions.pairs`, run as modules of
their own; what it says of one hand-made instruction must differ from the verdict reasoned by hand.
"""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import z3

from isa.description import Isa
from isa.machines.catalogue import find
from proofs.definitions.classification import UNASSIGNED, Verdict
from proofs.terms.solving import Found
from proofs.verdict.reasons import classes, ways
from proofs.verdict.theorems import Kind
from proofs.verdict.verification import verify
from tests.proofs.corner_verdicts import EXPECTED, LETTERS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CORNERS = ROOT / "tests" / "machines" / "corners.isa"


@dataclass(frozen=True)
class Mutant:
    """`old` is `new` in the module; `refuted` is the corner that shows it."""

    name: str
    module: str
    old: str
    new: str
    refuted: str


PAIRS, CLASSES = "proofs.definitions.pairs", "proofs.definitions.classification"

MUTANTS = [
    Mutant(
        "privileged: there is a pair, for all pairs",
        CLASSES,
        "privileged = opposite(self.ask(*pair.seen, negation(pair.guarded)))",
        "privileged = self.ask(*pair.seen, pair.guarded)",
        "some",
    ),
    Mutant("memory traps not excluded", CLASSES, ", *(negation(m) for m in memory)]", "]", "never"),
    Mutant(
        "trapping for the supervisor only is not looked for",
        CLASSES,
        "irregular = self.ask(*pair.seen, pair.supervisor.trapped, negation(pair.user.trapped))",
        "irregular = Found.NO",
        "hole",
    ),
    Mutant(
        "system calls are irregular",
        CLASSES,
        "pair.supervisor.trapped, negation(pair.user.trapped)",
        "pair.supervisor.trapped",
        "call",
    ),
    Mutant(
        "only registers compared", PAIRS, "for s in isa.scalars()\n        if a", "for s in ()\n        if a", "leap"
    ),
    Mutant(
        "ordinary control bits not compared",
        PAIRS,
        "for low, width in ordinary_bits(s)",
        "for low, width in (ordinary_bits(s) if s.role is not Role.CONTROL else ())",
        "flags",
    ),
    Mutant(
        "user sensitivity from supervisor states",
        CLASSES,
        "return any_mode.found, user.found",
        "return any_mode.found, any_mode.found",
        "down",
    ),
    Mutant(
        "one mode for both states",
        CLASSES,
        "one, two = pair(arbitrary(self.isa))",
        'one = two = in_mode(arbitrary(self.isa), "user")',
        "rmode",
    ),
    Mutant("what a trapping step would change counts", CLASSES, "*_untrapped(run), changed", "changed", "gdivide"),
    Mutant(
        "the bound moves with the base",
        PAIRS,
        'return windowed(state.put(base, z3.BitVec(f"base{SHIFTED}", base.width)), SHIFTED)',
        'state = state.put(state.isa.the(Role.BOUND), z3.BitVec("bound", base.width) + 1)\n'
        '    return windowed(state.put(base, z3.BitVec(f"base{SHIFTED}", base.width)), SHIFTED)',
        "rbound",
    ),
    Mutant(
        "channels are no resource",
        PAIRS,
        "return disjunction(*found, *(x.guard for x in after.exchanges))",
        "return disjunction(*found)",
        "say",
    ),
    Mutant(
        "mode and relocation are compared as well",
        PAIRS,
        "        for low, width in ordinary_bits(s)",
        "        for low, width in [(0, s.width)]",
        "place",
    ),
    Mutant(
        "whether it traps is no result",
        CLASSES,
        "        if Found.NO not in found or all(",
        "        if True or all(",
        "align",
    ),
    Mutant(
        "nothing is without its guard", CLASSES, "if t.view or not bits_read([t.guard]) & mode)", "if True)", "grmode"
    ),
    Mutant(
        "what is left of a partly privileged one is all of it",
        CLASSES,
        "rest = self.sensitivity(what, lambda s: let_through(what, s))",
        "rest = self.sensitivity(what)",
        "gdivide",
    ),
    Mutant(
        "only what changes a resource counts", CLASSES, "resource=either(changes, depends)", "resource=changes", "late"
    ),
    Mutant(
        "storage outside the window differs between the modes",
        CLASSES,
        "one, two = pair(arbitrary(self.isa))",
        'one, two = in_mode(window_state(self.isa), "supervisor"), in_mode(window_state(self.isa, "?"), "user")',
        "around",
    ),
]


def mutated(mutant: Mutant) -> ModuleType:
    """`proofs.definitions.classification` with the mistake in it or below it."""
    names = [PAIRS, CLASSES] if mutant.module == PAIRS else [CLASSES]
    saved = {name: sys.modules[name] for name in names}
    try:
        for name in names:
            sys.modules[name] = _module(name, mutant)
        return sys.modules[CLASSES]
    finally:
        sys.modules.update(saved)


def _module(name: str, mutant: Mutant) -> ModuleType:
    path = ROOT / f"{name.replace('.', '/')}.py"
    text = path.read_text()
    if name == mutant.module:
        assert mutant.old in text, f"{mutant.name}: the text to change is gone"
        text = text.replace(mutant.old, mutant.new)
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, f"{path} ({mutant.name})", "exec"), module.__dict__)
    return module


@cache
def corners(variant: str = "corners") -> Isa:
    return find(f"{CORNERS}:{variant}")


def verdict(module: ModuleType, isa: Isa, name: str) -> Verdict:
    what = next(s for s in module.subjects(isa) if s.name == name)
    found: Verdict = module.Classifier(isa).verdict(what)
    return found


def summary(found: Verdict) -> tuple[object, ...]:
    """The parts of a verdict that the classifier itself gives."""
    return (
        "".join(LETTERS[c] for c in classes(found)),
        found.virtualizable is Found.YES,
        found.hybrid is Found.YES,
        "".join(LETTERS[f"{way} sensitive"] for way in ways(found.unguarded)),
        found.sensitivity.extent is Found.YES,
    )


def expected(name: str) -> tuple[object, ...]:
    e = EXPECTED[name]
    return e.classes, e.theorem1, e.theorem3, e.unguarded, e.extent


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mistake_in_the_definitions_is_refuted(mutant: Mutant) -> None:
    assert summary(verdict(mutated(mutant), corners(), mutant.refuted)) != expected(mutant.refuted)


def test_without_a_mistake_every_one_of_them_is_as_expected() -> None:
    module = mutated(Mutant("none", CLASSES, "privileged", "privileged", ""))
    for name in {m.refuted for m in MUTANTS}:
        assert summary(verdict(module, corners(), name)) == expected(name)


def test_forgetting_the_assumptions_is_refuted() -> None:
    planted = Mutant("", PAIRS, "for a in state.isa.assumptions", "for a in ()", "say")
    isa = corners("corners_iopl")
    assert verdict(mutated(planted), isa, "say").privileged is Found.NO
    assert verdict(sys.modules[CLASSES], isa, "say").privileged is Found.YES


def test_leaving_out_unassigned_words_is_refuted() -> None:
    planted = Mutant("", CLASSES, "return [*found, subject(isa, UNASSIGNED, isa.unassigned)]", "return found", "")
    names = [s.name for s in mutated(planted).subjects(corners("corners_open"))]
    assert UNASSIGNED not in names  # and nothing else fails there:
    isa = corners("corners_open")
    module = sys.modules[CLASSES]
    broken = [s.name for s in module.subjects(isa) if verdict(module, isa, s.name).virtualizable is Found.NO]
    assert broken == [UNASSIGNED]


class Undecided:
    """A solver that never finds an answer."""

    def __init__(self, logic: str = "") -> None: ...

    def set(self, *option: object) -> None: ...

    def add(self, *condition: object) -> None: ...

    def check(self) -> object:
        return z3.unknown


def test_an_unknown_is_never_taken_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3, "SolverFor", Undecided)
    monkeypatch.setattr(z3, "SimpleSolver", Undecided)
    monkeypatch.setattr("proofs.terms.solving._ANSWERED", {})
    found = verify(corners("corners_quiet"), workers=0)
    assert (found.theorem1, found.theorem2, found.theorem3) == (Found.UNKNOWN,) * 3
    assert found.monitor is Kind.UNKNOWN
    assert {f.name for f in found.findings} - {line.partition(":")[0] for line in found.unknown} == set()
    monkeypatch.setattr("proofs.terms.solving._ANSWERED", {})  # that it gave no answer is remembered too
    monkeypatch.setattr(Undecided, "check", lambda self: z3.unsat)  # the mistake: no answer is "there is none"
    careless = verify(corners("corners_quiet"), workers=0)
    assert careless.letter.theorem1 is Found.YES
    assert careless.theorem1 is Found.UNKNOWN  # even then: a proof whose hypotheses nothing satisfies is none
