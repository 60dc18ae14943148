# The console of containers: whole lines behind their names, and what is typed for one of them.

# hears: goes on only in a container that has what is typed; others are at the end of input.
hears:  lw   r3, P_CONTAINER(r12)
        lw   r3, C_FLAGS(r3)
        andi r3, r3, 1
        beqz r3, 1f
        ret
1:      set  r1, 0
        j    done

# say_own: add the character r5 to the line of the process's container, and print that when it ends. Uses r3, r5 and r6.
say_own:
        lw   r6, P_CONTAINER(r12)
        lw   r3, C_HELD(r6)
        xori r5, r5, '\n'
        beqz r5, 1f
        xori r5, r5, '\n'
        lw   r6, C_LINE(r6)
        add  r6, r6, r3
        sw   r5, 0(r6)
        addi r3, r3, 1
        lw   r6, P_CONTAINER(r12)
        sw   r3, C_HELD(r6)
        addi r3, r3, -ROOM
        beqz r3, 1f
        ret
1:      push ra
        push r1
        push r2
        push r4
        push r11
        mov  r11, r6
        call print_line
        pop  r11
        pop  r4
        pop  r2
        pop  r1
        pop  ra
        ret

# finish: print the line of container r11 if it has begun one. print_line: print it in any case. Whatever would move the
# cursor is a question mark: nobody prints a line that looks like somebody else's.
finish: lw   r1, C_HELD(r11)
        bnez r1, print_line
        ret
print_line:
        push ra
        call tag
        print "| "
        lw   r1, C_LINE(r11)
        lw   r2, C_HELD(r11)
        add  r2, r1, r2
1:      beq  r1, r2, 2f
        lw   r5, 0(r1)
        andi r5, r5, 0xff
        slti r6, r5, ' '
        bnez r6, 4f
        addi r6, r5, -0x7f
        bnez r6, 3f
4:      set  r5, '?'
3:      emit r5
        addi r1, r1, 1
        j    1b
2:      set  r5, '\n'
        emit r5
        emitted
        sw   r0, C_HELD(r11)
        pop  ra
        ret

# tag: print the name of container r11. Uses r1 to r5.
tag:    set  r1, 0
1:      add  r2, r11, r1
        lw   r2, C_NAME(r2)
2:      andi r5, r2, 0xff
        beqz r5, 3f
        emit r5
        srli r2, r2, 8
        j    2b
3:      addi r1, r1, 1
        addi r4, r1, -3
        bnez r4, 1b
        emitted
        ret

# name: end the container's line and print "[name.n", n the number of the process in it.
name:   push ra
        lw   r11, P_CONTAINER(r12)
        call finish
        print "["
        call tag
        print "."
        lw   r1, C_FIRST(r11)
        sub  r1, r12, r1
        set  r2, P_SIZE
        divu r1, r1, r2
        addi r1, r1, 1
        call putd
        pop  ra
        ret
