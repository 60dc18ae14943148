"""What is true of machines and monitors. `proofs.runs.compare` shows equivalence on whole runs."""
