"""Engines: what executes the steps of a machine. `isa.engines.reference.engine` is the oracle; begin there.

`isa.engines.native` does the same in machine code, `isa.engines.auto` begins in one and changes to the other, and
`isa.engines.choice` has all of them by name.
"""
