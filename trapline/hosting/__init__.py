"""What `trapline host` does: `defining.py` reads a machine's file and what it names, `verbs.py` has each verb as a
command, `told.py` says what came of it. All that they do is in `monitor.host`, which a notebook uses just so."""
