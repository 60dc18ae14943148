"""Blocks of a disk in a second: in order and scattered, read and written, by a guest whose disk is a volume, against
the same guest on a raw file; and through the queue against the disk's ports."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import geometric_mean
from typing import TYPE_CHECKING, Any

from isa.devices import Disk, standard
from isa.devices.disk import BLOCK
from trapline.bench.figures import Bench, Figure, at_least
from trapline.bench.kernels import RESULT, Kernel, image, machine
from trapline.bench.machines import finish, unmonitored

if TYPE_CHECKING:
    from isa.devices import Backing

ROWS = ("disk", "queue")
KINDS = ("raw", "qcow2", "thin", "mirrored", "parity")
BLOCKS, WORDS = 512, 4096  # of the disk, and of the machine
WAYS = {"read": 1, "written": 2}  # commands
ORDERS = {"in order": 1, "scattered": 29}
MOVE = Kernel("disk", {"BLOCKS": BLOCKS, "ROUNDS": 8}, {"BLOCKS": BLOCKS, "ROUNDS": 1})


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="trapline-blocks-") as folder:
        found = [_turn(bench, Path(folder) / f"turn {turn}", turn, rows) for turn in range(bench.repeat)]
    detail = {"turns": found}
    if "disk" in rows:
        for kind in KINDS[1:]:
            for way in WAYS:
                ratios = [_ratio(turn[kind], turn["raw"], way) for turn in found]
                safe = way == "written" and kind in ("mirrored", "parity")  # each write is flushed before it is done
                goal = None if safe else at_least(0.3)
                yield Figure("disk", f"blocks {way}, {kind} against raw", ratios, "", goal, detail)
    if "queue" in rows:
        steps = [_ratio(turn["steps by ports"], turn["steps by queue"], "") for turn in found]
        speed = [_ratio(turn["raw"], turn["by ports"], "") for turn in found]
        yield Figure("queue", "steps for blocks, by ports against eight at a time", steps, "", at_least(4), detail)
        yield Figure("queue", "blocks in a second, eight at a time against by ports", speed, "", at_least(0.5), detail)


def _turn(bench: Bench, folder: Path, turn: int, rows: set[str]) -> dict[str, dict[str, float]]:
    """Blocks in a second, or steps for a block, by way and order."""
    folder.mkdir()
    found: dict[str, dict[str, float]] = {}
    with closing(_volume(folder, "warm")) as volume:
        for queued in (True, False):
            _moved(bench, volume, queued)
    for kind in KINDS if "disk" in rows else KINDS[:1]:
        bench.show(f"blocks of a {kind} disk, turn {turn + 1} of {bench.repeat}")
        with closing(_volume(folder, kind)) as volume:
            found[kind], steps = _moved(bench, volume, True)
            if kind == "raw":
                found["steps by queue"] = steps
                found["by ports"], found["steps by ports"] = _moved(bench, volume, False)
    return found


def _ratio(one: dict[str, float], other: dict[str, float], way: str) -> float:
    """In the mean, over what begins with `way`."""
    return geometric_mean([one[key] / other[key] for key in one if key.startswith(way)])


def _volume(folder: Path, kind: str) -> Any:
    from monitor.volumes.file import HostFile
    from monitor.volumes.group import make
    from monitor.volumes.opening import open_volume
    from monitor.volumes.qcow2 import create
    from monitor.volumes.thin import make_thin

    size = BLOCKS * BLOCK * 4
    path = folder / {"raw": "a", "warm": "b", "qcow2": "a.qcow2", "thin": "a.thin"}.get(kind, f"{kind}.toml")
    if kind == "qcow2":
        create(str(path), size)
    elif path.suffix == ".toml":
        parts = [f"{kind}{i}" for i in range(3)]
        path.write_text(f'level = "{kind}"\nsize = {size}\nparts = {parts}\n')
        make(str(path))
    else:
        path.write_bytes(bytes(2 * size if kind == "thin" else size))
        if kind == "thin":
            with closing(HostFile(str(path))) as pool:
                make_thin(pool, size)
    return open_volume(str(path))


def _moved(bench: Bench, volume: "Backing", queued: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Blocks moved in a second, and steps for one; written before they are read."""
    speeds, steps = {}, {}
    for way, command in sorted(WAYS.items(), reverse=True):
        for order, apart in ORDERS.items():
            sizes = {**bench.sizes(MOVE), "QUEUED": int(queued), "SCATTER": apart, "COMMAND": command}
            made = unmonitored(
                bench.engine, WORDS, standard(machine(), disk=Disk(volume, machine().word), queue=queued)
            )
            made.load(image(MOVE, sizes))
            began = time.perf_counter()
            finish(made)
            seconds, moved = time.perf_counter() - began, made.storage.load(RESULT)
            speeds[f"{way} {order}"], steps[f"{way} {order}"] = moved / seconds, made.steps / moved
    return speeds, steps
