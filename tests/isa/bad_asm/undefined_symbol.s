counter: .word 0
        li r1, countr
        .word nothing + 1, Mode.usr, Modes.user
=====
undefined_symbol.s:2:16: error: `countr` is not defined
    2 |         li r1, countr
      |                ^^^^^^
help: did you mean `counter`?
undefined_symbol.s:3:15: error: `nothing` is not defined
    3 |         .word nothing + 1, Mode.usr, Modes.user
      |               ^^^^^^^
undefined_symbol.s:3:28: error: `Mode.usr` is not defined
    3 |         .word nothing + 1, Mode.usr, Modes.user
      |                            ^^^^^^^^
help: did you mean `Mode.user`?
undefined_symbol.s:3:38: error: `Modes.user` is not defined
    3 |         .word nothing + 1, Mode.usr, Modes.user
      |                                      ^^^^^^^^^^
help: did you mean `Mode.user`?
