# The first 128 words of storage, as escape.s would have them: whatever traps next enters here, as supervisor. Every secret
# that anybody has in storage is printed, and then the machine is stopped for all.
        .entry 0
        .space 8                # what traps store
        .word owned, Mode.supervisor, 0, 0xffffffff
        .space 4
owned:  la   r1, said
1:      lw   r2, 0(r1)
        beqz r2, 2f
        out  r2, r0             # the console
        addi r1, r1, 1
        b    1b
2:      set  r1, done           # where storage ends is where the search traps
        sw   r1, 8(r0)
        set  r7, 128
        li   r8, 0x72636573     # "secr", four characters in a word
        li   r9, 0x203a7465     # "et: "
3:      lw   r1, 0(r7)
        bne  r1, r8, 6f
        lw   r1, 1(r7)
        bne  r1, r9, 6f
        addi r10, r7, 2
4:      lw   r1, 0(r10)
        set  r2, 4
5:      andi r3, r1, 0xff
        beqz r3, 6f
        out  r3, r0
        addi r3, r3, -'\n'
        beqz r3, 6f
        srli r1, r1, 8
        addi r2, r2, -1
        bnez r2, 5b
        addi r10, r10, 1
        b    4b
6:      addi r7, r7, 1
        b    3b
done:   set  r1, 66
        halt
said:   .string "[escape: the kernel is mine, and all that it keeps]\n"
