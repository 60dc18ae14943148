        addi r1, r0, 32768
        addi r1, r0, 0xffff
        addi r1, r0, -32769
        lui  r1, -1
        lui  r1, 0x12345
        .word 0x100000000, -0x80000001
=====
out_of_range.s:1:22: error: 32768 does not fit operand `k`
    1 |         addi r1, r0, 32768
      |                      ^^^^^
help: `simm` is -32768 to 32767; if you mean the bits, write `32768[15:0]`
out_of_range.s:2:22: error: 65535 does not fit operand `k`
    2 |         addi r1, r0, 0xffff
      |                      ^^^^^^
help: `simm` is -32768 to 32767; if you mean the bits, write `65535[15:0]`
out_of_range.s:3:22: error: -32769 does not fit operand `k`
    3 |         addi r1, r0, -32769
      |                      ^^^^^^
help: `simm` is -32768 to 32767
out_of_range.s:4:18: error: -1 does not fit operand `u`
    4 |         lui  r1, -1
      |                  ^^
help: `uimm` is 0 to 65535; if you mean the bits, write `(-1)[15:0]`
out_of_range.s:5:18: error: 74565 does not fit operand `u`
    5 |         lui  r1, 0x12345
      |                  ^^^^^^^
help: `uimm` is 0 to 65535
out_of_range.s:6:15: error: 4294967296 does not fit a word of 32 bits
    6 |         .word 0x100000000, -0x80000001
      |               ^^^^^^^^^^^
help: a word is -2147483648 to 4294967295; a slice such as `[31:0]` cuts a value
out_of_range.s:6:28: error: -2147483649 does not fit a word of 32 bits
    6 |         .word 0x100000000, -0x80000001
      |                            ^^^^^^^^^^^
help: a word is -2147483648 to 4294967295; a slice such as `[31:0]` cuts a value
