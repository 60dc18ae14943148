loop:   adi r1, r1, 1
        frobnicate r1
        loop
=====
unknown_mnemonic.s:1:9: error: `adi` is not an instruction of left
    1 | loop:   adi r1, r1, 1
      |         ^^^
help: did you mean `addi` or `add`?
unknown_mnemonic.s:2:9: error: `frobnicate` is not an instruction of left
    2 |         frobnicate r1
      |         ^^^^^^^^^^
unknown_mnemonic.s:3:9: error: `loop` is not an instruction of left
    3 |         loop
      |         ^^^^
help: a label is written `loop:`
