        .org
        .org -1
        .space -1
        .align 0
        .space 1, 2, 3
        .equ x
        .equ 5, x
        .equ r1, 5
        .entry
        .entry 5
        .entry 6
=====
bad_directives.s:1:13: error: a value is missing
    1 |         .org
      |             ^
help: write a number, a symbol or an expression
bad_directives.s:2:14: error: -1 is not an address
    2 |         .org -1
      |              ^^
help: addresses run from 0 to 0xffffffff
bad_directives.s:3:16: error: -1 words of room
    3 |         .space -1
      |                ^^
help: give a number that is not negative
bad_directives.s:4:16: error: there are no multiples of 0
    4 |         .align 0
      |                ^
help: give a number of words, 1 or more
bad_directives.s:5:22: error: more operands than expected
    5 |         .space 1, 2, 3
      |                      ^
help: write `.space N` or `.space N, E`
bad_directives.s:6:14: error: a name and a value are expected
    6 |         .equ x
      |              ^
help: write `.equ NAME, E`
bad_directives.s:7:14: error: a name and a value are expected
    7 |         .equ 5, x
      |              ^^^^
help: write `.equ NAME, E`
bad_directives.s:8:14: error: `r1` is a register and cannot be a symbol
    8 |         .equ r1, 5
      |              ^^
help: choose another name
bad_directives.s:9:15: error: a value is missing
    9 |         .entry
      |               ^
help: write a number, a symbol or an expression
bad_directives.s:11:9: error: the entry is given twice
   11 |         .entry 6
      |         ^^^^^^
bad_directives.s:10:16: note: it is given here
   10 |         .entry 5
      |                ^
