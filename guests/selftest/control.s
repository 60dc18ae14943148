# The self-test's second part: storage, branches and jumps. r8 = 0x80000007 and r9 = -3 all the time.

# Storage
        la   r3, word
        lw   r1, 0(r3)
        is   0x5a5a5a5a
        sw   r9, 1(r3)
        lw   r1, 1(r3)
        is   -3
        addi r4, r3, 2
        lw   r1, -2(r4)
        is   0x5a5a5a5a
        sw   r8, -1(r4)
        lw   r1, 1(r3)
        is   0x80000007
        j    branches

word:   .word 0x5a5a5a5a, 0

# branch OP, A, B, TAKEN: the next two checks. The branch goes back or forth to just one instruction that counts, and
# that it is taken must be TAKEN, 0 or 1.
.macro branch op, a, b, taken
        set  r3, 0
        j    from\@
back\@:  addi r3, r3, 1
        j    done\@
from\@:  \op \a, \b, back\@
done\@:  mov  r1, r3
        is   \taken
        set  r3, 1 - \taken
        \op \a, \b, forth\@
        addi r3, r3, -1         # jumped over, or not
        j    end\@
forth\@: addi r3, r3, 1
end\@:   mov  r1, r3
        is   \taken
.endm

branches:
        branch beq, r9, r9, 1
        branch beq, r8, r9, 0
        branch bne, r8, r9, 1
        branch bne, r9, r9, 0
        branch blt, r9, r0, 1   # -3 < 0
        branch blt, r0, r9, 0
        branch blt, r9, r9, 0
        branch bge, r0, r9, 1
        branch bge, r9, r9, 1
        branch bge, r9, r0, 0
        branch bltu, r0, r9, 1  # 0 < 2^32 - 3
        branch bltu, r9, r0, 0
        branch bltu, r9, r9, 0
        branch bgeu, r9, r0, 1
        branch bgeu, r9, r9, 1
        branch bgeu, r0, r9, 0

# Jumps
        la   r3, over - 4
        jalr r4, 4(r3)
behind: halt                    # never reached
over:   mov  r1, r4
        is   behind
        la   r3, same + 4       # the target is read before the link is written
        jalr r3, -4(r3)
same:   mov  r1, r3
        is   same
