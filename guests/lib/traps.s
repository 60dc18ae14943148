# A trap handler for guests that expect traps: it keeps what the machine stored and goes on where the guest said.
#
# Words 8 to 11 are the status that a trap loads: pc, psw (supervisor, interrupts off), base 0, the largest bound.
# The guest sets `resume` before it provokes a trap; the handler counts and comes back there as supervisor with
# interrupts off and the relocation of a freshly started machine. All registers but r1 are as they were.

        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff

        .equ SAVED_PC, 0
        .equ SAVED_PSW, 1
        .equ SAVED_BASE, 2
        .equ SAVED_BOUND, 3
        .equ CAUSE, 4
        .equ INFO, 5
        .equ resume, 6          # where to go on: a word that no trap touches
        .equ trapped, 7         # how many traps there were
        .equ INTERRUPTS, 2      # the bit of the psw that enables them

        .org 16
handler:
        lw   r1, trapped(r0)
        addi r1, r1, 1
        sw   r1, trapped(r0)
        lw   r1, resume(r0)
        jr   r1

# user LABEL, BASE, BOUND, PSW: go on at a label in the window of BOUND words from BASE, with this psw. Uses r1, and
# words 12 to 15 as the status that lpsw loads. These are nine instructions, the lpsw included.
.macro user label, base, bound, psw
        set  r1, \label - \base
        sw   r1, 12(r0)
        set  r1, \psw
        sw   r1, 13(r0)
        set  r1, \base
        sw   r1, 14(r0)
        set  r1, \bound
        sw   r1, 15(r0)
        lpsw 12(r0)
.endm
