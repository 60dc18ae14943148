"""`trapline gdb`, by the real gdb: one session, bare and then under monitors, which must hear the same answers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import client
from tests.trapline.remote_client import COUNTER, LOOP, PROGRAM
from trapline.commands.gdb import script

Answers = dict[str, str]
ROOT = Path(__file__).parents[2]
SESSION = {
    "general": "info registers sp x15 pc",
    "own": "info registers base bound psw",
    "code": "x/4i $pc",
    "steps": "stepi 2\np/d $x1",
    "step back": "reverse-stepi\np/d $x1",
    "break": f"break *{LOOP * 4}\ncontinue",
    "mode": "info registers psw",
    "break again": "continue\np/d $x1",
    "break back": "reverse-continue\np/d $x1",
    "beginning": "reverse-continue",
    "hardware": f"delete\nthbreak *{LOOP * 4 + 4}\ncontinue",
    "watch": f"watch *(int*){COUNTER * 4}\ncontinue",
    "watch back": "reverse-continue",
    "watch step": "stepi",
    "read watch": f"delete\nrwatch *(int*){COUNTER * 4}\ncontinue",
    "end": "delete\ncontinue",
    "odd bytes": f"x/3xb {COUNTER * 4 + 1}",
    "odd address": f"x/xw {LOOP * 4 + 2}",
    "outside": f"x/xw {4096 * 4}",
    "word": "monitor back until r1 == 66\ninfo registers pc",
    "last": "monitor last [counter]",
    "mistake": "monitor lst",
    "register": "set var $x1 = 68\np/d $x1",
    "memory": f"set var *(char*){COUNTER * 4 + 1} = 7\nx/xw {COUNTER * 4}",
    "own state": "set var $base = 1\np $base\nset var $base = 0",
    "odd pc": "set var $pc = 0x62",
    "branch": "continue",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, Answers]:
    """What gdb answers to each part of the session, bare and under monitors; one gdb asks both."""
    gdb, folder = client("gdb-multiarch", "gdb-multiarch"), tmp_path_factory.mktemp("gdb")
    (folder / "loop.s").write_text(PROGRAM)
    lines = ["set pagination off", "set confirm off", "set width 0"]
    for options in ("", " --monitor trap:2"):
        lines += [f"target remote | {sys.executable} -m trapline gdb loop.s{options}"]
        lines += [part for name, said in SESSION.items() for part in (f"echo @{name}\\n", *said.splitlines())]
        lines += ["echo @over\\n", "kill"]
    command = [gdb, "-nx", "-q", "-ex", "set prompt", "-x", script()]
    done = subprocess.run(
        command,
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        timeout=120,
    )
    parts = re.findall(r"@([a-z ]+)\n(.*?)(?=@[a-z ]+\n|\Z)", done.stdout, re.DOTALL)
    size = len(SESSION) + 1
    return dict(parts[:size]), dict(parts[size:])


def test_under_monitors_gdb_hears_the_same(both: tuple[Answers, Answers]) -> None:
    bare, monitored = ({name: alike(text) for name, text in one.items() if name != "over"} for one in both)
    assert list(bare) == list(SESSION) and bare == monitored


def alike(text: str) -> str:
    """An answer without the numbers that gdb gives, and without the number of monitors."""
    return re.sub(r"\$\d+|(?<=point )\d+|, under \d monitors", "", text)


ANSWERS = {
    "general": ["sp 0x0 0x0", "x15 0x0 0", "pc 0x40 0x40"],
    "own": ["base 0x0 0", "bound 0x1000 4096", "psw 0x0 [ ]"],
    "code": [
        "=> 0x40: start: addi r1, r0, 65 (loop.s:5)",
        "0x44: sw r1, 23(r0) (loop.s:6)",
        "0x48: lpsw 19(r0) (loop.s:7)",
        "0x4c: program: .word 0x00000018 (loop.s:8)",
    ],
    "steps": ["0x00000048 in ?? ()", "= 65"],
    "step back": ["0x00000044 in ?? ()", "= 65"],
    "break": ["Breakpoint , 0x00000060 in ?? ()"],
    "mode": ["psw 0x1 [ mode ]"],
    "break again": ["B", "Breakpoint , 0x00000060 in ?? ()", "= 66"],  # with what the guest has printed
    "break back": ["Breakpoint , 0x00000060 in ?? ()", "= 65"],
    "beginning": ["No more reverse-execution history.", "0x00000040 in ?? ()"],
    "hardware": ["Temporary breakpoint , 0x00000064 in ?? ()"],
    "watch": ["Old value = 65", "New value = 66", "0x00000068 in ?? ()"],
    "watch back": ["Old value = 66", "New value = 65", "0x00000064 in ?? ()"],
    "watch step": ["Old value = 65", "New value = 66", "0x00000068 in ?? ()"],
    "read watch": ["Could not insert hardware watchpoint ."],
    "end": [
        "CDEF",
        "halted",
        "step 60: halted",
        "No more reverse-execution history.",
        "0x00000098 in ?? ()",
    ],  # B was out
    "odd bytes": ["0x5d: 0x00 0x00 0x00"],
    "odd address": ["0x62: 0x00171111"],
    "outside": ["0x4000: Cannot access memory at address 0x4000"],
    "word": ["step 15 of 60: stands at pc 0x18, user mode: loop.s:10: loop: addi r1, r1, 1", "pc 0x60 0x60"],
    "last": ["step 4 of 60: stands at pc 0x19, user mode: loop.s:11: sw r1, counter(r0)"],
    "mistake": ["error: there is no word `lst`", "help: did you mean `last`?"],
    "register": ["a branch begins at step 4: what came after it is given up", "= 68"],
    "memory": ["0x5c: 0x00000741"],
    "own state": ["= 1"],
    "odd pc": [
        "Could not write register \"pc\"; remote failure reply 'E.the pc is 4 times the number of a word'",
    ],
    "branch": ["DEF", "step 36: halted", "No more reverse-execution history."],
}


@pytest.mark.parametrize("name", SESSION)
def test_gdb_hears(name: str, both: tuple[Answers, Answers]) -> None:
    lines = [" ".join(line.split()) for line in alike(both[0][name]).splitlines()]
    assert [line for line in ANSWERS[name] if line not in lines] == [], lines
