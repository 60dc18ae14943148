"""`trapline host demo`: four servers and a noisy neighbour on one host. Promises are kept, one server is moved while it
serves, one is killed, and one is brought back. Everything is in steps, so it is the same every time."""

import argparse
import socket
import threading
from collections.abc import Sequence
from contextlib import closing
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.host import Host

SERVERS = ("web", "mail", "shop", "wiki")
NOISE = "noise"
HOST = 'policy = "shares"\nperiod = 40000\nquantum = 1000\nstorage = 65536\n'
ASKED = b"w 5000\nd 2\nw 5000\n"
PORTION = 200_000  # steps of the host's clock


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from trapline.output import emit_json

    with TemporaryDirectory(prefix="trapline-demo-") as folder:
        acts = _play(folder)
    held = all(act["held"] for act in acts)
    if arguments.json:
        emit_json({"acts": acts, "held": held})
    else:
        print("Four servers and a neighbour that does nothing but trap, on one host of one processor.\n")
        for act in acts:
            print(f"{'yes' if act['held'] else 'NO':<5}{act['what']}")
            print("".join(f"     {line}\n" for line in act["lines"]), end="")
    return 0 if held else 1


def _play(folder: str) -> list[dict[str, Any]]:
    import os

    from monitor.host import Host

    places = [os.path.join(folder, name) for name in ("first", "second")]
    for place in places:
        os.mkdir(place)
        with open(os.path.join(place, "host.toml"), "w") as file:
            file.write(HOST)
    with Host(places[0]) as first, Host(places[1]) as second:
        _begin(first)
        return [_promised(first), _moved(first, second), _killed(first), _restored(first)]


def _begin(host: "Host") -> None:
    from monitor.host import Definition, DiskPart
    from trapline.running.programs import find

    image = find("serve", None).image
    for name in SERVERS:
        wanted = Definition(name, "serve", storage=4096, disks=(DiskPart(blocks=4),), shares=2, reservation=6000)
        host.define(wanted, image)
    host.define(Definition(NOISE, NOISE, storage=4096), find(NOISE, None, [("ROUNDS", 0)]).image)
    for name in (*SERVERS, NOISE):
        host.start(name)


def _serve(host: "Host", names: Sequence[str]) -> bool:
    """Ask each, give them time, and whether all have answered."""
    before = {name: host.output(name) for name in names}
    for name in names:
        host.send(name, ASKED)
    host.run(PORTION)
    return all(len(host.output(name)) > len(before[name]) for name in names)


def _promised(host: "Host") -> dict[str, Any]:
    answered = _serve(host, SERVERS)
    assert host.service is not None
    lines, kept = [], answered
    for name in (*SERVERS, NOISE):
        found = host.service.facts(name)
        assert found is not None
        bound, waited = found["longest_wait"], found["waited"]
        kept &= bound is None or waited <= bound
        promised = f"{found['reservation']:>5,} steps in {found['period']:,}" if found["reservation"] else "nothing"
        within = f"{waited:>6,} of {bound:,}" if bound is not None else f"{waited:>6,}, no bound"
        had = 1000 * found["charged"] // max(1, found["clock"])
        lines.append(f"{name:<6} promised {promised:<22} had {had / 10:>5.1f}%   waited {within}")
    return _act("each has what it was promised, though the neighbour never stops", kept, lines)


def _moved(first: "Host", second: "Host") -> dict[str, Any]:
    from monitor.host.migration import Channel, Pace, migrate, receive
    from monitor.host.migration.leaving import Round

    first.send("mail", ASKED)
    first.send("shop", ASKED)  # its twin stays
    rounds: list[Round] = []
    ours, theirs = (Channel(end) for end in socket.socketpair())
    with closing(ours), closing(theirs):
        arriving = threading.Thread(target=receive, args=(second, theirs))
        arriving.start()
        try:
            outcome = migrate(first, "mail", ours, Pace(limit=500, rate=25), rounds.append)
        finally:
            arriving.join()
    first.run(PORTION)
    second.run(PORTION)
    same = second.output("mail") == first.output("shop") and outcome.arrived
    sent = [f"round {one.number}: {one.objects} objects, {one.bytes:,} bytes" for one in rounds]
    stood = f"mail stood still for {outcome.downtime:,} steps, and answers on the second host as shop does on the first"
    return _act("one is moved to another host while it serves, and cannot tell", same, [*sent, stood])


def _killed(host: "Host") -> dict[str, Any]:
    killed = host.kill("shop").state.value
    host.start("shop")
    answered = _serve(host, ["web", "shop"])
    lines = [f"shop was {killed}, booted anew, and answers; its disk is as it left it"]
    return _act("one is killed, and nobody else notices", answered, lines)


def _restored(host: "Host") -> dict[str, Any]:
    host.snapshot("wiki", "before")
    kept = host.machine("wiki").point
    spoilt = _serve(host, ["wiki"]) and host.machine("wiki").point != kept
    back = host.revert("wiki", "before")
    right = spoilt and back.point.digests == kept.digests and _serve(host, ["wiki"])
    lines = [f"wiki went on to step {kept.steps:,} and beyond, and is there again, as generation {back.generation}"]
    return _act("one is brought back to what was kept of it", right, lines)


def _act(what: str, held: bool, lines: list[str]) -> dict[str, Any]:
    return {"what": what, "held": held, "lines": lines}
