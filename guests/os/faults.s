# What a process is killed for, and what the kernel cannot survive.

# ---- fault: kill the current process and say why -------------------------------------------------------------------
fault:  sw   r0, P_STATE(r12)
        .ifdef CONTAINERS
        call failed
        .endif
        call name
        print " killed: "
        lw   r2, CAUSE(r0)
        lw   r1, reasons(r2)
        call puts
        print ", info "
        lw   r1, INFO(r0)
        call putx
        print "]\n"
        j    schedule

# name: print "[process n", n counting from 1; that of a container is in os/containers.s.
        .ifndef CONTAINERS
name:   push ra
        print "[process "
        set  r1, processes
        sub  r1, r12, r1
        set  r2, P_SIZE
        divu r1, r1, r2
        addi r1, r1, 1
        call putd
        pop  ra
        ret
        .endif

reasons:
        .word 0, why_illegal, why_privileged, why_memory, why_call
why_illegal:
        .string "illegal instruction"
why_privileged:
        .string "privileged instruction"
why_memory:
        .string "address out of bounds"
why_call:
        .string "unknown system call"

# ---- panic: a trap in the kernel, which is a mistake in the kernel -------------------------------------------------
panic:  set  sp, stack
        print "[panic: cause "
        lw   r1, CAUSE(r0)
        call putx
        print " pc "
        lw   r1, SAVED_PC(r0)
        call putx
        print "]\n"
        set  r1, 1
        halt
