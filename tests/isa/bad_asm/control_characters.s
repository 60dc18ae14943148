        add r1, r2, r3
        add r1, r2, r3 [31m
        halt 
été:    halt
=====
control_characters.s:1:21: error: a control character (code 7) has no place here
    1 |         add r1, r2, .r3
      |                     ^
help: remove it; is this a text file?
control_characters.s:2:24: error: a control character (code 27) has no place here
    2 |         add r1, r2, r3 .[31m
      |                        ^
help: remove it; is this a text file?
control_characters.s:3:13: error: a control character (code 160) has no place here
    3 |         halt.
      |             ^
help: remove it; is this a text file?
control_characters.s:4:1: error: `é` does not begin a statement
    4 | été:    halt
      | ^
help: a statement is `label:`, a directive or an instruction
