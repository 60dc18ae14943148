        .macro again n
        again \n
        .endm
        again 1
=====
macro_forever.s:2:9: error: expansions are nested more than 32 deep
    2 |         again \n
      |         ^^^^^
macro_forever.s:2:9: note: in the expansion of `again`
    2 |         again \n
      |         ^^^^^
macro_forever.s:2:9: note: in the expansion of `again`
    2 |         again \n
      |         ^^^^^
macro_forever.s:2:9: note: in the expansion of `again`
    2 |         again \n
      |         ^^^^^
macro_forever.s:2:9: note: 28 levels further out
    2 |         again \n
      |         ^^^^^
macro_forever.s:2:9: note: in the expansion of `again`
    2 |         again \n
      |         ^^^^^
macro_forever.s:4:9: note: in the expansion of `again`
    4 |         again 1
      |         ^^^^^^^
help: does a macro use itself?
