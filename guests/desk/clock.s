# A clock. Its time is the machine's: a second is so many steps, and passes when the machine takes them. A machine that
# waits for ever takes none, and then the clock stands still; with `tick` it wakes the machine at every second instead.

        .equ SECOND, 100000     # steps
        .equ LONG, 0x3fffffff   # more than anything takes between two events

clock:  .word 58, 4, CELL * 8 + 2, LINE + 2 + BAR + RIM
        .word clock_title, draw_clock, nothing, nothing
clock_title:
        .string "Clock"

seconds:
        .word 0
steps:  .word 0                 # of the second that has begun
given:  .word 0                 # what the timer was set to; 0 if it is off
ticking:
        .word 0                 # whether it wakes us
shown_time:
        .string "00:00:00"

begin_clock:
        li   r1, LONG
arm:    sw   r1, given(r0)      # the timer to r1
        stim r1
        ret

# count: the steps since the timer was set; if that makes a second, what the clock shows, which is drawn at once. Between
# two events, so that no other damage is there. Uses r1 to r7.
count:  push ra
        rtim r1
        lw   r2, given(r0)
        sub  r2, r2, r1
        li   r1, LONG
        sw   r1, given(r0)
        stim r1                 # what follows counts for the next time
        lw   r1, steps(r0)
        add  r2, r2, r1
        li   r1, SECOND
        divu r3, r2, r1
        remu r2, r2, r1
        sw   r2, steps(r0)
        beqz r3, 1f
        lw   r2, seconds(r0)
        add  r2, r2, r3
        sw   r2, seconds(r0)
        call tell_time
        push r8
        push r9
        la   r8, clock
        call rectangle
        call damage
        call redraw
        pop  r9
        pop  r8
1:      pop  ra
        ret

# rest: before the machine waits: the timer is off, or ends with the second. Uses r1 to r7.
rest:   push ra
        call count
        set  r1, 0
        lw   r2, ticking(r0)
        beqz r2, 1f
        li   r1, SECOND + 1     # it wakes us when it is 1
        lw   r2, steps(r0)
        sub  r1, r1, r2
1:      call arm
        pop  ra
        ret

# tell_time: `shown_time` from the seconds r2. Uses r1 to r4 and r7.
tell_time:
        set  r4, 60
        set  r3, 6
1:      remu r1, r2, r4
        divu r2, r2, r4
        push r2
        set  r2, 10
        divu r7, r1, r2
        remu r1, r1, r2
        addi r7, r7, '0'
        addi r1, r1, '0'
        sw   r7, shown_time(r3)
        sw   r1, shown_time + 1(r3)
        pop  r2
        addi r3, r3, -3
        bgez r3, 1b
        ret

draw_clock:
        push ra
        call body
        set  r3, CELL * 8
        set  r4, LINE + 2
        li   r5, WHITE
        call fill
        call body
        addi r2, r2, 1
        la   r3, shown_time
        li   r4, BLACK
        li   r5, WHITE
        call text
        pop  ra
        ret
