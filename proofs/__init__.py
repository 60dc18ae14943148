"""What is true of machines and monitors: verdicts in `proofs.verdict`, whole runs in `proofs.runs`.

`proofs.terms` is the solver, `proofs.definitions` what is asked of it, `proofs.obligations` what the monitor owes.
"""

from isa.siblings import check

check(__file__, "isa", "monitor")
