"""Guests under monitors that are programs of the machine themselves, watched from outside and held against bare runs.

The monitor says by its symbols where it keeps virtual machines (`proofs.programs.convention`), and that is all that is
known of it. `blocks.py` reads what it keeps, `loading.py` brings a guest into it, `watching.py` stops wherever it is
about to enter a guest, `comparing.py` holds every such moment against a bare machine, and `finding.py` takes single
steps to the first difference. `accounts.py` says where the steps of such a run go. `hostile.py` has guests that mean
harm, and `multiplication.py` counts what an exit costs when monitors run on monitors.
"""
