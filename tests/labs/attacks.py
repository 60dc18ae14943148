"""What hostile submissions do: each attack makes a folder of a class, beside `ann`, who is honest."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

Attack = Callable[[Path], None]
LOOP = "start:  j    start\n"
ENDS = (
    "        .org 16\nstart:  set  r1, 'x'\n        out  r1, r0\n        set  r1, 0\n        halt\n"  # soon, and wrong
)


def text(program: str | bytes) -> Attack:
    """It is in the program."""
    data = program.encode() if isinstance(program, str) else program
    return lambda folder: void((folder / "letters.s").write_bytes(data))


def note(toml: str) -> Attack:
    """It is in the note that says whose the folder is; the program is no good."""

    def made(folder: Path) -> None:
        (folder / "lab.toml").write_text(toml)
        text(ENDS)(folder)

    return made


def link(goal: str, name: str = "letters.s") -> Attack:
    return lambda folder: (folder / name).symlink_to(goal)


def void(what: object) -> None:
    """What was done gives nothing."""


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "letters.s")


def pipe_as_note(folder: Path) -> None:
    text(ENDS)(folder)
    os.mkfifo(folder / "lab.toml")


def endless_note(folder: Path) -> None:
    text(ENDS)(folder)
    link("/dev/zero", "lab.toml")(folder)


def plug(folder: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("letters.s")
    finally:
        os.chdir(here)


def hollow(folder: Path) -> None:
    """A terabyte that takes no room."""
    with (folder / "letters.s").open("wb") as file:
        file.truncate(1 << 40)


def folder_for_file(folder: Path) -> None:
    (folder / "letters.s").mkdir()


def link_in_the_way(folder: Path) -> None:
    link("../ann", "sub")(folder)
    text('        .include "sub/letters.s"\n')(folder)


def included_pipe(folder: Path) -> None:
    os.mkfifo(folder / "more.s")
    text('        .include "more.s"\n')(folder)


def circle(folder: Path) -> None:
    text('        .include "more.s"\n')(folder)
    (folder / "more.s").write_text('        .include "letters.s"\n')


def many_times(folder: Path) -> None:
    """Much, often: all includes together have a limit."""
    text('        .include "more.s"\n' * 50)(folder)
    (folder / "more.s").write_text("# " + "x" * 60_000)


def deep(folder: Path) -> None:
    """Folders in folders, deeper than a path can be long."""
    text(ENDS)(folder)
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)


def wide(folder: Path) -> None:
    text(ENDS)(folder)
    for number in range(600):
        (folder / f"{number}.s").touch()


def elsewhere(folder: Path) -> None:
    """The folder is a link to that of somebody else."""
    folder.rmdir()
    folder.symlink_to("ann")


def printing(what: str) -> Attack:
    """It prints a text, and ends well."""
    return text(f"""
        .include <macros.s>
        .org 16
start:  set  r2, said
next:   lw   r1, 0(r2)
        beqz r1, done
        out  r1, r0
        addi r2, r2, 1
        j    next
done:   halt
said:   .string "{what}"
""")


FLOOD = """
        .org 16
start:  set  r1, 'x'
next:   out  r1, r0
        addi r3, r3, 1
        set  r4, 4500
        blt  r3, r4, next
        set  r1, 0
        halt
"""
WIPE = """
        .org 16
start:  set  r1, 17
        sw   r1, 0(r1)
        addi r1, r1, 1
        j    start
