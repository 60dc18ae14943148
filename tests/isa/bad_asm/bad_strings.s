        .string "abc
        .string "a\qb"
        .string abc
        .string
        .ascii "a" "b"
        .word ''
        .word 'ab'
=====
bad_strings.s:1:17: error: a string is not closed on its line
    1 |         .string "abc
      |                 ^
help: close it with `"`
bad_strings.s:2:19: error: `\q` is not an escape
    2 |         .string "a\qb"
      |                   ^^
help: escapes are \n \t \r \0 \e \a \b \\ \' \" and \xHH
bad_strings.s:3:17: error: a text in double quotes is expected
    3 |         .string abc
      |                 ^^^
help: write `.string "..."`
bad_strings.s:4:16: error: a value is missing
    4 |         .string
      |                ^
help: write `.string "...", ...`
bad_strings.s:5:16: error: a text in double quotes is expected
    5 |         .ascii "a" "b"
      |                ^^^^^^^
help: write `.ascii "..."`
bad_strings.s:6:15: error: a character constant is one character between two `'`
    6 |         .word ''
      |               ^
help: write 'x', '\n' or '\''
bad_strings.s:7:15: error: a character constant is one character between two `'`
    7 |         .word 'ab'
      |               ^
help: write 'x', '\n' or '\''
