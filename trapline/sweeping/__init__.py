"""Sweeps of the design space: every machine that a file spans, and what becomes of it.

`space.py` reads the file, `machines.py` makes its machines, `asking.py` asks each distinct question once, wherever jobs
are done, `row.py` is what is known of a machine in the end, and `sheet.py` and `lattice.py` show it. docs/sweep.md
explains the file.
"""
