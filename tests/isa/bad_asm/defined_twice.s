here:   halt
here:   halt
        .equ here, 5
=====
defined_twice.s:2:1: error: `here` is defined twice
    2 | here:   halt
      | ^^^^
defined_twice.s:1:1: note: it is defined here
    1 | here:   halt
      | ^^^^
help: rename one; inside a macro, add `\@` to the name
defined_twice.s:3:14: error: `here` is defined twice
    3 |         .equ here, 5
      |              ^^^^
defined_twice.s:1:1: note: it is defined here
    1 | here:   halt
      | ^^^^
help: rename one; inside a macro, add `\@` to the name
