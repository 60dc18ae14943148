"""Mutants of the classifier: a definition left out or turned round. A machine with a known verdict refutes each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import z3

from isa.description import Isa
from isa.ir.nodes import Load, nodes
from proofs.definitions import classification
from proofs.definitions.classification import Classifier, Verdict, subjects
from proofs.definitions.pairs import in_mode
from proofs.mutants.mutant import QUESTION, Check, Mutant, machine, news
from proofs.terms.solving import Found
from proofs.verdict.reasons import letter_reason


@contextmanager
def planted(name: str, mistake: Callable[..., Any]) -> Iterator[None]:
    """Inside, the classifier uses `mistake` for one of the definitions that it is made of."""
    right = getattr(classification, name)
    setattr(classification, name, mistake)
    try:
        yield
    finally:
        setattr(classification, name, right)


def culprit(isa: Isa) -> str:
    """The instruction that makes a variant what it is."""
    return news(isa)[0]


def loading(isa: Isa) -> str:
    """An instruction that everybody may use and that reads storage."""
    return next(i.name for i in isa.instructions.values() if any(_loads(i.behaviour.expressions())))


def _loads(roots: Any) -> Iterator[bool]:
    return (isinstance(node, Load) for node in nodes(*roots))


def mutant(
    name: str, what: str, definition: str, mistake: Callable[..., Any], on: str, about: Callable[[Isa], str]
) -> Mutant:
    """`mistake` in place of `definition`, refuted by the verdict on one instruction of a machine."""
    keeps = Found.YES if on == "g3" else Found.NO

    def check() -> str | None:
        isa = machine(on)
        with planted(definition, mistake):
            found = _verdict(isa, about(isa))
        if found.virtualizable in (keeps, Found.UNKNOWN):
            return None
        wrong = "innocuous or privileged" if keeps is Found.NO else f"a culprit: {letter_reason(found)}"
        return f"{on}: {found.name} is taken for {wrong}"

    return Mutant("classifier", name, what, (Check("known verdict", check),))


def _verdict(isa: Isa, name: str) -> Verdict:
    return Classifier(isa, QUESTION).verdict(next(s for s in subjects(isa) if s.name == name))


def never(*states: Any) -> Any:
    return z3.BoolVal(False)


def itself(state: Any) -> Any:
    return state


CLASSIFIERS = [
    mutant(
        "control forgotten", "does not look at mode and relocation", "relocation_changed", never, "g3_jrst", culprit
    ),
    mutant("location not moved", "moves the program to where it is", "shifted", itself, "g3_sgdt", culprit),
    mutant("registers not compared", "does not look at registers", "differ_ordinarily", never, "g3_sgdt", culprit),
    mutant(
        "resources not watched", "does not look who changes a resource", "resources_changed", never, "g3_popf", culprit
    ),
    mutant(
        "resources all alike", "gives both states the same resources", "other_resources", itself, "reads_timer", culprit
    ),
    mutant(
        "one mode only",
        "puts both states into user mode",
        "in_two_modes",
        lambda s: (in_mode(s, "user"), in_mode(s, "user")),
        "reads_mode",
        culprit,
    ),
    mutant(
        "traps not excluded",
        "counts what a trapping step would have done",
        "_untrapped",
        lambda *runs: [],
        "g3",
        loading,
    ),
]
