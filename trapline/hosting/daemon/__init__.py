"""A host that runs by itself: `trapline host serve DIR`.

`owning.py` is the one thread that has the host, gives its machines steps, and does what is asked in between. Everybody
asks in words, as on the command line (`asking.py`): the command line itself through `client.py`, programs through the
JSON interface of `web.py`, clients of QEMU's through `qmp.py`. `moves.py` has machines on their way between this host
and others, and asks it `through.py`. `serving.py` binds the sockets.
"""
