"""Solvers that are given a question's script and nothing else, so that they need not be the one that we ask first.

cvc5 has no code in common with z3. It is an extra, since nothing but a second opinion needs it.
"""

from collections.abc import Callable
from importlib.util import find_spec

import z3

from isa.errors import UsageError
from proofs.terms.solving import Found, exists

Judge = Callable[[str, float], str]  # a script and seconds: `sat`, `unsat`, or whatever else the solver says
ANSWER = {"sat": Found.YES, "unsat": Found.NO}


def by_z3(script: str, timeout: float) -> str:
    told = exists(z3.parse_smt2_string(script), timeout)
    return {Found.YES: "sat", Found.NO: "unsat", Found.UNKNOWN: "unknown"}[told.found]


def by_cvc5(script: str, timeout: float) -> str:
    import cvc5

    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(max(1, int(timeout * 1000))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, parser.getSymbolManager())).strip() or said
    return said


SOLVERS: dict[str, Judge] = {"z3": by_z3, "cvc5": by_cvc5}


def solver(name: str) -> Judge:
    """Raises UsageError for one that is not installed."""
    if name == "cvc5" and find_spec("cvc5") is None:
        help = "install it: pip install 'trapline[second-opinion]'; or give `--solver z3`"
        raise UsageError("the solver cvc5 is not installed", help)
    return SOLVERS[name]
