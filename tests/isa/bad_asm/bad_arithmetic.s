        .word 1 / 0, 1 % (2 - 2)
        .word 1 << 128, 1 >> -1
        .word 0xffffffffffffffffffffffffffffffff * 2
        .word 1[200:0]
        .equ zero, 0
        .word 5 / zero
=====
bad_arithmetic.s:1:17: error: division by zero
    1 |         .word 1 / 0, 1 % (2 - 2)
      |                 ^
bad_arithmetic.s:1:24: error: division by zero
    1 |         .word 1 / 0, 1 % (2 - 2)
      |                        ^
bad_arithmetic.s:2:17: error: a shift by 128
    2 |         .word 1 << 128, 1 >> -1
      |                 ^^
help: shift by 0 to 127
bad_arithmetic.s:2:27: error: a shift by -1
    2 |         .word 1 << 128, 1 >> -1
      |                           ^^
help: shift by 0 to 127
bad_arithmetic.s:3:15: error: a value needs more than 128 bits
    3 |         .word 0xffffffffffffffffffffffffffffffff * 2
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
bad_arithmetic.s:4:16: error: [200:0] is not a slice
    4 |         .word 1[200:0]
      |                ^
help: bits run from the higher one, at most 127, to the lower one
bad_arithmetic.s:6:17: error: division by zero
    6 |         .word 5 / zero
      |                 ^
