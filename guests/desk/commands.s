# What the terminal understands: a word, and perhaps something behind it. A command is a line of the table and a routine,
# which finds what stands behind the word at r8.

commands:
        .word help_word, help
        .word echo_word, echo
        .word clear_word, clear
        .word time_word, time
        .word tick_word, tick
        .word exit_word, end
        .word 0

help_word:      .string "help"
echo_word:      .string "echo"
clear_word:     .string "clear"
time_word:      .string "time"
tick_word:      .string "tick"
exit_word:      .string "exit"

# command: do what `line` says. Uses r1 to r7.
command:
        push ra
        push r8
        push r9
        la   r9, commands
1:      lw   r1, 0(r9)
        beqz r1, unknown
        call same
        bnez r1, 2f
        addi r9, r9, 2
        j    1b
2:      lw   r1, 1(r9)
        jalr ra, 0(r1)
        j    answered
unknown:
        lw   r1, line(r0)
        beqz r1, answered       # an empty line is no command
        tell "What? Try help.\n"
answered:
        pop  r9
        pop  r8
        pop  ra
        ret

# same: whether `line` begins with the word at r1, and r8 is what stands behind it. Uses r2 and r3.
same:   la   r8, line
1:      lw   r2, 0(r1)
        lw   r3, 0(r8)
        beqz r2, 2f
        bne  r2, r3, other
        addi r1, r1, 1
        addi r8, r8, 1
        j    1b
2:      set  r1, 1
        beqz r3, 1f             # the line ends with the word,
        addi r8, r8, 1
        set  r2, ' '
        beq  r2, r3, 1f         # or a blank stands behind it
other:  set  r1, 0
1:      ret

help:   push ra
        tell "echo TEXT   clear  exit\n"
        tell "time  tick (or stop it)\n"
        pop  ra
        ret

echo:   push ra
        mov  r1, r8
        call say
        tell "\n"
        pop  ra
        ret

time:   push ra
        la   r1, shown_time
        call say
        tell "\n"
        pop  ra
        ret

# tick: have the clock wake us at every second, or no more. Uses r1.
tick:   lw   r1, ticking(r0)
        xori r1, r1, 1
        sw   r1, ticking(r0)
        ret
