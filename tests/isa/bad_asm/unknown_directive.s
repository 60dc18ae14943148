        .wrod 5
        .data
        .endm
=====
unknown_directive.s:1:9: error: there is no directive `.wrod`
    1 |         .wrod 5
      |         ^^^^^
help: did you mean `.word`?
unknown_directive.s:2:9: error: there is no directive `.data`
    2 |         .data
      |         ^^^^^
help: directives are .org .word .space .align .string .ascii .equ .entry .include .was .macro .endm .rept .endr .if .ifdef .ifndef .else .endif
unknown_directive.s:3:9: error: there is no macro to end here
    3 |         .endm
      |         ^^^^^
help: a macro begins with `.macro name`
