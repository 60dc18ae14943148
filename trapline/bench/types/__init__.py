"""A monitor on the bare machine beside one on an operating system, in exact counts.

Begin with `systems.py`, which has the two and boots a guest under either. `proofs.under.accounts` says where the steps
of such a run go, `crashes.py` what falls with what, `folklore.py` what is said of the two and whether it is so.
`report.py` puts it together for `trapline bench --types`.
"""
