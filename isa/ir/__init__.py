"""What a description means: nodes, the operators on them, how they are built and folded, and what reads them.

Begin with `nodes`; `operators` is the table of operators, `fold` builds, `reading` walks.
"""
