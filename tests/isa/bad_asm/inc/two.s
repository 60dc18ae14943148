        .include "one.s"
