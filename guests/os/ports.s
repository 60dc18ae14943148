# How the kernel reaches the console and the disk by ports, a word at a time. os/rings.s has the same with rings.

# character NONE: go to NONE if no character waits; then bit 1 of r2 says that none will come. Uses r1 and r3.
.macro character none
        set  r1, CONSOLE_STATUS
        in   r2, r1
        andi r3, r2, 1
        beqz r3, \none
.endm

# accept: the next character into r5.
.macro accept
        in   r5, r0             # port 0 is CONSOLE
.endm

# emit r: print a character. `emitted` ends a row of them.
.macro emit r
        out  \r, r0             # port 0 is CONSOLE
.endm
.macro emitted
.endm

# disk_size d: how many blocks the disk has. Leaves the port in r3.
.macro disk_size d
        set  r3, DISK_BLOCK
        in   \d, r3
.endm

# command: give the disk the command r8 for block r9 and the address r1. Uses r3.
.macro command
        out  r9, r3             # DISK_BLOCK, from `disk_size`
        set  r3, DISK_ADDRESS
        out  r1, r3
        set  r3, DISK_COMMAND
        out  r8, r3
.endm

# begun: the disk's status after a command into r1.
.macro begun
        in   r1, r3             # DISK_COMMAND, from `command`
.endm

# outcome: the disk's status into r1. Uses r3.
.macro outcome
        set  r3, DISK_COMMAND
        in   r1, r3
.endm
