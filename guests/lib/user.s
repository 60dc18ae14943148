# What user programs share: macros only, because each program must have its own copy of what it runs.
#
# A program puts a line together in a buffer of its own and writes it with one call. Were it written in pieces, another
# process could come in between. r7 is where the next character goes; the macros use r1 to r4 as well.
        .equ LINE, 768          # virtual address of the buffer; the program ends below it, the stack above it

# begin: an empty line.
.macro begin
        set  r7, LINE
.endm

# text "some text": add a text to the line.
.macro text string
        la   r1, text\@
        set  r2, after\@ - text\@
copy\@:  lw   r3, 0(r1)
        sw   r3, 0(r7)
        addi r1, r1, 1
        addi r7, r7, 1
        addi r2, r2, -1
        bnez r2, copy\@
        j    after\@
text\@:  .ascii \string
after\@:
.endm

# number: add r1 to the line, as an unsigned decimal number.
.macro number
        set  r2, 10
        mov  r3, sp             # digits come out last first; the stack turns them round
digit\@: remu r4, r1, r2
        addi r4, r4, '0'
        push r4
        divu r1, r1, r2
        bnez r1, digit\@
place\@: pop  r4
        sw   r4, 0(r7)
        addi r7, r7, 1
        bne  sp, r3, place\@
.endm

# line: end the line, write it, and begin the next.
.macro line
        set  r1, '\n'
        sw   r1, 0(r7)
        set  r1, LINE
        sub  r2, r7, r1
        addi r2, r2, 1
        svc  WRITE
        begin
.endm

# say "some text": write a line that is only a text.
.macro say string
        begin
        text \string
        line
.endm

# leave CODE: end the program.
.macro leave code
        set  r1, \code
        svc  EXIT
.endm
