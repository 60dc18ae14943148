        .space 0x100000000
        .org 0xffffffff
        halt
        halt
        .space 300000
=====
too_large.s:1:9: error: the program is larger than 262144 words
    1 |         .space 0x100000000
      |         ^^^^^^^^^^^^^^^^^^
too_large.s:4:9: error: the program runs past the last address, 0xffffffff
    4 |         halt
      |         ^^^^
too_large.s:5:9: error: the program is larger than 262144 words
    5 |         .space 300000
      |         ^^^^^^^^^^^^^
