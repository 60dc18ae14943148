"""How soon a viewer sees what a guest has drawn: from a pixel written to the last byte of the update, beside a copy of
as many bytes over the same kind of socket. Waiting counts, so this is time by the clock."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

from trapline.bench.figures import Bench, Figure, at_most

ROWS = ("update",)
ROUNDS, QUICK = 200, 5
WIDTH, HEIGHT, PIXELS = 640, 480, 64  # where the picture begins, in words of four pixels
WORDS = PIXELS + WIDTH * HEIGHT // 4


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    rounds = QUICK if bench.quick else ROUNDS
    for what, whole, most in (("one pixel", False, 250), ("every pixel", True, 30)):
        turns = []
        for turn in range(bench.repeat):
            bench.show(f"updates of {what}, turn {turn + 1} of {bench.repeat}")
            turns.append(updates(whole, rounds))
        said = f"{what} of {WIDTH} x {HEIGHT}, from written to seen"
        ratio = [turn["seen"] / turn["copied"] for turn in turns]
        yield Figure("update", f"{said}: against a copy", ratio, "", at_most(most), {"turns": turns})
        yield Figure("update", said, [turn["seen"] * 1e3 for turn in turns], "ms", None)


def updates(whole: bool, rounds: int) -> dict[str, Any]:
    """Seconds until a viewer has the update, seconds for a copy of as many bytes, and how many; the least of all."""
    from isa.devices import standard
    from isa.devices.arrivals import Arrivals
    from isa.devices.keys import Keys
    from isa.devices.screen import Screen
    from isa.engines.choice import bare
    from isa.machine import Storage
    from isa.machines.catalogue import find
    from monitor.clients import Connection
    from monitor.screens.rfb import Session
    from monitor.screens.showing import Showing

    isa = find("g3")
    screen = Screen(isa.word)
    ports = standard(isa, others=(screen, Keys(Arrivals())))
    showing = Showing(bare(isa, Storage(isa.word, WORDS), ports, engine="reference"))
    storage = showing.machine.storage
    storage.write(0, [2, PIXELS, 0])
    screen.send(0, 16, 0)
    storage.write(16, [2, PIXELS, 0])
    showing.look()
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=_served, args=(Session(Connection(theirs), showing, "bench"),), daemon=True)
    thread.start()
    with ours:
        greeted(ours)
        seen, size = [], 0
        for number in range(rounds):
            ours.sendall(struct.pack(">BBHHHH", 3, number > 0, 0, 0, WIDTH, HEIGHT))
            if number:
                time.sleep(0.002)  # the server waits for a change
                word = number % 256 * 0x01010101
                storage.write(PIXELS + number, [word] * (WORDS - PIXELS - number if whole else 1))
                began = time.perf_counter()
                showing.look()
                size = update(ours)
                seen.append(time.perf_counter() - began)
            else:
                update(ours)
    thread.join()
    return {"seen": min(seen), "copied": min(_copied(size) for _ in range(rounds)), "bytes": size}


def _served(session: Any) -> None:
    from monitor.clients import Gone

    try:
        session.serve()
    except (Gone, OSError):
        session.connection.connected.close()


def greeted(viewer: socket.socket) -> None:
    """As a viewer says it: version 3.8, no security, all may look."""
    _heard(viewer, 12)
    viewer.sendall(b"RFB 003.008\n")
    _heard(viewer, 2)
    viewer.sendall(b"\1")
    _heard(viewer, 4)
    viewer.sendall(b"\1")
    _heard(viewer, struct.unpack(">20xI", _heard(viewer, 24))[0])


def update(viewer: socket.socket) -> int:
    """Take an update of raw tiles: how many bytes."""
    (tiles,) = struct.unpack(">xxH", _heard(viewer, 4))
    size = 4
    for _ in range(tiles):
        width, height = struct.unpack(">4xHH4x", _heard(viewer, 12))
        size += 12 + len(_heard(viewer, 4 * width * height))
    return size


def _heard(viewer: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = viewer.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _copied(size: int) -> float:
    """Seconds for so many bytes from one thread to another."""
    ours, theirs = socket.socketpair()
    data, ready = bytes(size), threading.Event()

    def send() -> None:
        ready.wait()
        theirs.sendall(data)

    thread = threading.Thread(target=send)
    thread.start()
    with ours, theirs:
        began = time.perf_counter()
        ready.set()
        _heard(ours, size)
        took = time.perf_counter() - began
        thread.join()
    return took
