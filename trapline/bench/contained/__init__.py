"""Containers beside virtual machines, in exact counts: one program as a container of one kernel, and in a virtual
machine that has such a kernel of its own, under the monitor in assembly.

Begin with `systems.py`, which boots so many instances of either. `counts.py` has what is counted, `sayings.py` what is
said of the two and whether it is so, and `report.py` puts it together for `trapline container compare`.
"""
