"""Timing Trapline beside compiled C and other simulators, for `trapline bench`.

`kernels` has the programs.
"""
