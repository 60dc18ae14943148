"""Fifty desktops of one image on a host: what each costs, beside the first, in time and in what is kept."""

import socket
import statistics
import struct
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.updates import greeted, update

ROWS = ("desktops",)
MANY, QUICK = 50, 3
WORDS, STEPS = 24576, 500_000
KEYS = 9


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    count = QUICK if bench.quick else MANY
    turns = []
    for turn in range(bench.repeat):
        bench.show(f"{count} desktops, turn {turn + 1} of {bench.repeat}")
        turns.append(pool(bench.engine, count))
    what = f"{count} desktops of one image on a host"
    more = {"turns": turns}
    taken = [turn["take"] / turn["first"] for turn in turns]
    yield Figure("desktops", f"{what}: taking one, against setting up the first", taken, "", at_most(0.1), more)
    kept = [turn["kept"] / turn["image"] for turn in turns]
    yield Figure("desktops", f"{what}: kept of each that is used, against the first", kept, "", at_most(0.1))
    yield Figure("desktops", f"{what}: the same", [turn["kept"] / 1e3 for turn in turns], "kB", None)
    yield Figure("desktops", f"{what}: taking one", [turn["take"] * 1e3 for turn in turns], "ms", None)
    yield Figure("desktops", f"{what}: a line that is typed, and kept", [t["used"] * 1e3 for t in turns], "ms", None)
    yield Figure(
        "desktops", f"{what}: from a key to the update", [turn["key"] * 1e3 for turn in turns], "ms", at_most(50)
    )


def pool(engine: str, count: int) -> dict[str, Any]:
    """Processor seconds and bytes: of the first desktop, which is set up; of one that is taken; of one that is used."""
    from guests import catalogue
    from isa.assembler.assembled import assembled
    from isa.machines.catalogue import find
    from monitor.host import Definition, Host
    from monitor.host.pool import Pool
    from monitor.screens.words import events

    image = assembled(find("g3"), catalogue.find("desk").file, catalogue.DIRECTORY, catalogue.LIBRARY)
    with tempfile.TemporaryDirectory(prefix="trapline-desktops-") as folder:
        with open(f"{folder}/host.toml", "w", encoding="utf-8") as file:
            file.write(f"storage = {(count + 2) * WORDS}\n")
        with Host(folder, engine) as host:
            host.define(Definition("warm", "desk", storage=WORDS, screen=True), image)
            host.start("warm")
            host.run(STEPS)  # everything is compiled
            host.kill("warm")
            host.undefine("warm", everything=True)
            began, before = time.process_time(), host.objects.bytes
            host.define(Definition("desk", "desk", storage=WORDS, screen=True), image)
            host.start("desk")
            host.run(STEPS)
            first, kept = time.process_time() - began, host.objects.bytes - before
            desks, users = Pool(host, "desk"), [f"u{number}" for number in range(count)]
            began, before = time.process_time(), host.objects.bytes
            for user in users:
                desks.take(user)
            take = (time.process_time() - began) / count
            began = time.process_time()
            for user in users:
                host.press(f"desk-{user}", events([f"=echo {user}", "Return"]))
            host.run(STEPS)
            used = (time.process_time() - began) / count
            each = (host.objects.bytes - before) / count
        key = _key(folder, engine)
    return {"first": first, "image": kept, "take": take, "used": used, "kept": each, "key": key}


def _key(folder: str, engine: str) -> float:
    """Seconds from a key typed at one of them until its viewer has the update, while all are on and served."""
    from trapline.hosting.daemon.owning import Owning
    from trapline.hosting.daemon.screens import Screens

    owning = Owning(folder, engine)
    owning.begin()
    screens = Screens(owning, folder)
    owning.follow = screens.follow
    owning.ask(lambda host: None).result()
    try:
        with socket.socket(socket.AF_UNIX) as viewer:
            viewer.connect(screens.place("desk-u0"))
            greeted(viewer)
            return statistics.median(_typed(viewer) for _ in range(KEYS))
    finally:
        owning.end()
        screens.close()


def _typed(viewer: socket.socket) -> float:
    """Everything is asked for, then what a key changes."""
    size = struct.pack(">HHHH", 0, 0, 320, 200)
    viewer.sendall(b"\3\0" + size)
    update(viewer)
    viewer.sendall(b"\3\1" + size)
    time.sleep(0.05)  # nothing else happens
    began = time.perf_counter()
    viewer.sendall(struct.pack(">BBxxI", 4, 1, ord("x")))
    update(viewer)
    return time.perf_counter() - began
