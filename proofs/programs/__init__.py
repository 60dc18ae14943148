"""Programs of a machine, read symbolically: what one of its paths does, from every state at once.

The subject is a monitor that is itself a program of the machine. Begin with `convention.py`, which says what such a
monitor tells of itself by its symbols; `exits.py` has the states in which it is entered, `paths.py` runs it from there,
`judging.py` holds what came of it against one bare step, and `proving.py` does so for all of them.
"""
