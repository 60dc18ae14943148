# Containers: the kernel of os.s, in which every process is in a group with process numbers, files, a tag on the console
# and limits of its own. They are on the disk that `trapline container run` packs; without one there are none. All share
# this kernel, and it alone keeps them apart: `--define UNCHECKED` leaves away one of its checks, and escape.s shows what
# that costs.
#
# Reading order: os.s; then os/containers.s, os/lines.s and os/files.s.
#
# machine: g3
# prints: [boot: 0 containers]
# prints: [all processes have ended]
# exit: r1 = 0
# steps: 1000
# storage: 8192

        .equ CONTAINERS, 1
        .ifndef PROCESSES
        .equ PROCESSES, 16      # of all containers together
        .endif
        .ifndef TICK
        .equ TICK, 500
        .endif
        .ifndef PRICE
        .equ PRICE, 100         # steps that a trap of a process costs its container beside its own
        .endif

# ---- The map of storage, in words ----------------------------------------------------------------------------------
#
#      0 ..    15   trap area
#     16 ..         kernel
#      directory .. what the disk says: its layers, then the containers, a descriptor of 64 words each
#      ..           for each container the table of its writable files, its line, and the windows of its processes
        .include "os.s"
directory:
