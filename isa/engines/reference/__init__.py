"""The reference engine: Python made from the IR, the oracle for every other engine.

`engine` runs, `steps` compiles one step, `source` prints IR as Python, `blocks` chains steps.
"""
