"""The guest on the machine with the fewest guards that make Theorem 1 hold, under a monitor that traps and emulates.

It is compared with the same guest bare on the mended machine: what the guards change for it in user mode is the price.
"""

from dataclasses import replace

from isa.errors import TraplineError
from monitor.techniques import TRAP
from proofs.terms.solving import Found
from proofs.verdict.repair import repair
from proofs.verdict.verification import verify
from trapline.kinds.derived import compared
from trapline.kinds.kind import Case, Tried


def mended(case: Case) -> Tried:
    """Raises TraplineError where guards do not mend the machine."""
    found = verify(case.setup.isa)
    if found.theorem1 is Found.YES:
        raise TraplineError("there is nothing to repair: Theorem 1 holds", "look at `trap`")
    after = repair(found, "")
    if after.verification is None or after.holds is not Found.YES:
        raise TraplineError("guards alone do not mend it", "see `trapline repair`")
    tried = compared("repaired", case, replace(case.setup, isa=after.verification.isa, monitors=(TRAP,)))
    return replace(tried, why=tried.why or f"guarded: {' '.join(after.guarded)}")
