# The bare machine in machine mode, without paging: QEMU's `virt`. Its serial port prints, its test device ends it.

        .option arch, +zicsr
        .equ SERIAL, 0x10000000
        .equ TEST, 0x100000
        .equ PASS, 0x5555
        .equ FAIL, 0x13333      # with exit code 1

        .section .text.first, "ax"
        .globl _start
_start: la   t0, wrong
        csrw mtvec, t0
        la   sp, stack_end
        call report
        li   t0, PASS
end:    li   t1, TEST
        sw   t0, 0(t1)
1:      j    1b

        .align 2
wrong:  li   t0, FAIL           # there is no trap outside of trap.S
        j    end

# put(text, length)
        .globl put
put:    li   t0, SERIAL
        add  a1, a0, a1
1:      lbu  t1, 0(a0)
        sb   t1, 0(t0)
        addi a0, a0, 1
        bltu a0, a1, 1b
        ret

        .bss
        .align 4
        .space 32768
stack_end:
