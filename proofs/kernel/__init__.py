"""What the kernel with containers promises of the words that processes give it, for all of them.

`reached.py` has all paths of the kernel's own code from one of its labels, on terms; `promises.py` what must hold where
they end; `mutants.py` kernels of which it does not.
"""
