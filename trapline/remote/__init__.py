"""gdb as a face of the debugger: its remote protocol over the same history.

`wire` has the packets, `target` tells gdb of a machine that it takes for a RISC-V, `stub` answers. Nothing is decided
here that `trapline.debugging` and `monitor.history` do not decide.
"""
