        j 1b
1:      halt
        j 1f
        j 2f
=====
local_label.s:1:11: error: there is no label `1:` above
    1 |         j 1b
      |           ^^
small.isa:1:1: note: `j` stands for `jal r0, t`
    1 | a pseudo-instruction
      | ^^^^^^^^^^^^^^^^^^^^
help: write `1:` there
local_label.s:3:11: error: there is no label `1:` below
    3 |         j 1f
      |           ^^
small.isa:1:1: note: `j` stands for `jal r0, t`
    1 | a pseudo-instruction
      | ^^^^^^^^^^^^^^^^^^^^
help: write `1:` there
local_label.s:4:11: error: there is no label `2:` below
    4 |         j 2f
      |           ^^
small.isa:1:1: note: `j` stands for `jal r0, t`
    1 | a pseudo-instruction
      | ^^^^^^^^^^^^^^^^^^^^
help: write `2:` there
