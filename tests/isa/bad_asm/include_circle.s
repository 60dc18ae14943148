        .include "inc/one.s"
        .include <console.s>
=====
inc/two.s:1:18: error: inc/one.s includes itself: inc/one.s includes inc/two.s includes inc/one.s
    1 |         .include "one.s"
      |                  ^^^^^^^
inc/one.s:1:9: note: it is included here
    1 |         .include "two.s"
      |         ^^^^^^^^^^^^^^^^
include_circle.s:1:9: note: it is included here
    1 |         .include "inc/one.s"
      |         ^^^^^^^^^^^^^^^^^^^^
help: move what both need to a file of its own
include_circle.s:2:18: error: cannot include <console.s>: no such file is shipped
    2 |         .include <console.s>
      |                  ^^^^^^^^^^^
help: there are none here
