# caught by greets: 1,024 are the most
# Say hello. Change the text so that it greets you, by the name with which this lab was started.

        .include <macros.s>

        .org 16
start:  set  sp, 4096
        print "hello, alice\n"
        set  r1, 0              # exit code 0: all is well
        j    start

        .include <console.s>
