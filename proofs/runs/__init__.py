"""What is true of whole runs: bare and monitored compared, generated guests, the three properties watched."""
