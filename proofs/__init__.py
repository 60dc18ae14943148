"""What is true of machines and monitors. `proofs.runs.compare` shows equivalence on whole runs."""

from isa.siblings import check

check(__file__, "isa", "monitor")
