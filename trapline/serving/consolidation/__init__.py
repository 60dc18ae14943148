"""Consolidation: many servers on few hosts. `plan.py` reads what is wanted, `reckoning.py` says what each server needs,
`packing.py` finds the hosts, `trial.py` runs them all, and `result.py` holds what happened against what was promised;
`told.py` and `picture.py` show it. docs/consolidate.md is for users.
"""
