"""A guest's source written anew, with hypercalls where a machine's culprits stand: `trapline paravirt`.

Read `rewriting.py` first. `hypercall.py` chooses the instruction that calls the monitor, `flattening.py` makes one text
of a source and what it includes. What a monitor does at a hypercall is in `monitor.techniques`.
"""
