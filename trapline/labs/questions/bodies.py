"""What an instruction of an exam may do, by difficulty: 1 says openly what it is, 2 has conditions and guards that are
none, 3 looks like what it is not. And by the theorems that it lets stand: that is for the distribution alone; answers
are the prover's. None is ambiguous by the letter of the definitions: a test asks."""

KEEPS, HYBRID, BREAKS = "Theorems 1 and 3", "Theorem 3", "neither"
KINDS = (KEEPS, HYBRID, BREAKS)

BODIES: dict[int, dict[str, tuple[str, ...]]] = {
    1: {
        KEEPS: (
            "x[d] <- x[d] + x[a]",
            "x[d] <- ~x[a]",
            "pc <- x[a] when x[d] != 0",
            "x[d] <- mem[x[a] + 1]",
            "mem[x[a]] <- x[d] + 1",
            "trap illegal(x[d])",
            "privileged(); x[d] <- base; x[a] <- bound",
            "privileged(); timer <- x[a]",
            "privileged(); psw <- x[a][3:0]",
            "privileged(); x[d] <- x[d] + x[a]",
        ),
        HYBRID: (
            "x[d] <- zext(psw.mode)",
            "psw.mode <- user; pc <- x[a]",
        ),
        BREAKS: (
            "x[d] <- base",
            "x[d] <- timer",
            "x[d] <- zext(pending)",
            "timer <- x[a]",
            "psw.ie <- x[a][0]",
        ),
    },
    2: {
        KEEPS: (
            "x[d] <- zext(psw[3:2])",
            "psw[3:2] <- x[a][1:0]",
            "privileged(); psw.mode <- user; pc <- x[a]",
            "privileged(); halted <- x[a][0]",
        ),
        HYBRID: (
            "psw.ie <- x[a][0] when psw.mode == supervisor",
            "pc <- x[a] when psw.mode == user",
            "x[d] <- if psw.mode == user then x[a] else x[a] + 1",
        ),
        BREAKS: (
            "trap privileged(insn) when psw.mode == user && x[a] != 0; x[d] <- base",
            "trap privileged(insn) when psw.mode == user && d != a; x[d] <- timer",
            "x[d] <- zext(psw)",
            "base <- base + x[a]",
            "x[d] <- if timer == 0 then 1 else 0",
        ),
    },
    3: {
        KEEPS: (
            "x[d] <- (base + x[a]) - base",
            "x[d] <- timer ^ timer",
            "x[d] <- if psw.mode == user then x[a] else x[a] + 0",
            "psw.mode <- user when psw.mode == user",
            "privileged(); x[d] <- x[d] - x[a]",
            "x[d] <- if pending == 0 then x[a] else x[a] - 0",
            "trap privileged(insn) when psw.mode == user && d == a; x[d] <- x[a] + x[d]",
        ),
        HYBRID: (),
        BREAKS: (
            "x[d] <- base & 1",
            "x[d] <- x[a] when x[a] == base",
            "timer <- timer when x[a] == 0",
        ),
    },
}


def bodies(level: int, kinds: tuple[str, ...]) -> list[str]:
    """Those of a difficulty that let at least this stand."""
    return [body for kind in kinds for body in BODIES[level][kind]]
