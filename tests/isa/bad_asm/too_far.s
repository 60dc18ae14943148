        .org 0
        beq r1, r2, far
        .org 0x10000
far:    halt
        jal ra, -1
=====
too_far.s:2:21: error: 0x10000 is 65535 words from 0x1, too far for operand `t`
    2 |         beq r1, r2, far
      |                     ^^^
help: `label` reaches -32768 to 32767; jump through a register
too_far.s:5:17: error: -1 is not an address
    5 |         jal ra, -1
      |                 ^^
help: addresses run from 0 to 4294967295
