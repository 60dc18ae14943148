        .macro load reg, at
        lw \reg, \at(sp)
        .endm
        .macro both reg, at
        load \reg, \at
        load sp, \at + 1
        .endm
        both r1, 40000
        both 7, 1
=====
macro_expansion.s:8:18: error: 40000 does not fit operand `k`
    8 |         both r1, 40000
      |                  ^^^^^
macro_expansion.s:5:9: note: in the expansion of `load`
    5 |         load \reg, \at
      |         ^^^^
macro_expansion.s:8:9: note: in the expansion of `both`
    8 |         both r1, 40000
      |         ^^^^^^^^^^^^^^
help: `simm` is -32768 to 32767; if you mean the bits, write `40000[15:0]`
macro_expansion.s:8:18: error: 40001 does not fit operand `k`
    8 |         both r1, 40000
      |                  ^^^^^
macro_expansion.s:6:9: note: in the expansion of `load`
    6 |         load sp, \at + 1
      |         ^^^^^^^^^^^^^^^^
macro_expansion.s:8:9: note: in the expansion of `both`
    8 |         both r1, 40000
      |         ^^^^^^^^^^^^^^
help: `simm` is -32768 to 32767; if you mean the bits, write `40001[15:0]`
macro_expansion.s:9:14: error: operand `d` must be a register, not `7`
    9 |         both 7, 1
      |              ^
macro_expansion.s:5:9: note: in the expansion of `load`
    5 |         load \reg, \at
      |         ^^^^
macro_expansion.s:9:9: note: in the expansion of `both`
    9 |         both 7, 1
      |         ^^^^^^^^^
help: `reg` is `r0` to `r15` or `sp`, `ra`
