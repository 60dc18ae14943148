        .include "inc/forever.s"
=====
inc/forever.s:1:18: error: inc/forever.s includes itself
    1 |         .include "forever.s"
      |                  ^^^^^^^^^^^
include_forever.s:1:9: note: it is included here
    1 |         .include "inc/forever.s"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^
help: move what both need to a file of its own
