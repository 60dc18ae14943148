"""What is true of machines and monitors. `proofs.compare` shows equivalence on whole runs."""
