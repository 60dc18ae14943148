# The numbers of the system calls of guests/os.s, for its kernel and for programs: os/calls.s says what each does, and of
# those from 12 on, which only processes of containers have, os/files.s and os/containers.s.
        .equ EXIT, 0
        .equ WRITE, 1
        .equ READ, 2
        .equ YIELD, 3
        .equ SLEEP, 4
        .equ TIME, 5
        .equ BLOCK_READ, 6
        .equ BLOCK_WRITE, 7
        .equ SELF, 8
        .equ MACHINE, 9
        .equ RUN, 10
        .equ READ_SOME, 11
        .equ OPEN, 12
        .equ CHANGE, 13
        .equ REMOVE, 14
        .equ LENGTH, 15
        .equ GET, 16
        .equ PUT, 17
        .equ START, 18
        .equ KILL, 19
