"""Hosts for tests, and a guest that does what it is told: `h` halts, `w` writes a block of its disk, others are echoed.
It waits where nothing was typed, and ends when it is asked to."""

import json
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from isa.assembler import Image
from isa.assembler.assembly import assemble
from isa.machines.catalogue import find
from monitor.host import Definition, DiskPart, Host
from monitor.host.objects import below

GUEST = """
        .org 16
start:  set  r8, 9
        set  r9, 10
next:   set  r2, 1
        in   r1, r2             # the console's status
        andi r1, r1, 1
        bnez r1, typed
        in   r1, r9             # what is asked
        bnez r1, halts
        rpnd r1
        cpnd r1
        beqz r1, sleep
        j    next
sleep:  idle
        j    next
typed:  in   r1, r0
        set  r2, 'h'
        beq  r1, r2, halts
        set  r2, 'w'
        beq  r1, r2, writes
        out  r1, r0
        j    next
writes: addi r13, r13, 1
        sw   r13, 512(r0)
        set  r2, 2
        set  r3, 512
        out  r3, r2
        set  r2, 3
        out  r0, r2
        set  r2, 4
        set  r3, 2
        out  r3, r2
        set  r2, 1
busy:   in   r1, r3             # until the block is written
        beq  r1, r2, busy
        j    next
halts:  set  r1, 0
        halt
"""
WORDS = 1024
ROOM = 16 * WORDS


@cache
def image() -> Image:
    return assemble(find("g3"), GUEST, "told.s")


def folder(path: Path, tables: str = "", **given: object) -> str:
    """A folder with a host's file, in which `tables` stand at the end."""
    path.mkdir(parents=True, exist_ok=True)
    values = {"storage": ROOM, **given}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    (path / "host.toml").write_text(text + tables)
    return str(path)


@cache
def _empty() -> Path:
    """The folder of a host without machines: to make one takes longer than to copy it."""
    path = Path(mkdtemp(dir=os.environ["TRAPLINE_CACHE"]))
    Host(folder(path), engine="reference", wait=0).close()
    return path


def opened(path: Path, tables: str = "", **given: object) -> Host:
    """A host that does not wait for the disk: no test cuts the power."""
    folder(path, tables, **given)
    if not (path / "host.db").exists():
        for name in ("host.db", "objects.db"):
            shutil.copyfile(_empty() / name, path / name)
    host = Host(str(path), engine="reference", wait=0)
    for file in (host.ledger._file, host.objects._file):
        file.execute("PRAGMA synchronous = OFF")
    return host


def define(host: Host, name: str = "web", storage: int = WORDS) -> None:
    host.define(Definition(name, "told", storage=storage, disks=(DiskPart(blocks=2),)), image())


def walk(host: Host, digest: bytes) -> Iterator[bytes]:
    """An object and all below it, read and found whole."""
    yield digest
    for one in below(*host.objects.read(digest)):
        yield from walk(host, one)


def check_objects(host: Host) -> None:
    """Swept, a host has what is needed and nothing else."""
    named = host.ledger.digests()
    host.objects.sweep(named)
    there = {digest for (digest,) in host.objects._file.execute("SELECT digest FROM objects")}
    assert there == {below for digest in named for below in walk(host, bytes.fromhex(digest))}


def everything(host: Host) -> dict[str, Any]:
    """All that a host knows, contents by their digests, which are all there and whole."""
    for digest in host.ledger.digests():
        list(walk(host, bytes.fromhex(digest)))
    machines = {r.name: (r.point.text(), r.text(), host.snapshots(r.name)) for r in host.machines()}
    return {**machines, "accounts": host.ledger.kept(), "wires": host.ledger.wires()}
