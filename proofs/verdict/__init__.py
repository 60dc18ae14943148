"""Theorems put together: which hold of a machine, in words, beside what is published, and how to mend it.

Begin with `verification`; `proving` is the same for the monitor.
"""
