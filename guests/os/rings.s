# How the kernel reaches the console and the disk when it knows that it is virtual (docs/devices.md, Rings): words wait in
# rings in its own storage, and one word sent makes the device look at all of them. os/ports.s has the same by ports, and
# lib/console.s printing.
        .equ RINGS_OUTPUT, 6    # ports: the address of a ring
        .equ RINGS_INPUT, 7
        .equ RINGS_DISK, 8
        .equ GIVEN, 1           # words of a ring: how far it is filled
        .equ TAKEN, 2           # how far it is emptied
        .equ RING_STATUS, 3
        .equ SLOTS, 4           # where the slots begin
        .equ OUT, 256           # slots, a power of two; more than one `write` needs
        .equ IN, 64

# kick PORT, RING: have the device look at a ring. Uses r3 and r7.
.macro kick port, ring
        set  r3, \port
        set  r7, \ring
        out  r7, r3
.endm

# character NONE: go to NONE if no character waits; then bit 1 of r2 says that none will come. Uses r1, r3 and r7.
.macro character none
        lw   r1, in_ring + TAKEN(r0)
        lw   r3, in_ring + GIVEN(r0)
        bne  r1, r3, there\@
        kick RINGS_INPUT, in_ring
        lw   r3, in_ring + GIVEN(r0)
        lw   r2, in_ring + RING_STATUS(r0)
        beq  r1, r3, \none
there\@:
.endm

# accept: the next character into r5. Uses r1.
.macro accept
        lw   r1, in_ring + TAKEN(r0)
        lw   r5, in_ring + SLOTS(r1)
        addi r1, r1, 1
        andi r1, r1, IN - 1
        sw   r1, in_ring + TAKEN(r0)
.endm

# emit r: put a character into the ring of output, which must not be full. `emitted` has the ring printed. Use r3 and r7.
.macro emit r
        lw   r3, out_ring + GIVEN(r0)
        sw   \r, out_ring + SLOTS(r3)
        addi r3, r3, 1
        andi r3, r3, OUT - 1
        sw   r3, out_ring + GIVEN(r0)
.endm
.macro emitted
        kick RINGS_OUTPUT, out_ring
.endm

# disk_size d: how many blocks the disk has, as it was at boot.
.macro disk_size d
        lw   \d, blocks(r0)
.endm

# command: give the disk the command r8 for block r9 and the address r1. Uses r3, r4 and r7.
.macro command
        lw   r3, disk_ring + GIVEN(r0)
        slli r4, r3, 2          # four words each
        sw   r8, disk_ring + SLOTS(r4)
        sw   r1, disk_ring + SLOTS + 1(r4)
        sw   r9, disk_ring + SLOTS + 2(r4)
        xori r3, r3, 1          # of two slots the other one
        sw   r3, disk_ring + GIVEN(r0)
        kick RINGS_DISK, disk_ring
.endm

# begun: the disk's status after a command into r1: a ring is looked at later.
.macro begun
        set  r1, DISK_BUSY
.endm

# outcome: the disk's status into r1. Uses r3 and r4.
.macro outcome
        lw   r3, disk_ring + TAKEN(r0)
        lw   r4, disk_ring + GIVEN(r0)
        set  r1, DISK_BUSY
        bne  r3, r4, busy\@
        xori r3, r3, 1          # the slot that was taken
        slli r3, r3, 2
        lw   r1, disk_ring + SLOTS + 3(r3)
busy\@:
.endm

# ---- Printing, as lib/console.s has it: the same names, and r3, r5 and r7 besides -------------------------------------
puts:   lw   r2, 0(r1)
        beqz r2, printed
        emit r2
        addi r1, r1, 1
        lw   r5, out_ring + TAKEN(r0)
        addi r3, r3, 1          # full, if one more would make it look empty
        andi r3, r3, OUT - 1
        bne  r3, r5, puts
        emitted
        j    puts
printed:
        emitted
        ret

putd:   set  r2, 10
        set  r5, 0
1:      remu r4, r1, r2
        addi r4, r4, '0'
        push r4
        addi r5, r5, 1
        divu r1, r1, r2
        bnez r1, 1b
2:      pop  r4
        emit r4
        addi r5, r5, -1
        bnez r5, 2b
        j    printed

putx:   set  r5, 32
1:      addi r5, r5, -4
        srl  r2, r1, r5
        andi r2, r2, 15
        sltiu r4, r2, 10
        bnez r4, 2f
        addi r2, r2, 'a' - 10 - '0'
2:      addi r2, r2, '0'
        emit r2
        bnez r5, 1b
        j    printed

blocks: .word 0                 # of the disk
out_ring:
        .word OUT, 0, 0, 0
        .space OUT
in_ring:
        .word IN, 0, 0, 0
        .space IN
disk_ring:
        .word 2, 0, 0, 0
        .space 2 * 4
