# Say hello on the console of M16.
#
# machine: m16
# prints: Hello from sixteen bits.
# exit: g1 = 0
# steps: 300

        .org 32
start:  word g0, text
1:      get  g1, g0[0]
        is   g1, 0
        then 2f
        tell g1, 0
        bump g0, 1
        goto 1b
2:      stop

text:   .string "Hello from sixteen bits.\n"
