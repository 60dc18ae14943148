"""One obligation, decided: can it be refuted, and does it say anything?

`proofs.obligations.statements` lists them; `verify` decides those that a verdict rests on, `prove` all of them.
"""

from dataclasses import dataclass
from time import perf_counter

import z3

from proofs.obligations.statements import Obligation
from proofs.terms.solving import Found, asking, exists


@dataclass(frozen=True, slots=True)
class Outcome:
    """One obligation, decided. `refuted` is whether a counterexample exists, `given` whether the hypotheses can hold.
    `seconds` is what both took; `shown` is the counterexample in the names of the state."""

    theorem: str
    about: str
    refuted: Found
    given: Found
    vacuous: bool | None
    seconds: float
    shown: tuple[tuple[str, str], ...] = ()
    why: str = ""

    @property
    def proved(self) -> bool:
        """It cannot be refuted, and it says something exactly where it should."""
        expected = {True: (Found.NO,), False: (Found.YES,), None: (Found.NO, Found.YES)}[self.vacuous]
        return self.refuted is Found.NO and self.given in expected

    @property
    def open(self) -> bool:
        """Whether anything about it stayed undecided."""
        return Found.UNKNOWN in (self.refuted, self.given)


def decided(obligation: Obligation, timeout: float) -> Outcome:
    """Ask both questions of an obligation: can it be refuted, and can its hypotheses hold."""
    start = perf_counter()
    with asking(f"{obligation.theorem}: {obligation.about}"):
        with asking("refuted"):
            answer = exists([*obligation.hypotheses, obligation.refuted], timeout)
        with asking("given"):
            given = Found.YES if answer.found is Found.YES else exists(obligation.hypotheses, timeout).found
    shown = _shown(answer.model) if answer.model is not None else ()
    seconds = perf_counter() - start
    return Outcome(obligation.theorem, obligation.about, answer.found, given, obligation.vacuous, seconds, shown)


def undecided(about: str, why: str) -> Outcome:
    """Stands for the obligations about something whose answers did not come."""
    return Outcome("direct", about, Found.UNKNOWN, Found.UNKNOWN, False, 0.0, (), why)


def _shown(model: z3.ModelRef) -> tuple[tuple[str, str], ...]:
    """The plain values of a model, by name."""
    pairs = ((d.name(), model[d]) for d in model.decls() if d.arity() == 0)
    return tuple(sorted((name, _number(value)) for name, value in pairs))


def _number(value: z3.ExprRef) -> str:
    return f"{value.as_long():#x}" if isinstance(value, z3.BitVecNumRef) else str(value)