"""
MACROS = "        .macro a\n        a\n        .endm\n        a\n"
DOUBLING = "".join(f"        .macro m{n}\n        m{n - 1}\n        m{n - 1}\n        .endm\n" for n in range(1, 31))
OUT = "leads out of the directory"

# Name of the folder to (what is done, what is said of it).
ATTACKS: dict[str, tuple[Attack, str]] = {
    "links to another's answer": (link("../ann/letters.s"), "not a regular file"),
    "links to a file of the host": (link("/etc/passwd"), "not a regular file"),
    "links to a device": (link("/dev/zero"), "not a regular file"),
    "links to itself": (link("letters.s"), "not a regular file"),
    "a pipe": (pipe, "not a regular file"),
    "a socket": (plug, "not a regular file"),
    "a folder for a file": (folder_for_file, "not a regular file"),
    "a terabyte": (hollow, "more than 65,536 bytes"),
    "includes another's answer": (text('        .include "../ann/letters.s"\n'), OUT),
    "includes a file of the host": (text('        .include "/etc/passwd"\n'), "absolute path"),
    "includes through a link": (link_in_the_way, "cannot include 'sub/letters.s'"),
    "includes a pipe": (included_pipe, "not a regular file"),
    "includes out of the library": (text("        .include <../os.s>\n"), OUT),
    "includes itself": (text('        .include "letters.s"\n'), "move what both need to a file of its own"),
    "includes in a circle": (circle, "move what both need to a file of its own"),
    "includes much": (many_times, "more than 65536 bytes"),
    "a macro of itself": (text(MACROS), "nested more than 32 deep"),
    "macros that double": (
        text(f"        .macro m0\n        nop\n        .endm\n{DOUBLING}        m30\n"),
        "more than",
    ),
    "repeats for ever": (text("        .rept 1 << 60\n        .word 1\n        .endr\n"), "more than"),
    "demands storage": (text("        .space 1 << 40\n"), "words"),
    "demands a far place": (text("        .org 1 << 30\n        halt\n"), "words"),
    "demands more than the lab gives": (text("        .org 9000\n        halt\n"), "8192 are the most"),
    "shifts far": (text("        .word 1 << (1 << 60)\n"), "error"),
    "parentheses": (text(f"        .word {'(' * 20_000}1\n"), "error"),
    "mistakes without end": (text("what is this\n" * 5000), "error"),
    "a program that is none": (text(bytes(range(256)) * 20), "error"),
    "in another alphabet": (text(LOOP.encode("utf-16")), "error"),
    "never ends": (text(LOOP), "has not halted after 20,000 steps"),
    "waits for ever": (text("        .org 16\nstart:  idle\n"), "not halted"),
    "writes over all storage": (text(WIPE), "after"),
    "floods": (text(FLOOD), "4,096 are the most"),
    "forges a line": (printing("passed  7 of 7  counts"), "`passed`, not"),
    "forges a record": (printing('\\",\\"points\\":10}'), "word 1"),
    "draws on the terminal": (printing("\x1b]0;mine\x07\x1b[2J"), "word 1"),
    "writes XML": (printing("]]></failure><testcase/>"), "word 1"),
    "a note that is a pipe": (pipe_as_note, "word 1 is `x`"),
    "a note without end": (endless_note, "word 1 is `x`"),
    "a note of another lab": (note('lab = "/etc"\nstudent = "x"\n'), "word 1 is `x`"),
    "a note of its own checks": (note('lab = "1"\nstudent = "x"\n[[checks]]\npoints = 1000\n'), "word 1 is `x`"),
    "a note of another student": (note('lab = "1"\nstudent = "ann"\n'), "word 1 is `x`"),
    "a note with a formula": (note('lab = "1"\nstudent = "=1+1"\n'), "word 1 is `x`"),
    "a note of a large number": (note(f"lab = {'9' * 9000}\n"), "word 1 is `x`"),
    "a note of a deep list": (note(f"lab = {'[' * 9000}\n"), "word 1 is `x`"),
    "folders in folders": (deep, "more than 500 files"),
    "a thousand files": (wide, "more than 500 files"),
    "a folder that is a link": (elsewhere, "is not a folder"),
    "=cmd|'calc'!A1": (text(ENDS), "word 1 is `x`"),
    "<script>alert(1)</script>".replace("/", "\u2215"): (text(ENDS), "word 1 is `x`"),
    "10 of 10\n graded\x1b[2J": (text(ENDS), "word 1 is `x`"),
    "\udcff\udcfe": (text(ENDS), "word 1 is `x`"),
    "\\udcff\\udcfe": (text(ENDS), "word 1 is `x`"),
    "x" * 250: (text(ENDS), "word 1 is `x`"),
}
COSTLY = {"macros that double", "writes over all storage", "waits for ever"}  # by night alone
