"""A debugger without a face. `Debugger` in `words.py` is told in words what to do; `opening.py` makes one.

`conditions.py` is what may be asked of a machine; `stops.py` and `moves.py` go somewhere in its history; `scopes.py`,
`code.py` and `frames.py` are what there is to see, as plain data. docs/debug.md explains it.
"""
