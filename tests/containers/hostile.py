"""Programs that try to get out of their container: random ones, and one aimed at each check of the kernel."""

from random import Random

EDGES = (0, 1, 127, 128, 1536, 1919, 1920, 1921, 2047, 2048, 2049, 4096, 1 << 16, 0x7FFFFFFF, 0xFFFFFFFF)
NAMES = ("abcd", "visits.bin", "visits", "motd", "a.bin", "x")
BY_NAME = ("OPEN", "CHANGE", "REMOVE", "START")
OTHERS = ("WRITE", "YIELD", "SLEEP", "SELF", "BLOCK_READ", "BLOCK_WRITE", "MACHINE", "RUN", "READ_SOME", "KILL")


def attack(random: Random, length: int = 40) -> str:
    """A program of calls with arguments at and around all limits, which begins anew when it is at its end. The time and
    what is typed are everybody's, and not asked for."""
    lines = ["start:", *_forged(random)]
    for _ in range(length):
        kind = random.randrange(100)
        if kind < 30:
            name = random.randrange(len(NAMES))
            lines += [f" la r1, name{name}", f" set r2, {random.choice([len(NAMES[name])] * 9 + [0, 48, 49])}"]
            lines += [f" svc {random.choice(BY_NAME)}"]
            lines += [" mov r13, r1"] * (kind < 20)
        elif kind < 80:
            block = random.choice([0, 0, 1, *(random.randrange(16) for _ in range(5)), 16, random.randrange(4000), -1])
            end = (block << 9) + random.choice([0, 1, 400, 512, 513])
            lines += [" mov r1, r13"] if kind < 50 else [f" li r1, {_handle(random)}"]
            lines += [f" li r2, {block & 0xFFFFFFFF}", f" li r3, {_buffer(random)}", f" li r4, {end & 0xFFFFFFFF}"]
            lines += [f" svc {random.choice(['GET', 'GET', 'PUT', 'PUT', 'LENGTH'])}"]
        else:
            lines += [f" li r1, {_buffer(random)}", f" li r2, {random.choice([1, 2, 3, 128, _buffer(random)])}"]
            call = random.choice(OTHERS) if kind < 99 else 20
            lines += [" set r1, 1"] * (call == "SLEEP" or kind < 85)
            lines += [f" svc {call}"]
    return "\n".join([*lines, " b start", *(f'name{n}: .ascii "{name}"' for n, name in enumerate(NAMES)), ""])


def _forged(random: Random) -> list[str]:
    """What would be an entry of the table of files, if the kernel could be made to look there: handle 68 or 132."""
    words = {1544 + 12: 1, 1544 + 13: 8192, **{1544 + 16 + n: random.randrange(40) for n in range(16)}}
    return [line for at, word in words.items() for line in (f" set r1, {word}", f" sw r1, {at}(r0)")]


def _handle(random: Random) -> int:
    level = random.choice([0, 0x10000, 0x10000, 0x20000, 0x20000, 0x30000, 0x90000])
    return level + random.choice([0, 1, 2, 68, 132, random.randrange(40)])


def _buffer(random: Random) -> int:
    """Mostly where it does no harm to the program itself."""
    kinds = (
        lambda: random.randrange(1600, 1920),
        lambda: random.choice(EDGES),
        lambda: -random.choice([*range(0, 8000, 128), random.randrange(8000)]) & 0xFFFFFFFF,
        lambda: random.getrandbits(32),
    )
    return random.choice((kinds[0], *kinds))()


# A call for every combination of three lists: of handles, blocks and buffers. What it gives is kept in a sum, so that
# nothing that is learned gets lost.
SWEEP = """
start:  {before}
        la   r8, handles
1:      la   r9, blocks
2:      la   r10, buffers
3:      lw   r1, 0(r8)
        lw   r2, 0(r9)
        lw   r3, 0(r10)
        slli r4, r2, 9
        addi r4, r4, 512
        svc  {call}
        add  r11, r11, r1
        lw   r1, 1700(r0)
        slli r5, r11, 5
        sub  r11, r5, r11
        add  r11, r11, r1
        sw   r11, 1599(r0)
        addi r10, r10, 1
        la   r1, ends
        bne  r10, r1, 3b
        addi r9, r9, 1
        la   r1, buffers
        bne  r9, r1, 2b
        addi r8, r8, 1
        la   r1, blocks
        bne  r8, r1, 1b
        leave 0
handles: .word {handles}
blocks: .word {blocks}
buffers: .word {buffers}
ends:
{after}
"""


def _sweep(
    call: str, handles: list[int], blocks: list[int], buffers: list[int], before: str = "", after: str = ""
) -> str:
    lists = {"handles": handles, "blocks": blocks, "buffers": buffers}
    return SWEEP.format(call=call, before=before, after=after, **{k: ", ".join(map(str, v)) for k, v in lists.items()})


_SECOND = """
        svc  SELF
        addi r1, r1, -1
        bnez r1, again
        la   r1, name
        set  r2, 5
        svc  START
        leave 0
again:  set  r1, 40             # until the victim has a file
        svc  SLEEP
"""
_NAME = 'name: .ascii "a.bin"'
_FORGE = "\n".join([*_forged(Random(0)), *(f" set r1, {n + 1}\n sw r1, {1560 + n}(r0)" for n in range(16))])
_CHANGE = """
        la   r1, name
        set  r2, 10
        svc  CHANGE
"""
_LATER = "set r1, 40\n svc SLEEP\n" + _CHANGE  # when the victim has a file of this name
_VISITS = 'name: .ascii "visits.bin"'
_SAY_TWO = "set r1, 1600\n set r2, 2\n svc WRITE\n"

AIMED = {
    "beyond the window": _sweep("GET", [0x10000, 0x20000], [0], [-n * 128 for n in range(1, 40)]),
    "all blocks": _sweep("GET", [0x10000, 0x10001, *range(0x10006, 0x1000C)], [*range(12)], [1700]),
    "over the end": _sweep("GET", [0x10000, 0x10001], [0], [1921, 1950, 2000, 2047, 2048], _SECOND, _NAME),
    "another layer": _sweep("GET", [level << 16 for level in range(2, 48)], [0], [1700], _SAY_TWO),
    "a forged entry": _sweep("GET", [68, 132], [*range(16)], [1700], _FORGE),
    "in place": _sweep("PUT", [0], [0, 1, 2], [1700], _CHANGE, _VISITS),
    "a file of a layer": _sweep("PUT", [0x10000, 0x10001], [0, 1, 2, 15], [1700]),
    "far blocks": _sweep("PUT", [0], [*range(16, 19), 4724, 4725, 4728], [1700], _LATER, _VISITS),
    "kill": _sweep("KILL", [*range(3, 20), *range(-20, 0)], [0], [0]),
}
