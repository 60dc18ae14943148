# Macros for console output; include them at the top. They call what lib/console.s holds.

# print "text": print a text written in place. Uses r1, r2 and ra.
.macro print text
        la   r1, text\@
        call puts
        j    after\@
text\@:  .string \text
after\@:
.endm

# newline: end the line. Uses r1.
.macro newline
        set  r1, '\n'
        out  r1, r0
.endm
