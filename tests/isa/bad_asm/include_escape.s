        .include "../small_machines.py"
        .include "/etc/passwd"
        .include "inc/../../small_machines.py"
        .include "inc"
        .include ""
=====
include_escape.s:1:18: error: cannot include '../small_machines.py': it leads out of the directory of the program
    1 |         .include "../small_machines.py"
      |                  ^^^^^^^^^^^^^^^^^^^^^^
help: only regular files in or below the directory of the program can be included, without symbolic links
include_escape.s:2:18: error: cannot include '/etc/passwd': it is an absolute path
    2 |         .include "/etc/passwd"
      |                  ^^^^^^^^^^^^^
help: only regular files in or below the directory of the program can be included, without symbolic links
include_escape.s:3:18: error: cannot include 'inc/../../small_machines.py': it leads out of the directory of the program
    3 |         .include "inc/../../small_machines.py"
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
help: only regular files in or below the directory of the program can be included, without symbolic links
include_escape.s:4:18: error: cannot read inc: it is not a regular file
    4 |         .include "inc"
      |                  ^^^^^
include_escape.s:5:18: error: cannot include '': it is not a file
    5 |         .include ""
      |                  ^^
help: only regular files in or below the directory of the program can be included, without symbolic links
