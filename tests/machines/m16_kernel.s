# A tiny kernel for M16: three processes in their own windows take turns by the tick. Each prints its letter again and
# again through the kernel; the third then stores outside its window and is removed.
#
# machine: m16
# prints: aabbccaabb!aabaa
# exit: g1 = 0
# steps: 30000
# storage: 4096

        .equ INFO, 0            # what a trap stores: info, length, origin, status, ip
        .equ SAVED, 24          # four registers and the flag, saved on the way in
        .equ CAUSE, 29
        .equ CURRENT, 30        # the descriptor of the process that runs
        .equ QUANTUM, 400       # steps, the kernel's own included
        .equ MARGIN, 60         # more than the kernel's way out takes
        .equ ARMED, 2

# A descriptor: 0 to 3 registers, 4 flag, 5 length, 6 origin, 7 status, 8 ip, 9 alive, 10 the next descriptor.
        .org 8 + Why.undefined
        .word undefined, forbidden
        .org 8 + Why.bounds
        .word bounds, asked
        .org 8 + Why.tick
        .word tick

        .org 32
start:  word g1, third          # the first to run is the one behind it
        goto switch

undefined:
        keep SAVED, g0
        put  g0, Why.undefined
        goto enter
forbidden:
        keep SAVED, g0
        put  g0, Why.forbidden
        goto enter
bounds: keep SAVED, g0
        put  g0, Why.bounds
        goto enter
asked:  keep SAVED, g0
        put  g0, Why.ask
        goto enter
tick:   keep SAVED, g0
        put  g0, Why.tick
enter:  keep CAUSE, g0
        keep SAVED + 1, g1
        keep SAVED + 2, g2
        keep SAVED + 3, g3
        put  g0, 0              # the flag can be seen only by a branch
        else 1f
        put  g0, 1
1:      keep SAVED + 4, g0
        find g1, CURRENT
        put  g3, SAVED
        gosub copy_five         # registers and flag to 0, ...
        bump g1, 5
        put  g3, INFO + 1
        gosub copy_four         # ... length, origin, status and ip to 5
        find g1, CURRENT
        find g0, CAUSE
        is   g0, Why.tick
        then switch
        is   g0, Why.ask
        else kill
        find g0, INFO
        is   g0, 1
        else end
        get  g0, g1[0]          # service 1: print the character in g0
        tell g0, 0
        get  g0, g1[8]
        bump g0, 1              # behind the ask
        stow g1[8], g0
        gauge g0                # has the tick come meanwhile, or will it before we are out?
        word g2, QUANTUM - MARGIN
        below g0, g2
        then resume
        goto switch

kill:   put  g0, '!'
        tell g0, 0
end:    put  g0, 0              # service 0, and what the kernel does not know: end
        stow g1[9], g0

# switch: the next living process behind g1, at most three steps on.
switch: put  g2, 3
1:      get  g1, g1[10]
        get  g0, g1[9]
        is   g0, 1
        then 2f
        bump g2, -1
        is   g2, 0
        else 1b
        put  g0, '\n'
        tell g0, 0
        put  g1, 0
        stop
2:      keep CURRENT, g1
        word g0, QUANTUM
        alarm g0

# resume: load the current process. The tick lasts for one step only, so it must not fall into the kernel.
resume: find g3, CURRENT
        bump g3, 5
        put  g1, INFO + 1
        gosub copy_four
        find g3, CURRENT
        put  g1, SAVED
        gosub copy_five
        find g0, SAVED + 4
        is   g0, 1
        find g0, SAVED
        find g1, SAVED + 1
        find g2, SAVED + 2
        find g3, SAVED + 3
        leave

# copy_five, copy_four: words from g2 on to g1 on. g2 is also the link, so the source waits in g3.
copy_five:
        get  g0, g3[4]
        stow g1[4], g0
copy_four:
        get  g0, g3[0]
        stow g1[0], g0
        get  g0, g3[1]
        stow g1[1], g0
        get  g0, g3[2]
        stow g1[2], g0
        get  g0, g3[3]
        stow g1[3], g0
        go   g2

first:  .word 'a', 8, 0, 0, 0, 64, window, Mode.user | ARMED, 0, 1, second
second: .word 'b', 5, 0, 0, 0, 64, window + 64, Mode.user | ARMED, 0, 1, third
third:  .word 'c', 2, 0, 0, 0, 64, window + 128, Mode.user | ARMED, 0, 1, first

# The program, three times the same: print the letter in g0 as often as g1 says, with a pause between. A count of two
# leads to no good end.
.macro program misbehave
1:      ask  1
        put  g2, 30
2:      bump g2, -1
        is   g2, 0
        else 2b
        bump g1, -1
        is   g1, 0
        else 1b
        put  g1, 64 - \misbehave
        stow g1[0], g1
        ask  0
.endm
        .align 64
window: program 1
        .org window + 64
        program 1
        .org window + 128
        program 0
