"""What every format says beside the questions."""

CONTEXT = (
    "The machine: registers x[0] to x[3], program counter pc, status word psw with mode (supervisor or user) and "
    "interrupt enable bit ie, relocation by base and bound, a timer that every step counts down, pending interrupts, "
    "ports. mem[a] is the word of the program at a, relocated and checked; memory traps are left out of all "
    "definitions. privileged() traps in user mode and does nothing in supervisor mode. A monitor runs its guests in "
    "user mode, and keeps their timer, pending bits and interrupt enable bit to itself."
)


def letter(number: int) -> str:
    """The letter of a choice."""
    return chr(ord("a") + number)
