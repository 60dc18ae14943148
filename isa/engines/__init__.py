"""Engines: what executes the steps of a machine. `isa.engines.reference` is the oracle; begin there."""
