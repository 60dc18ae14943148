# A terminal: lines of letters, the last with a cursor at which one types. What is typed stands in `line` too, and is a
# command when Return comes: desk/commands.s.

        .equ COLUMNS, 24
        .equ LINES, 9
        .equ LAST, COLUMNS * (LINES - 1)        # the first cell of the last line
        .equ RETURN, 0xff0d     # symbols of keys
        .equ BACKSPACE, 0xff08

terminal:
        .word 2, 8, CELL * COLUMNS + 2, LINE * LINES + BAR + RIM
        .word terminal_title, draw_terminal, type, nothing
terminal_title:
        .string "Terminal"

cells:  .space COLUMNS * LINES, ' '
cursor: .word 0                 # its column in the last line
line:   .space COLUMNS          # what was typed, ended by a zero
typed:  .word 0                 # how many characters that are

# tell "text": print a text that is written in place. Uses r1 to r7.
.macro tell text
        la   r1, text\@
        call say
        j    after\@
text\@:  .string \text
after\@:
.endm

begin_terminal:
        push ra
        tell "Trapline desk\n"
        tell "Try help.\n"
        call prompt
        pop  ra
        ret

# prompt: ask for a command.
prompt: push ra
        sw   r0, typed(r0)
        tell "> "
        pop  ra
        ret

# ---- Writing ----------------------------------------------------------------------------------------------------------

# say: print the string at r1. Uses r1 to r7.
say:    push ra
        push r8
        mov  r8, r1
1:      lw   r1, 0(r8)
        beqz r1, 2f
        call emit
        addi r8, r8, 1
        j    1b
2:      pop  r8
        pop  ra
        ret

# emit: the character r1 at the cursor, or a new line. Uses r1 to r7.
emit:   push ra
        set  r2, '\n'
        beq  r1, r2, 1f
        lw   r2, cursor(r0)
        set  r3, COLUMNS
        blt  r2, r3, 2f
        push r1                 # the line is full
        call scroll
        pop  r1
        set  r2, 0
2:      sw   r1, cells + LAST(r2)
        call damage_cell
        addi r2, r2, 1
        sw   r2, cursor(r0)
        call damage_cell
        pop  ra
        ret
1:      call scroll
        pop  ra
        ret

# scroll: all lines go up by one. Uses r1 to r6.
scroll: set  r2, 0
        set  r3, LAST
1:      lw   r1, cells + COLUMNS(r2)
        sw   r1, cells(r2)
        addi r2, r2, 1
        bne  r2, r3, 1b
        j    last

# clear: no lines. Uses r1 to r6.
clear:  set  r2, 0
last:   set  r3, COLUMNS * LINES        # from r2 on all is empty
        set  r1, ' '
1:      sw   r1, cells(r2)
        addi r2, r2, 1
        bne  r2, r3, 1b
        sw   r0, cursor(r0)
        push r8
        la   r8, terminal
        push ra
        call rectangle
        call damage
        pop  ra
        pop  r8
        ret

# damage_cell: the cell in column r2 of the last line, if it has one, has to be drawn. Keeps r2; uses r1 and r3 to r7.
damage_cell:
        push ra
        push r8
        mov  r7, r2
        set  r3, COLUMNS
        bge  r7, r3, 1f
        la   r8, terminal
        call body
        slli r3, r7, 1
        add  r1, r1, r3
        addi r2, r2, LINE * (LINES - 1)
        set  r3, CELL
        set  r4, LINE
        call damage
1:      mov  r2, r7
        pop  r8
        pop  ra
        ret

# ---- Typing -----------------------------------------------------------------------------------------------------------

# type: the key r1. Uses r1 to r7.
type:   push ra
        li   r2, RETURN
        beq  r1, r2, entered
        li   r2, BACKSPACE
        beq  r1, r2, erase
        addi r2, r1, -' '
        sltiu r2, r2, 0x5f      # what is no character of ASCII is no letter here
        beqz r2, 1f
        lw   r2, typed(r0)
        set  r3, COLUMNS - 3    # as much as a line holds behind the prompt
        bge  r2, r3, 1f
        sw   r1, line(r2)
        addi r2, r2, 1
        sw   r2, typed(r0)
        call emit
1:      pop  ra
        ret
erase:  lw   r2, typed(r0)
        beqz r2, 1b
        addi r2, r2, -1
        sw   r2, typed(r0)
        lw   r2, cursor(r0)
        call damage_cell        # where the cursor was
        addi r2, r2, -1
        sw   r2, cursor(r0)
        set  r1, ' '
        sw   r1, cells + LAST(r2)
        call damage_cell
        pop  ra
        ret
entered:
        lw   r2, typed(r0)
        sw   r0, line(r2)
        set  r1, '\n'
        call emit
        call command
        call prompt
        pop  ra
        ret

# ---- Drawing ----------------------------------------------------------------------------------------------------------

# draw_terminal: all cells, and the cursor over its own. Uses r1 to r7.
draw_terminal:
        push ra
        push r9
        push r10
        push r11
        set  r9, 0              # which cell,
        set  r11, 0             # its row,
1:      set  r10, 0             # and column
2:      lw   r3, cells(r9)
        li   r4, GREEN
        li   r5, BLACK
        call cell
        addi r9, r9, 1
        addi r10, r10, 1
        set  r1, COLUMNS
        bne  r10, r1, 2b
        addi r11, r11, 1
        set  r1, LINES
        bne  r11, r1, 1b
        lw   r10, cursor(r0)
        set  r1, COLUMNS
        bge  r10, r1, 3f
        addi r11, r11, -1
        set  r3, ' '
        li   r5, GREEN
        call cell
3:      pop  r11
        pop  r10
        pop  r9
        pop  ra
        ret

# cell: the letter r3 in column r10 of line r11. Uses r1 to r7.
cell:   push ra
        call body
        slli r6, r10, 1
        add  r1, r1, r6
        slli r6, r11, 3
        add  r2, r2, r6
        call letter
        pop  ra
        ret
