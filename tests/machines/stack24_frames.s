# A program in user mode traps for every reason that there is, and each trap has a frame of its own.
#
# machine: stack24
# prints: a!x?.a!x.?a!.x?a.
# steps: 5000
# storage: 1024

        .equ USER, 512          # where the program in user mode lies, and how long it is
        .equ LENGTH, 256
        .equ SOON, 0xffff - 90  # a clock that rings after 90 steps
        .equ TICKS, 128         # how often it has

        .org 0
        .word 1000              # the first stack; no cause has the number 0

        .org 8 * Cause.undefined + 5
        .word undefined, 0x80, 1024
        .org 8 * Cause.forbidden + 5
        .word forbidden, 0x80, 1024
        .org 8 * Cause.outside + 5
        .word outside, 0x80, 1024
        .org 8 * Cause.call + 5
        .word called, 0x80, 1024
        .org 8 * Cause.clock + 5
        .word clock, 0x80, 1024

        .org 256
        .entry start
start:  stack
        lit  0                  # the pc in user mode,
        lit  0x40               # its status, with interrupts enabled,
        lit  USER
        lit  LENGTH
        lit  200                # and its stack
        call soon
        iret

soon:   lit  SOON - 0x10000     # the clock takes the low half
        stim
        ret

undefined:
        lit  '?'
        out  0
        lit  8 * Cause.undefined
        jump past
forbidden:
        lit  'x'
        out  0
        lit  8 * Cause.forbidden
        jump past
outside:
        lit  '!'
        out  0
        lit  8 * Cause.outside
        jump past
called: lit  8 * Cause.call + 4
        load
        out  0                  # the number of the call is a letter
        lit  8 * Cause.call
        jump past

past:   lit  1                  # go on behind the instruction: frame and 1 are on the stack
        jump back
clock:  lit  '.'
        out  0
        lit  TICKS
        load
        lit  1
        add
        dup
        lit  TICKS
        store
        lit  4
        sub
        zero over
        call soon
        lit  8 * Cause.clock
        lit  0
back:   swap                    # how far, frame
        lit  FRAME
        store
        lit  FRAME
        load
        load
        add                     # the pc
        lit  FRAME
        load
        lit  1
        add
        load                    # the status
        lit  USER
        lit  LENGTH
        place
        lit  4
        add                     # the stack as the trap found it
        iret
over:   halt

        .equ FRAME, 129

        .org USER
        sys  'a'
        lit  5
        lit  7
        add
        drop
        lit  LENGTH
        load                    # outside
        drop
        halt                    # forbidden
        .word 0                 # undefined
        enter
        leave
        jump USER
