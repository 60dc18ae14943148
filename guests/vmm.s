# A virtual machine monitor that is a program of the machine itself (type 1): up to eight guests, each with a window of
# storage, a console, a part of the disk and a share of the processor, run in user mode and trap into it. `trapline vmm
# pack` writes the disk that it boots from. It runs on the bare machine, on any monitor, and on itself.
#
# Whatever a guest does, its virtual machine does what the machine would have done, step for step: registers, storage,
# clock and devices. It trusts no address, port, block or register of a guest.
#
# Reading order: the map below; vmm/dispatcher.s, from a trap to the return into the guest; vmm/interpreter.s, the one
# step between them; vmm/allocator.s, who has which words and whose turn it is; vmm/devices.s; and vmm/main.s, which
# boots.
#
# machine: g3
# prints: [vmm: no disk; `trapline vmm pack` writes one]
# exit: r1 = 2
# steps: 1000
# storage: 65536

        .include "lib/macros.s"

# ---- The map of storage, in words ----------------------------------------------------------------------------------
#
#      0 ..    15   trap area (see `trapline machines g3 --manual`)
#     16 ..    75   `vm`, the virtual machine whose turn it is
#     76 ..  4095   the monitor: code, tables, the other virtual machines, buffers, stack
#   4096 ..         for each guest its window, and behind it what is typed for it
        .equ WINDOWS, 4096

        .equ VMS, 8             # how many guests there may be
        .equ LONGEST, 1 << 24   # steps of a share at most
        .equ EXIT, 140          # steps of its share that an exit costs a guest: about what it costs us

# ---- What traps store, at 0; 6, 7 and 12 to 15 are free -----------------------------------------------------------------
        .equ SAVED_PC, 0
        .equ SAVED_PSW, 1
        .equ SAVED_BASE, 2
        .equ SAVED_BOUND, 3
        .equ CAUSE, 4
        .equ INFO, 5
        .equ VECTOR, 8          # four words that a trap loads
        .equ STATUS, 12         # four words for lpsw

        .equ INTERRUPTS, 2      # the bit of the psw that enables them
        .equ GUEST, Mode.user | INTERRUPTS      # the psw with which every guest runs, whatever it believes

# ---- A virtual machine. First its state as the machine's description has it ---------------------------------------------
        .equ VM_X, 0            # sixteen registers, of which the first is 0
        .equ VM_PC, 16
        .equ VM_PSW, 17
        .equ VM_BASE, 18
        .equ VM_BOUND, 19
        .equ VM_TIMER, 20
        .equ VM_PENDING, 21
        .equ VM_HALTED, 22
# Its storage: where its window begins in ours, and how many words that has
        .equ VM_WINDOW, 23
        .equ VM_SIZE, 24
# Its time: how many steps it has taken, low word first
        .equ VM_STEPS, 25
        .equ VM_NUMBER, 27      # which it is, from 0
# What it moved over its ports last: how many words so far; received or sent, which port, which word
        .equ VM_TRAFFIC, 28
        .equ VM_WAY, 29
        .equ VM_PORT, 30
        .equ VM_WORD, 31
        .equ RECEIVED, 1
        .equ SENT, 2
# Its share of the processor
        .equ VM_LIVE, 32        # 1 until it halts, or waits for what will never come
        .equ VM_SHARE, 33       # steps of a turn
        .equ VM_LEFT, 34        # steps left of this turn
        .equ VM_WAKE, 35        # while it waits: the time of the monitor's clock (`now`) until when
# Its console: what it prints, and what is typed for it
        .equ VM_NAME, 36        # three words of four characters, the first in the low byte, zero behind the last
        .equ VM_LENGTH, 39      # characters of a line that is not complete
        .equ VM_CONSOLE, 40     # 1 for the one to whom the characters of our console go; others have a text
        .equ VM_LISTENING, 41   # 1 until the end of input has come
        .equ VM_ARRIVAL, 42     # the step (its low word) at which the next character, or the end, is due
        .equ VM_TEXT, 43        # where its characters lie, one in each word: the text, or a ring
        .equ VM_MASK, 44        # of a character's number, to find it there
        .equ VM_LETTERS, 45     # how many there are, of a text
        .equ VM_CAME, 46        # how many have come to its console
        .equ VM_TAKEN, 47       # how many of them it has taken
# Its part of the disk, and what it has told it
        .equ VM_FIRST, 48       # the first block
        .equ VM_BLOCKS, 49      # how many there are
        .equ VM_ADDRESS, 50
        .equ VM_BLOCK, 51
        .equ VM_RESULT, 52      # status of the last command that has ended
        .equ VM_BUSY, 53        # 1 while a command is under way
        .equ VM_DUE, 54         # the step (its low word) at which it ends
        .equ VM_COMMAND, 55     # it, and the address and block as they were when it was given
        .equ VM_FROM, 56
        .equ VM_WHICH, 57
        .equ VM_RANDOM, 58      # state of its random source, low word first
        .equ VM_WORDS, 60

# ---- The trap vector: every trap enters at `trap`, as supervisor, interrupts off, not relocated -------------------------
        .org VECTOR
        .word trap, Mode.supervisor, 0, 0xffffffff

        .org 16
vm:     .space VM_WORDS

        .include "vmm/dispatcher.s"
        .include "vmm/interpreter.s"
        .include "vmm/allocator.s"
        .include "vmm/devices.s"
        .include "vmm/main.s"
        .include "lib/console.s"
        .include "lib/splitmix.s"
        .include "vmm/stated.s"

        .org WINDOWS - 64       # words of stack
        .space 64
stack:
