r1:     halt
Mode.x: halt
        .equ sp, 4
        5 + 3
        , r1
        "text"
=====
bad_names.s:1:1: error: `r1` is a register and cannot be a symbol
    1 | r1:     halt
      | ^^
help: choose another name
bad_names.s:2:1: error: `Mode.x` is not a name for a symbol
    2 | Mode.x: halt
      | ^^^^^^
help: names have letters, digits and `_`
bad_names.s:3:14: error: `sp` is a register and cannot be a symbol
    3 |         .equ sp, 4
      |              ^^
help: choose another name
bad_names.s:4:9: error: `5` does not begin a statement
    4 |         5 + 3
      |         ^
help: a statement is `label:`, a directive or an instruction
bad_names.s:5:9: error: `,` does not begin a statement
    5 |         , r1
      |         ^
help: a statement is `label:`, a directive or an instruction
bad_names.s:6:9: error: `"text"` does not begin a statement
    6 |         "text"
      |         ^^^^^^
help: a statement is `label:`, a directive or an instruction
