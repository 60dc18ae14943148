"""What an instruction of an exam may do, by difficulty: 1 says openly what it is, 2 has conditions and guards that are
none, 3 looks like what it is not. None is ambiguous by the letter of the definitions: a test asks the prover."""

EASY = (
    "x[d] <- x[d] + x[a]",
    "x[d] <- ~x[a]",
    "pc <- x[a] when x[d] != 0",
    "x[d] <- mem[x[a] + 1]",
    "mem[x[a]] <- x[d] + 1",
    "trap illegal(x[d])",
    "x[d] <- base",
    "x[d] <- zext(psw.mode)",
    "x[d] <- timer",
    "x[d] <- zext(pending)",
    "timer <- x[a]",
    "psw.ie <- x[a][0]",
    "psw.mode <- user; pc <- x[a]",
    "privileged(); x[d] <- base; x[a] <- bound",
    "privileged(); timer <- x[a]",
    "privileged(); psw <- x[a][3:0]",
    "privileged(); x[d] <- x[d] + x[a]",
)
HARDER = (
    "psw.ie <- x[a][0] when psw.mode == supervisor",
    "trap privileged(insn) when psw.mode == user && x[a] != 0; x[d] <- base",
    "trap privileged(insn) when psw.mode == user && d != a; x[d] <- timer",
    "x[d] <- zext(psw[3:2])",
    "psw[3:2] <- x[a][1:0]",
    "x[d] <- zext(psw)",
    "pc <- x[a] when psw.mode == user",
    "x[d] <- if psw.mode == user then x[a] else x[a] + 1",
    "base <- base + x[a]",
    "privileged(); psw.mode <- user; pc <- x[a]",
    "privileged(); halted <- x[a][0]",
    "x[d] <- if timer == 0 then 1 else 0",
)
HARDEST = (
    "x[d] <- (base + x[a]) - base",
    "x[d] <- timer ^ timer",
    "x[d] <- if psw.mode == user then x[a] else x[a] + 0",
    "psw.mode <- user when psw.mode == user",
    "x[d] <- base & 1",
    "privileged(); x[d] <- x[d] - x[a]",
    "x[d] <- x[a] when x[a] == base",
    "x[d] <- if pending == 0 then x[a] else x[a] - 0",
    "timer <- timer when x[a] == 0",
    "trap privileged(insn) when psw.mode == user && d == a; x[d] <- x[a] + x[d]",
)
BODIES = {1: EASY, 2: HARDER, 3: HARDEST}
