"""What it costs to move a machine: between two hosts, while it runs and changes a little of a full storage, against a
plain copy of as many bytes over the same kind of socket, onto the same disk; back again; and by post-copy."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trapline.bench.figures import Bench, Figure, at_most

if TYPE_CHECKING:
    from monitor.host import Host
    from monitor.host.migration import Outcome, Pace

ROWS = ("migration",)
WORDS, QUICK = 1 << 21, 1 << 14
LIMIT, RATE = 2_000, 20  # steps that it may stand still, and that an object takes
GUEST = """
        .equ FIRST, 4096
        .equ LINE, 64
        .equ BUSY, FIRST + 32 * LINE
        .org 16
start:  li   r6, LAST
        li   r7, BUSY
        set  r1, FIRST
fill:   sw   r1, 0(r1)
        addi r1, r1, 1
        bltu r1, r6, fill
again:  set  r1, FIRST
next:   addi r3, r3, 1
        sw   r3, 0(r1)
        addi r1, r1, LINE
        bltu r1, r7, next
        j    again
"""


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    words = QUICK if bench.quick else WORDS
    turns = []
    for turn in range(bench.repeat):
        bench.show(f"migration, turn {turn + 1} of {bench.repeat}")
        turns.append(moved(bench.engine, words))
    what = f"a machine of {4 * words >> 10:,} KiB that runs is moved"
    size = [turn["bytes"] / turn["state"] for turn in turns]
    seconds = [turn["seconds"] / turn["copy"] for turn in turns]
    yield Figure("migration", f"{what}: bytes against a plain copy", size, "", at_most(1.1), {"turns": turns})
    yield Figure("migration", f"{what}: time against a plain copy", seconds, "")
    downtime = [turn["downtime"] / LIMIT for turn in turns]
    yield Figure("migration", f"{what}: steps that it stood still, of {LIMIT:,}", downtime, "", at_most(1))
    back = [turn["back"] / turn["state"] for turn in turns]
    yield Figure("migration", f"{what} back to a host that has a clone of it: bytes", back, "", at_most(0.1))
    post = [turn["post_copy"] / LIMIT for turn in turns]
    yield Figure("migration", f"{what} by post-copy: steps that it stood still, of {LIMIT:,}", post, "", at_most(1))


def moved(engine: str, words: int) -> dict[str, Any]:
    """What was sent, how long it took, and for how many steps it stood still: there, back, and by post-copy."""
    from isa.assembler.assembly import assemble
    from isa.machines.catalogue import find
    from monitor.host import Definition, Host
    from monitor.host.migration import Pace

    image = assemble(find("g3"), f"        .equ LAST, {words}\n{GUEST}", "full.s")
    with tempfile.TemporaryDirectory(prefix="trapline-migration-") as folder:
        places = [os.path.join(folder, name) for name in ("first", "second")]
        for place in places:
            os.mkdir(place)
            Path(place, "host.toml").write_text(f"storage = {2 * words}\n", encoding="utf-8")
        with Host(places[0], engine) as one, Host(places[1], engine) as other:
            one.define(Definition("full", "full", storage=words), image)
            one.start("full")
            one.run(4 * words)
            one.clone("full", "stays")
            one.pause("stays")
            began = time.process_time()
            there = _migrated(one, other, Pace(LIMIT, RATE))
            seconds = time.process_time() - began
            back = _migrated(other, one, Pace(LIMIT, RATE))
            state = 4 * words
            copy = _copied(os.path.join(folder, "plain"), one.contents.get(_storage(one)))
            other.objects.sweep(())
            post = _migrated(one, other, Pace(LIMIT, RATE, rounds=0, post_copy=True))
    found = {"state": state, "bytes": _bytes(there), "seconds": seconds, "copy": copy, "downtime": there.downtime}
    return {**found, "back": _bytes(back), "post_copy": post.downtime, "waited": post.waited, "ahead": post.ahead}


def _bytes(outcome: "Outcome") -> int:
    return sum(made.bytes for made in outcome.rounds)


def _storage(host: "Host") -> str:
    return host.contents.parts(host.machine("full").point.machine)[0]


def _migrated(source: "Host", target: "Host", pace: "Pace") -> "Outcome":
    from monitor.host.migration import Channel, migrate, receive

    ends = socket.socketpair()
    with closing(Channel(ends[0])) as ours, closing(Channel(ends[1])) as theirs:
        thread = threading.Thread(target=receive, args=(target, theirs))
        thread.start()
        try:
            return migrate(source, "full", ours, pace)
        finally:
            ours.close()
            thread.join()


def _copied(path: str, data: bytes) -> float:
    """Processor seconds to have as many bytes in a file at the other side of a socket, on its disk."""
    ours, theirs = socket.socketpair()

    def keep() -> None:
        with open(path, "wb") as file:
            while part := theirs.recv(1 << 20):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())

    thread = threading.Thread(target=keep)
    began = time.process_time()
    thread.start()
    with ours, theirs:
        ours.sendall(data)
        ours.shutdown(socket.SHUT_WR)
        thread.join()
    return time.process_time() - began
