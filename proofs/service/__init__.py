"""What a host promises its machines, proved of the functions that it runs (`monitor.service`), for all states.

`whole` reads IR over whole numbers, with wrap-round and all; `standing` has one arbitrary machine, and others on its
processor; `promise` says what a promise is, and `turns`, `in_turn`, `sharing`, `reserving` and `partitioning` state
them; `proving` decides them, and `mutants` are mistakes that they must find. docs/scheduling.md has the argument.
"""
