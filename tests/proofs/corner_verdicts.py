"""The verdicts that the hand-made corners of tests/machines/corners.isa must have, reasoned by hand from the paper.

Classes as `proofs.verdict.reasons.classes` names them, without `innocuous` where nothing is sensitive and with the ways that
the guard hides in `unguarded`; `exact` says whether running directly is wrong, and whether it is from user mode.
"""

from dataclasses import dataclass, field

from proofs.terms.solving import Found
from proofs.verdict.reasons import classes, ways
from proofs.verdict.verification import Finding


@dataclass(frozen=True)
class Expected:
    classes: str  # p privileged, v by vacuity, s for some states, C L M R ways, U user sensitive, I irregular
    theorem1: bool
    theorem3: bool
    exact: tuple[bool, bool]
    unguarded: str = ""  # the ways of sensitivity without the guard
    extent: bool = False
    values: dict[str, tuple[int, ...]] = field(default_factory=dict)


FINE = Expected("", True, True, (False, False))
NOT_ZERO = {"d": (1, 2, 3)}  # r0 is always zero, so nothing shows there

EXPECTED: dict[str, Expected] = {
    "plus": FINE,
    "load": FINE,
    "store": FINE,
    "test": FINE,
    "call": FINE,  # trap 3: a system call traps in both modes
    "divide": FINE,
    "never": Expected("pv", True, True, (False, False)),  # trap 1
    "some": Expected("sCU", False, False, (True, True), "C", values={"n": (0, 2, 3)}),  # trap 2
    "select": Expected("CRU", False, False, (True, True), "CR", values={"n": (2, 3)}),
    "hole": Expected("I", False, True, (True, False)),  # trap 4
    "rbound": Expected("", True, True, (True, True), extent=True),  # trap 5: the letter lets it pass
    "rsize": Expected("", True, True, (True, True), extent=True),
    "rie": Expected("RU", False, False, (True, True), "R", values=NOT_ZERO),  # trap 7
    "wie": Expected("RU", False, False, (True, True), "R"),
    "quiet": Expected("R", False, True, (True, False), "R"),  # trap 8
    "rbase": Expected("LU", False, False, (True, True), "L", values=NOT_ZERO),  # trap 9
    "rmode": Expected("M", False, True, (True, False), "M", values=NOT_ZERO),
    "grmode": Expected("p", True, True, (False, False), "M"),  # trap 10
    "grbase": Expected("pL", True, True, (False, False), "L"),
    "down": Expected("C", False, True, (True, False), "C"),  # the PDP-10's JRST 1
    "up": Expected("CU", False, False, (True, True), "C"),
    "place": Expected("sCLU", False, False, (True, True), "C"),  # whether it traps shows the base
    "align": Expected("LU", False, False, (True, True), "L"),
    "late": Expected("RU", False, False, (True, True), "R"),
    "early": Expected("RU", False, False, (False, False), "R"),  # under a monitor the timer is off: it always traps
    "say": Expected("sRU", False, False, (True, True), "R"),  # trap 12
    "level": FINE,
    "gdivide": Expected("sC", True, True, (False, False), "C"),
    "galign": Expected("sL", True, True, (False, False), "L"),  # whoever could see it trap is the supervisor
    "leap": Expected("LU", False, False, (True, True), "L"),
    "flags": Expected("M", False, True, (True, False), "M"),
    "around": Expected("LU", False, False, (True, True), "L", extent=True, values=NOT_ZERO),
    "(unassigned)": FINE,
}

LETTERS = {
    "privileged": "p",
    "privileged by vacuity": "pv",
    "partly privileged": "s",
    "control sensitive": "C",
    "location sensitive": "L",
    "mode sensitive": "M",
    "resource sensitive": "R",
    "user sensitive": "U",
    "irregularly trapping": "I",
    "innocuous": "",
}


def observed(finding: Finding) -> Expected:
    """What was found, in the same form; KeyError for anything that stayed unknown."""
    verdict, exact = finding.verdict, finding.exact
    assert exact is not None
    return Expected(
        classes="".join(LETTERS[c] for c in classes(verdict)),
        theorem1=_known(verdict.virtualizable),
        theorem3=_known(verdict.hybrid),
        exact=(_known(exact.fails), _known(exact.fails_user)),
        unguarded="".join(LETTERS[f"{way} sensitive"] for way in ways(verdict.unguarded)),
        extent=_known(verdict.sensitivity.extent),
        values=verdict.values,
    )


def _known(found: Found) -> bool:
    return {Found.YES: True, Found.NO: False}[found]
