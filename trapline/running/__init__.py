"""From the options of a command to a machine that runs: programs, rigs, sessions, where results are put."""
