        .include "two.s"
