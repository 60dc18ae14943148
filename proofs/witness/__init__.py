"""The shortest guest that shows why a machine cannot be virtualized: searched for, polished, written, run.

Begin with `finding`.
"""
