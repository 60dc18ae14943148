"""What a host promises its machines, proved of the functions that it runs (`monitor.host.policies`), for all states.

`whole` reads IR over whole numbers, with wrap-round and all; `standing` has one arbitrary machine, another one and their
processor; `promises` states what must hold, by policy, in `common`, `in_turn`, `reserving`, `sharing` and `partitioned`;
`proving` decides it, and `mutants` are mistakes that it must find. docs/host.md has the argument.
"""
