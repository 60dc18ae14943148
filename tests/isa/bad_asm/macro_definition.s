        .macro add a
        .endm
        .macro
        .macro m a, a
        .endm
        .macro n 5
        .endm
        .macro o a b
        .endm
        .macro p
        .endm
        .macro p
        .endm
        .macro s
        .endm extra
        .macro q
        .macro r
        .endm
=====
macro_definition.s:1:16: error: `add` is an instruction of left
    1 |         .macro add a
      |                ^^^
help: choose another name
macro_definition.s:3:15: error: a macro needs a name
    3 |         .macro
      |               ^
help: write `.macro name a, b`
macro_definition.s:4:21: error: parameter `a` is named twice
    4 |         .macro m a, a
      |                     ^
macro_definition.s:6:18: error: a parameter must be a name
    6 |         .macro n 5
      |                  ^
help: write `.macro name a, b, c=0`
macro_definition.s:8:20: error: a comma or a default is expected here
    8 |         .macro o a b
      |                    ^
help: write `.macro name a, b, c=0`
macro_definition.s:12:16: error: macro `p` is defined twice
   12 |         .macro p
      |                ^
macro_definition.s:10:16: note: it is defined here
   10 |         .macro p
      |                ^
macro_definition.s:15:15: error: `.endm` takes no operands
   15 |         .endm extra
      |               ^^^^^
macro_definition.s:17:9: error: a macro is defined inside a macro
   17 |         .macro r
      |         ^^^^^^
macro_definition.s:16:9: note: the macro that is open
   16 |         .macro q
      |         ^^^^^^
help: close the first one with `.endm`
