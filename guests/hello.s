# Say hello: the smallest useful guest. It walks along a string and sends each word to the console.
#
# prints: Hello from the bare machine.
# exit: r1 = 0
# steps: 200

        .org 16
start:  la   r2, text
loop:   lw   r1, 0(r2)          # the next character, in a word of its own
        beqz r1, stop           # a zero word ends the string, and r1 = 0 says that all went well
        out  r1, r0             # port 0 is the console
        addi r2, r2, 1
        b    loop
stop:   halt

text:   .string "Hello from the bare machine.\n"
