        .rept 4, i
        oops\i
        .endr
=====
repeated.s:2:9: error: `oops0` is not an instruction of left
    2 |         oops\i
      |         ^^^^^^
repeated.s:1:9: note: in repetition 1 of 4
    1 |         .rept 4, i
      |         ^^^^^^^^^^
help: a label is written `oops0:`
