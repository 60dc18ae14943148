# A monitor that is a program of an operating system (type 2): the kernel of os.s, three of its processes, and a fourth
# that is an ordinary user process and runs a virtual machine in its window. `trapline vmm pack` writes the disk from
# which the machine is read. Its console and its disk are made of the kernel's calls, and the clock takes the processor
# from it as from any other process.
#
# Whatever the machine's guest does, the machine does what the bare one would have done, step for step: registers,
# storage, clock and devices.
#
# Reading order: the map below; os/machines.s, what the kernel does for it; then hosted/monitor.s, the process, from one
# stop of its machine to the next; hosted/interpreter.s, what a privileged instruction does; hosted/devices.s; and
# hosted/loader.s, which begins.
#
# machine: g3
# prints: [boot: 4 processes]
# prints: polite: I am process 3
# prints: primes: 25 below 100
# prints: polite: after you
# prints: monitor: there is no disk
# prints: [process 4 ends with 1]
# prints: [process 1 ends with 0]
# prints: polite: after you
# prints: polite: after you
# prints: [process 3 ends with 0]
# prints: ticker: nap 1
# prints: ticker: nap 2
# prints: ticker: nap 3
# prints: [process 2 ends with 0]
# prints: [all processes have ended]
# exit: r1 = 0
# steps: 60000
# storage: 32768

        .equ HOSTED, 1

# ---- The map of storage, in words: that of os.s, with other windows ------------------------------------------------
#
#      0 ..    15   trap area
#     16 ..  4095   kernel
#   4096 ..  7167   three windows of 1024 words
#   7168 ..         the rest is the monitor's
        .equ WINDOWS, 4096
        .equ WINDOW, 1024
        .ifndef PROCESSES       # or 1: the monitor alone
        .equ PROCESSES, 4
        .endif
        .equ HOME, WINDOWS + (PROCESSES - 1) * WINDOW

# ---- And of the monitor's window: virtual addresses ----------------------------------------------------------------
#
#      0 ..  2047   its program, tables and buffers, and its stack
#   2048 ..         the storage of its machine
        .equ STORAGE, 2048

        .ifndef TICK
        .equ TICK, 1000
        .endif
        .equ PRIMES_BELOW, 100
        .equ YIELDS, 1
        .equ NAP, 5

        .include "os.s"

        .if PROCESSES > 1
        .org WINDOWS
        .include "os/primes.s"
        .org WINDOWS + WINDOW
        .include "os/ticker.s"
        .org WINDOWS + 2 * WINDOW
        .include "os/polite.s"
        .endif
        .org HOME
        .include "hosted/monitor.s"
        .include "hosted/interpreter.s"
        .include "lib/splitmix.s"
        .equ TEXT, 128
words:  .space TEXT             # the machine's line, its name included
        .org HOME + LINE
        .space 128              # the monitor's own, as lib/user.s has it
        .include "hosted/devices.s"
        .include "hosted/loader.s"
        .space HOME + STORAGE - .       # the stack
storage:                        # of the machine
