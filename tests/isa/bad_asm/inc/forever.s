        .include "forever.s"
