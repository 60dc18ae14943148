        halt
        .macro m a
        addi r1, r1, \a
        halt
=====
macro_without_end.s:2:9: error: this macro has no end
    2 |         .macro m a
      |         ^^^^^^
help: close it with `.endm`
