"""What a first command takes with it: the modules that `trapline run hello` loads, and the files that it reads.

A start is most of what a small guest costs, so nothing is loaded that such a run does not name. Whoever makes it load
one more finds it missing in this list, and decides whether it can be imported by whoever needs it instead.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isa.files import kept

ROOT = Path(__file__).parents[2]
ROOMS = ("guests", "isa", "monitor", "proofs", "trapline")
LOADED = """
guests: catalogue
isa: classes description display encoding errors siblings
isa.assembler: assembled assembly image includes listing
isa.devices: backing catalogue console disk inputs polling ports random recording rewinding rings saved transcript
isa.engines: auto choice delegate
isa.engines.reference: blocks delivery engine recording source steps
isa.files: cache flat kept sources_read texts
isa.ir: bounds fold nodes operators reading
isa.language: library limits shipped
isa.machine: exits machine moving prologue recording records sizes state storage time
isa.machines: catalogue checked
isa.passes: normal ways
trapline: __main__ cli combinations interrupts options output surroundings
trapline.commands: run
trapline.profiling: result
trapline.reports: lines
trapline.running: claims disks launch places programs rig session verdict
trapline.state: choice shown
trapline.tracing: options
"""
# Dear ones of others, each of them more than all else that a guest as small as this needs.
DEAR = {
    *("dataclasses", "inspect", "lark", "llvmlite", "rich", "z3", "html", "hashlib", "threading", "tempfile"),
    *("socket", "subprocess", "asyncio"),
}
WATCHED = """
import json, sys
read = set()
sys.addaudithook(lambda event, args: read.add(str(args[0])) if event == "open" else None)
sys.argv = ["trapline", "run", "hello"]
from trapline.__main__ import start
assert start() == 0
print(json.dumps({"modules": list(sys.modules), "read": sorted(read)}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, set[str]]:
    """What the second run in a process of its own came to: the first one has filled the cache."""
    for _ in range(2):
        command = [sys.executable, "-c", WATCHED]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said, found = ran.stdout.splitlines()
    assert said == "Hello from the bare machine."
    return {name: set(values) for name, values in json.loads(found).items()}


def listed() -> Iterator[str]:
    """Every module of the list, and its room."""
    for line in LOADED.split("\n")[1:-1]:
        room, _, names = line.partition(": ")
        yield room
        yield from (f"{room}.{name}" for name in names.split())


def test_hello_loads_what_it_names(started: dict[str, set[str]]) -> None:
    ours = {name for name in started["modules"] if name.partition(".")[0] in ROOMS}
    assert ours == set(listed())


def test_hello_loads_nothing_dear(started: dict[str, set[str]]) -> None:
    assert not started["modules"] & DEAR


def test_hello_reads_itself_and_what_is_kept_of_it(started: dict[str, set[str]]) -> None:
    """The guest, the texts on which what is kept depends, and what is kept: a machine and an image."""
    code = {name.replace(".", "/") + end for name in listed() for end in (".py", "/__init__.py")}
    texts = {name for name in map(_inside, kept.program_files()) if name}
    read = {name for name in map(_inside, started["read"]) if name and not name.endswith(".pyc")}
    assert read - code == {"guests/hello.s", *texts} - code
    kinds, entries = {"images", "machines"}, [n for n in started["read"] if re.fullmatch("[0-9a-f]{64}", n)]
    assert kinds <= started["read"] and len(entries) == len(kinds)  # opened from their folders, and these from theirs


def _inside(path: str) -> str:
    """The path of a file of ours from our folder on; empty for another."""
    found = Path(path)
    return str(found.relative_to(ROOT)) if found.is_relative_to(ROOT) and ".venv" not in found.parts else ""
