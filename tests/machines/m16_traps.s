# Take a trap of every kind on M16, all but one from user mode, and print what it stored: a letter for the handler, the
# info, the length of the window, and how far into the window the ip was.
#
# machine: m16
# input: x
# prints: u 0000 0040 0000
# prints: f 0032 0040 0001
# prints: b 0040 0040 0002
# prints: b ffff 0040 0004
# prints: b 0040 0040 0040
# prints: a 00c8 0040 0005
# prints: l 0001 0040 0007
# prints: t 0018 0040 0009
# prints: a 0007 1000 0018
# exit: g1 = 0
# steps: 3000
# storage: 4096

        .equ INFO, 0            # what a trap stores
        .equ LENGTH, 1
        .equ ORIGIN, 2
        .equ STATUS, 3
        .equ IP, 4
        .equ RESUME, 5          # where the handler goes on
        .equ ARMED, 2           # the bit of the status that lets ticks and lines trap
        .equ SIZE, 64           # of the user's window

        .org 8 + Why.undefined
        .word undefined, forbidden
        .org 8 + Why.bounds
        .word bounds, asked
        .org 8 + Why.tick
        .word tick
        .org 8 + Why.line
        .word line

# run ADDRESS, STATUS: go on in user mode at an address in the window; after the trap go on here.
.macro run address, status
        word g0, after\@
        keep RESUME, g0
        put  g0, SIZE
        keep LENGTH, g0
        word g0, window
        keep ORIGIN, g0
        put  g0, \status
        keep STATUS, g0
        put  g0, \address
        keep IP, g0
        leave
after\@:
.endm

        .org 24
service:
        ask  7

        .org 32
start:  word sp, stack
        run  nothing - window, Mode.user
        run  halting - window, Mode.user
        run  loading - window, Mode.user
        run  storing - window, Mode.user
        run  SIZE, Mode.user
        run  asking - window, Mode.user

        word g0, 60             # by then the one character of the input and its end have arrived
1:      bump g0, -1
        is   g0, 0
        else 1b
        run  waiting - window, Mode.user | ARMED
        put  g0, -1
        calm g0

        put  g0, 24             # thirteen instructions are needed to get there, counting the leave
        alarm g0
        run  waiting - window, Mode.user | ARMED

        word g0, 1f             # and one from the supervisor, whose window is all of storage
        keep RESUME, g0
        goto service
1:      put  g1, 0
        stop

undefined:
        put  g0, 'u'
        goto report
forbidden:
        put  g0, 'f'
        goto report
bounds: put  g0, 'b'
        goto report
asked:  put  g0, 'a'
        goto report
tick:   put  g0, 't'
        goto report
line:   put  g0, 'l'
report: word sp, stack
        tell g0, 0
        find g1, INFO
        gosub field
        find g1, LENGTH
        gosub field
        find g1, IP
        gosub field
        put  g0, '\n'
        tell g0, 0
        find g0, RESUME
        go   g0

# field: print a blank and g1 as four hexadecimal digits. Uses g0.
field:  save g2
        put  g0, ' '
        tell g0, 0
        put  g2, 12
1:      copy g0, g1
        shift g0, g2
        save g1
        put  g1, 15
        mask g0, g1
        put  g1, 10
        below g0, g1
        then 2f
        bump g0, 'a' - 10 - '0'
2:      bump g0, '0'
        tell g0, 0
        back g1
        bump g2, -4
        put  g0, -4
        same g2, g0
        else 1b
        back g2
        go   g2

        .space 16
stack:

        .align 16
window:
nothing:
        .word 0
halting:
        stop
loading:
        get  g0, g0[SIZE - 2]   # g0 is the address that the macro put there: 2
storing:
        put  g0, -1
        stow g0[0], g1
asking: ask  200
        goto asking
waiting:
        put  g0, 1
        bump g0, 1
        goto waiting
        .org window + SIZE
