"""Timing Trapline beside compiled C and other simulators, for `trapline bench`.

Reading order: `kernels` has the programs, `sitting` says how they are timed, `machines` and `peers` who runs them.
"""
