        .include "nothing.s"
        .include "nothing.s
        .include nothing
=====
include_missing.s:1:18: error: cannot include 'nothing.s': no such file or directory
    1 |         .include "nothing.s"
      |                  ^^^^^^^^^^^
help: only regular files in or below the directory of the program can be included, without symbolic links
include_missing.s:2:18: error: a string is not closed on its line
    2 |         .include "nothing.s
      |                  ^
help: close it with `"`
include_missing.s:3:18: error: a text in double quotes is expected
    3 |         .include nothing
      |                  ^^^^^^^
help: write `.include "..."`
