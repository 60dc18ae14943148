        .macro push_it reg, by=1
        addi sp, sp, -\by
        sw \rag, 0(sp)
        .endm
        push_it r1
=====
macro_body.s:3:12: error: `\rag` is not a parameter of `push_it`
    3 |         sw \rag, 0(sp)
      |            ^^^^
