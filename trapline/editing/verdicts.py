"""Verdicts of the machines of a text, in a process of its own: `python -m trapline.editing.verdicts`.

It reads one line of JSON from stdin (`path`, `text`, `machines`), and writes one for each machine as soon as it is
decided (`machine`, `verdict`, `instructions`). It ends when stdin does, with everything that it has started: whoever
asked is gone then, or does not want to know any more.
"""

import json
import os
import signal
import sys
import time
from threading import Thread
from typing import Any

from isa.errors import Source, TraplineError
from isa.language.library import Library
from proofs.terms.solving import Found
from proofs.verdict.conditions import HOLDS
from proofs.verdict.theorems import Finding, Verification
from proofs.verdict.verification import TIMEOUT, verify
from trapline.reports.verification import MONITORS, is_plain, row

WORKERS = 1  # somebody is writing meanwhile
NICENESS = 10
LONGEST = 600  # seconds for all machines of a text
PLAIN = "Theorem 1: keeps; innocuous"


def facts(v: Verification) -> dict[str, Any]:
    """A verdict in a line, and in one for each instruction."""
    theorems = (v.theorem1, v.theorem2, v.theorem3)
    said = ", ".join(f"Theorem {number} {HOLDS[found]}" for number, found in enumerate(theorems, 1))
    found = {f.name: line(f) for f in v.findings if f.name in v.isa.instructions}
    return {"machine": v.isa.name, "verdict": f"{said}. {MONITORS[v.monitor]}", "instructions": found}


def line(finding: Finding) -> str:
    """What `trapline verify` says of an instruction, in one line, of which editors may show the beginning only."""
    if is_plain(finding):
        return PLAIN
    _, privileged, sensitive, unguarded, directly, theorem1, theorem3 = row(finding)
    parts = [f"Theorem 1: {theorem1}", f"Theorem 3: {theorem3}", f"privileged: {privileged}", f"sensitive: {sensitive}"]
    parts += [unguarded and f"without its guard: {unguarded}", f"run directly: {directly}"]
    reason = f" ({finding.reason})" if finding.theorem1 is not Found.YES and finding.reason else ""
    return "; ".join(filter(None, parts)) + reason


def late(machine: str) -> dict[str, Any]:
    """What is said of a machine that there was no time for."""
    verdict = f"not decided: the machines of one file have {LONGEST} s; `trapline verify` has more"
    return {"machine": machine, "verdict": verdict, "instructions": {}}


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline() or b"{}")
    Thread(target=_end_with_stdin, daemon=True).start()
    os.nice(NICENESS)
    library = Library.of(Source(request["path"], request["text"]))
    end = time.monotonic() + LONGEST
    for name in request["machines"]:
        left = end - time.monotonic()
        try:
            found = facts(verify(library.load(name), min(TIMEOUT, left), WORKERS)) if left > 1 else late(name)
        except TraplineError as error:
            found = {"machine": name, "verdict": error.message, "instructions": {}}
        print(json.dumps(found), flush=True)


def _end_with_stdin() -> None:
    """Workers are in the group of this process, which whoever starts it makes the leader of one."""
    while os.read(0, 1 << 16):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
