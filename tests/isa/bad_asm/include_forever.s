        .include "inc/forever.s"
=====
inc/forever.s:1:18: error: includes are nested more than 32 deep
    1 |         .include "forever.s"
      |                  ^^^^^^^^^^^
inc/forever.s:1:9: note: it is included here
    1 |         .include "forever.s"
      |         ^^^^^^^^^^^^^^^^^^^^
inc/forever.s:1:9: note: it is included here
    1 |         .include "forever.s"
      |         ^^^^^^^^^^^^^^^^^^^^
inc/forever.s:1:9: note: it is included here
    1 |         .include "forever.s"
      |         ^^^^^^^^^^^^^^^^^^^^
inc/forever.s:1:9: note: 27 levels further out
    1 |         .include "forever.s"
      |         ^^^^^^^^^^^^^^^^^^^^
inc/forever.s:1:9: note: it is included here
    1 |         .include "forever.s"
      |         ^^^^^^^^^^^^^^^^^^^^
include_forever.s:1:9: note: it is included here
    1 |         .include "inc/forever.s"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^
help: does a file include itself?
