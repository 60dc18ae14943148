"""A process that serves a host is killed with -9 at random points, while verbs and guests run: what it acknowledged is
there, the verb under way is whole or not at all, and guests go on from where they were kept, or further."""

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from isa.assembler import Image
from isa.assembler.assembly import assemble
from isa.errors import TraplineError
from isa.machines.catalogue import find
from monitor.host import Definition, Record, State
from monitor.host import ledger as ledgers
from monitor.host import objects as stores
from monitor.host.ledger import Ledger
from monitor.host.life import LIFE, Verb
from tests.host.hosts import check_objects, define, everything, opened
from tests.host.killing import Calls
from tests.planting import Patch
from tests.sizes import NIGHTLY
from trapline.hosting.daemon.client import Answered, asked, serving
from trapline.hosting.daemon.owning import Owning
from trapline.hosting.daemon.serving import serve

pytestmark = pytest.mark.long

POINTS = 1000 if NIGHTLY else 50
VERBS = ["start", "pause", "resume", "reset", "kill", "send"]
VERBS += ["save", "restore", "snapshot", "revert", "clone", "undefine"]
MOST = 5  # machines
LAST, CALLS = 8, 40  # the verb after which a process is killed, and how many calls after it begins, at most
COUNTS = """
        .org 16
loop:   addi r1, r1, 1
        sw   r1, 600(r0)
        j    loop
"""
ON = {"running", "idle"}  # guests come from one to the other by themselves


@dataclass
class Known:
    """What was acknowledged: of each machine its state, its steps then, and whether it has a snapshot. `asked` is the
    verb under way, if nobody knows what came of it."""

    states: dict[str, tuple[str, int]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    asked: tuple[str, list[str]] | None = None

    def told(self, verb: str, words: list[str], machines: list[dict[str, Any]]) -> None:
        if verb == "undefine":
            self.states.pop(words[0])
            self.kept.discard(words[0])
        for one in machines if verb != "undefine" else ():
            self.states[one["name"]] = one["state"], one["steps"]
        if verb == "snapshot":
            self.kept.add(words[0])


def quiet(real: Any) -> Any:
    """Files that nobody waits for: no test cuts the power."""

    def connected(*given: Any, **named: Any) -> Any:
        file = real(*given, **named)
        file.execute("PRAGMA synchronous = OFF")
        return file

    return connected


def served(folder: Path, verb: int, call: int) -> int:
    """A process that serves a host, and kills itself at a call of what keeps it, counted from its beginning, or from
    that of so manieth a verb; its number."""
    number = os.fork()
    if number == 0:
        try:
            sys.stdout = sys.stderr = io.StringIO()
            for module in (ledgers, stores):
                module.connected = quiet(module.connected)  # type: ignore[attr-defined]
            threading.setprofile(armed(verb, call))
            serve(str(folder), "reference", None)
        finally:
            os._exit(0)
    return number


def armed(verb: int, call: int) -> Calls:
    """What kills this process; and its portions are small."""
    calls, begin, do = Calls(call if verb == 0 else -1), Owning.__init__, Owning._do
    done = 0

    def begins(owning: Owning, *given: Any) -> None:
        begin(owning, *given)
        owning._portion = 1000

    def does(owning: Owning, *given: Any) -> None:
        nonlocal done
        done += 1
        if done == verb:
            calls.last = calls.count + call
        do(owning, *given)

    Owning.__init__, Owning._do = begins, does  # type: ignore[assignment,method-assign]
    return calls


def lived(folder: Path, known: Known, random: Random) -> None:
    """Serve, ask verb after verb, until the process is killed."""
    number = served(folder, random.randrange(LAST), random.randrange(CALLS))
    known.asked = None
    try:
        while (connection := serving(str(folder))) is None:
            if os.waitpid(number, os.WNOHANG) != (0, 0):
                number = 0
                return
            time.sleep(0.001)
        connection.close()
        for verb, words in wishes(known, random):
            known.asked = verb, words
            connection = serving(str(folder))
            if connection is None:
                return
            with suppress(Answered):  # its state does not take the verb: nothing was changed
                known.told(verb, words, asked(connection, "POST", f"/v1/{verb}", words)["machines"])
            known.asked = None
    except TraplineError:
        return  # it does not answer any more
    finally:
        if number:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)


