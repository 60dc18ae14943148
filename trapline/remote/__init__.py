"""gdb as a face of the debugger: its remote protocol over the same history.

`wire` has the packets, `target` and `memory` tell gdb of a machine that it takes for a RISC-V, `moves` goes where it
asks to, `stub` answers. Nothing is decided here that `trapline.debugging` and `monitor.history` do not decide.
"""
