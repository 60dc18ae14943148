"""Which instructions a monitor may interpret where they do not trap: those that are privileged or sensitive.

Asked lazily, since a run interprets few different instructions, and kept for each description.
"""

from functools import lru_cache

from isa.description import Isa
from proofs.definitions.classification import UNASSIGNED, Classifier, subjects
from proofs.runs.laboratory import MayInterpret
from proofs.terms.solving import Found


@lru_cache(maxsize=64)
def justified(isa: Isa) -> MayInterpret:
    """Says of an instruction's name (empty: no instruction) whether it is proved to be privileged or sensitive."""
    known: dict[str, bool] = {}
    classifier = Classifier(isa)
    by_name = {what.name: what for what in subjects(isa)}

    def answer(name: str) -> bool:
        verdict = classifier.verdict(by_name[name or UNASSIGNED])
        return Found.YES in (verdict.privileged, verdict.partly, verdict.sensitivity.sensitive)

    def may_interpret(name: str) -> bool:
        if name not in known:
            known[name] = answer(name)
        return known[name]

    return may_interpret