def wishes(known: Known, random: Random) -> Iterator[tuple[str, list[str]]]:
    for _ in range(10):
        name = random.choice(sorted(known.states))
        taken = [verb for verb in VERBS if State(known.states[name][0]) in LIFE[Verb(verb)]]
        verb = random.choice(taken if random.random() < 0.8 else VERBS)
        more = {"send": ["ab"], "snapshot": ["s"], "revert": ["s"], "clone": [f"m{random.randrange(100)}"]}
        if (verb == "undefine" and len(known.states) < 3) or (verb == "clone" and len(known.states) >= MOST):
            continue
        yield verb, [name, *more.get(verb, ["--all"] if verb == "undefine" else [])]


def whole(folder: Path, known: Known) -> None:
    """What is there is what was acknowledged, or that and the verb under way; and it goes on."""
    with opened(folder) as host:
        everything(host)
        check_objects(host)
        found = {record.name: record for record in host.machines()}
        verb, words = known.asked or ("", [""])
        for name in sorted({*known.states, *found}):
            record, before = found.get(name), known.states.get(name)
            if not as_known(record, before):
                concerned = words[1] if verb == "clone" else words[0]
                assert name == concerned and as_asked(verb, record, before, known, words), (name, verb, before, record)
        known.states = {name: (record.state.value, record.point.steps) for name, record in found.items()}
        known.kept = {name for name in found if host.snapshots(name)}
        for before in host.run(50):
            assert before.state is not State.CRASHED


def as_known(record: Record | None, before: tuple[str, int] | None) -> bool:
    """Whether a machine is as it was, or further on."""
    if record is None or before is None:
        return record is before is None
    state, steps = before
    same = record.state.value == state or {record.state.value, state} <= ON
    return same and (record.point.steps == steps or (state in ON and record.point.steps > steps))


def as_asked(verb: str, record: Record | None, before: tuple[str, int] | None, known: Known, words: list[str]) -> bool:
    """Whether a machine is what comes of the verb that was under way."""
    if verb == "clone":
        return record is not None and before is None and words[0] in known.states
    if before is None or record is None:
        return record is None and verb == "undefine" and State(before[0] if before else "") in LIFE[Verb.UNDEFINE]
    target = LIFE[Verb(verb)].get(State(before[0]))
    return target is not None and (not isinstance(target, State) or target is record.state or record.state.value in ON)


def begun(folder: Path) -> Known:
    counts: Image = assemble(find("g3"), COUNTS, "counts.s")
    with opened(folder) as host:
        define(host)
        host.define(Definition("counts", "counts", storage=1024), counts)
        host.start("counts")
    return Known({"web": ("defined", 0), "counts": ("running", 0)})


def killed(folder: Path, points: int, seed: int | None, known: Known) -> None:
    random = Random(seed)
    for _ in range(points):
        lived(folder, known, random)
        whole(folder, known)


def test_killed_at_random_points_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    killed(tmp_path, POINTS, None if NIGHTLY else 1, begun(tmp_path))


def test_an_acknowledgement_that_comes_too_early_is_noticed(tmp_path: Path, monkeypatch: Patch) -> None:
    """Planted: a change is kept when the next one is."""
    known, real = begun(tmp_path), Ledger.put
    waiting: list[Record] = []

    def put(ledger: Ledger, record: Record) -> None:
        for late in waiting:
            real(ledger, late)
        waiting[:] = [record]

    monkeypatch.setattr(Ledger, "put", put)
    with pytest.raises((AssertionError, TraplineError)):
        killed(tmp_path, 12, 1, known)
