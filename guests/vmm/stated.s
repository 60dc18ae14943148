# What `trapline prove --vmm` does not prove but takes for granted (docs/monitors-in-assembly.md, "Proved"). No code.

# Where a path goes from its guest to other things, and comes back to `leave` only with a guest whose block is complete.
        .equ away_schedule, schedule
        .equ away_wait, wait

# Routines of devices: they come back with r8 to r15 kept, and may have set pending bits of the guest and changed words of
# its window, and of its block those that are neither its state nor told to others.
        .equ device_listen, listen
        .equ device_complete, complete
        .equ device_character, character
        .equ device_print, print_out
        .equ DEVICE_KEEPS, 8
        .equ DEVICE_BACK, 15
