"""Who goes next, and what it costs: each policy one class, whose decisions and accounts are small functions in IR.

`policy` says what a policy is, and has the bill that all of them share; `round_robin`, `deadline` (real time), `shares`
(with caps and reservations) and `partition` are the policies, and `catalogue` lists them.
"""
