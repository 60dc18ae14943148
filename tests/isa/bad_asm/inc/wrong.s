        halt
        .include "deeper.s"
        hlat
