# Ring 0, a program in ring 3, a trap each for CLI and for UD2, the end.
        .org 8
        .word handler, 0, 0, 0xffffffff
        .org 16
        .equ RING3, 0x10000
start:  movi esp, stack
        movi ebx, 0
        movi esi, greeting
        call.near print
        lgdt table(ebx)
        lpsw program(ebx)
program: .word user, RING3, 0, 0xffffffff
user:   movi ecx, 20
        add  ecx, ecx
        push ecx
        pop  edx
        cli                     # faults
        ud2
        .equ UNDEFINED, 6
handler:
        movi ebx, 0
        ld   ecx, 4(ebx)
        movi edx, UNDEFINED
        cmp  ecx, edx
        jz   done
        movi ecx, '*'
        out  ecx, ebx
        ld   ecx, 0(ebx)
        movi edx, 1
        add  ecx, edx
        st   ecx, program(ebx)
        lpsw program(ebx)
done:   movi esi, goodbye
        call.near print
        movi eax, 0
        hlt
print:  movi ebp, 1
1:      ld   ecx, 0(esi)
        movi edx, 0
        cmp  ecx, edx
        jz   2f
        out  ecx, ebx
        add  esi, ebp
        jmp  1b
2:      ret.near
table:  .word 0x1000, 0, 0xffff9a, 0xffff92, 0xffffff
        .space 8
stack:
greeting: .string "in "
goodbye:  .string " out\n"
