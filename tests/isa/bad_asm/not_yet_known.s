        .space end - start
        .org later
start:  halt
end:
        .align 2f
2:
        .equ later, 10
=====
not_yet_known.s:1:16: error: `end` is not defined above
    1 |         .space end - start
      |                ^^^
help: an address or a size must be known where it stands: define the symbol above
not_yet_known.s:2:14: error: `later` is not defined above
    2 |         .org later
      |              ^^^^^
help: an address or a size must be known where it stands: define the symbol above
not_yet_known.s:5:16: error: there is no label `2:` below
    5 |         .align 2f
      |                ^^
help: it must be known here, so only `b` works
