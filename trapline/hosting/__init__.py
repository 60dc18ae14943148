"""Machines of a host from the command line: `performing.py` has a host do a verb or tells of it, `verbs.py` lists the
verbs, `defining.py` reads a machine's file and what it names, `told.py` says what came of it. All that they do is in
`monitor.host`, which a notebook uses just so."""
