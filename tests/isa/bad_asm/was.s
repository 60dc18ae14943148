        .was halt
        halt
        .was
        .was .word 5
        .was li r1, 5
        .was halt 7
        .was halt
        .was halt
        .word 7
        .was halt
=====
was.s:1:9: error: there is no instruction before this line
    1 |         .was halt
      |         ^^^^
help: write `.was` below what stands for another
was.s:3:13: error: an instruction is missing
    3 |         .was
      |             ^
help: write `.was INSTRUCTION`
was.s:4:14: error: this is not one instruction
    4 |         .was .word 5
      |              ^^^^^^^
help: a word can stand for one word only
was.s:5:14: error: this is not one instruction
    5 |         .was li r1, 5
      |              ^^^^^^^^
help: a word can stand for one word only
was.s:6:19: error: an operand too many
    6 |         .was halt 7
      |                   ^
help: `halt` takes no operands
was.s:8:9: error: there is no instruction before this line
    8 |         .was halt
      |         ^^^^
help: write `.was` below what stands for another
was.s:10:9: error: there is no instruction before this line
   10 |         .was halt
      |         ^^^^
help: write `.was` below what stands for another
