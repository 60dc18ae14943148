        .word 12abc
        .word 010
        .word 0xfg
        .word 0b12
        .word 09
        .word 1__0
=====
bad_numbers.s:1:15: error: `12abc` is not a number
    1 |         .word 12abc
      |               ^^^^^
help: numbers are 12, 0x1f, 0b101, 0o17; `1b` and `1f` are local labels
bad_numbers.s:2:15: error: `010` is not a number
    2 |         .word 010
      |               ^^^
help: octal is written `0o10`, decimal without the leading zero
bad_numbers.s:3:15: error: `0xfg` is not a number
    3 |         .word 0xfg
      |               ^^^^
help: numbers are 12, 0x1f, 0b101, 0o17; `1b` and `1f` are local labels
bad_numbers.s:4:15: error: `0b12` is not a number
    4 |         .word 0b12
      |               ^^^^
help: numbers are 12, 0x1f, 0b101, 0o17; `1b` and `1f` are local labels
bad_numbers.s:5:15: error: `09` is not a number
    5 |         .word 09
      |               ^^
help: numbers are 12, 0x1f, 0b101, 0o17; `1b` and `1f` are local labels
bad_numbers.s:6:15: error: `1__0` is not a number
    6 |         .word 1__0
      |               ^^^^
help: numbers are 12, 0x1f, 0b101, 0o17; `1b` and `1f` are local labels
