# caught by counts: of what it prints
        .include <macros.s>
        .org 16
start:  set  sp, 8000
        print "a 4\nb 2\nd 1\ne 1\nn 2\nr 1\n"
        set  r1, 0
        halt
        .include <console.s>
