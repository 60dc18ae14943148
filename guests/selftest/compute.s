# The self-test's first part: what goes on between registers. r8 = 0x80000007 and r9 = -3 all the time.

# Constants and addresses
        lui  r1, 0xabcd
        is   0xabcd0000
        li   r1, 0x12345678
        is   0x12345678
        set  r0, 5              # a write to r0 is lost
        mov  r1, r0
        is   0
        adr  r1, here           # one instruction before `here`
here:   is   here
        call forward            # ra holds the address behind the call
forward:
        mov  r1, ra
        is   forward

# Arithmetic. r8 = -2147483641, r9 = -3
        add  r1, r8, r8         # wraps
        is   14
        addi r1, r8, -8
        is   0x7fffffff
        sub  r1, r9, r8
        is   0x7ffffff6
        mul  r1, r8, r9
        is   0x7fffffeb
        divu r1, r8, r9         # an unsigned number by a larger one
        is   0
        divs r1, r8, r9
        is   0x2aaaaaa8         # truncated towards zero
        set  r3, 7
        set  r4, -7
        divs r1, r4, r3
        is   -1
        set  r3, 2
        divs r1, r4, r3         # -3, not -4
        is   -3
        rems r1, r4, r3         # the sign of the dividend
        is   -1
        divu r1, r4, r3
        is   0x7ffffffc
        remu r1, r4, r3
        is   1
        remu r1, r8, r9
        is   0x80000007
        divu r1, r8, r0         # by zero
        is   -1
        divs r1, r8, r0
        is   -1
        remu r1, r8, r0
        is   0x80000007
        rems r1, r8, r0
        is   0x80000007
        li   r3, 0x80000000     # the one quotient that does not fit
        set  r4, -1
        divs r1, r3, r4
        is   0x80000000
        rems r1, r3, r4
        is   0

# Logic. r3 = 0xff00ff00, r4 = 0x0ff00ff0
        li   r3, 0xff00ff00
        li   r4, 0x0ff00ff0
        and  r1, r3, r4
        is   0x0f000f00
        or   r1, r3, r4
        is   0xfff0fff0
        xor  r1, r3, r4
        is   0xf0f0f0f0
        nor  r1, r3, r4
        is   0x000f000f
        andi r1, r3, 0xf0f0     # constants of logic are not extended with a sign
        is   0xf000
        ori  r1, r3, 0xf00f
        is   0xff00ff0f
        xori r1, r3, 0xffff
        is   0xff0000ff

# Shifts
        set  r3, 4
        set  r5, 32
        sll  r1, r8, r3
        is   0x70
        srl  r1, r8, r3
        is   0x08000000
        sra  r1, r8, r3
        is   0xf8000000
        sll  r1, r8, r5         # by the width and more
        is   0
        srl  r1, r8, r5
        is   0
        sra  r1, r8, r5
        is   -1
        sra  r1, r8, r9         # the amount is unsigned: -3 is a large one
        is   -1
        slli r1, r8, 31
        is   0x80000000
        srli r1, r8, 31
        is   1
        srai r1, r8, 31
        is   -1
        srai r1, r8, 16
        is   0xffff8000

# Comparisons
        slt  r1, r8, r9
        is   1
        slt  r1, r9, r8
        is   0
        slt  r1, r9, r0
        is   1
        slt  r1, r9, r9         # not less than itself
        is   0
        sltu r1, r9, r0
        is   0
        sltu r1, r0, r9
        is   1
        sltu r1, r9, r9
        is   0
        slti r1, r9, -2
        is   1
        slti r1, r9, -3
        is   0
        slti r1, r9, 5
        is   1
        sltiu r1, r9, -2        # the constant is extended with its sign, then compared without
        is   1
        sltiu r1, r9, -3
        is   0
        sltiu r1, r9, 5
        is   0
