        li r1
        li r1, nowhere
        push2 r1, 5
        jump 0x100000
        mov r1, r2, r3
=====
pseudo.s:1:14: error: `,` is missing
    1 |         li r1
      |              ^
help: it is written `li d, w`
pseudo.s:2:16: error: `nowhere` is not defined
    2 |         li r1, nowhere
      |                ^^^^^^^
pseudo.s:3:19: error: operand `d` must be a register, not `5`
    3 |         push2 r1, 5
      |                   ^
help: `reg` is `r0` to `r15` or `sp`, `ra`
pseudo.s:4:14: error: 0x100000 is 1048569 words from 0x7, too far for operand `t`
    4 |         jump 0x100000
      |              ^^^^^^^^
small.isa:1:1: note: `j` stands for `jal r0, t`
    1 | a pseudo-instruction
      | ^^^^^^^^^^^^^^^^^^^^
small.isa:1:1: note: `jump` stands for `j m`
    1 | a pseudo-instruction
      | ^^^^^^^^^^^^^^^^^^^^
help: `label` reaches -32768 to 32767; jump through a register
pseudo.s:5:19: error: more operands than expected
    5 |         mov r1, r2, r3
      |                   ^
help: it is written `mov d, a`
