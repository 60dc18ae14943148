"""Hosts with a network, and machines on it, for tests: one that shouts, and some that answer."""

from functools import cache
from pathlib import Path
from typing import Any

from isa.assembler import Image
from isa.machine.storage import page_shift
from monitor.host import Definition, Host
from monitor.host.networks import NetworkPart
from tests.host.hosts import opened
from trapline.running import programs

GUESTS = Path(__file__).parents[1] / "network"
LAN = '[[networks]]\nname = "lan"\nvlans = [1, 2]\n'
WORDS = 8192
assert WORDS % (1 << page_shift(32)) == 0


@cache
def image(name: str) -> Image:
    return programs.find(str(GUESTS / f"{name}.s"), "g3").image


def machine(host: Host, name: str, guest: str, **part: Any) -> None:
    wanted = Definition(name, guest, storage=WORDS, networks=(NetworkPart("lan", **part),))
    host.define(wanted, image(guest))
    host.start(name)


def lan(path: Path, tables: str = LAN, **given: object) -> Host:
    return opened(path, tables, storage=8 * WORDS, quantum=300, **given)


def shop(path: Path, **given: object) -> Host:
    """One that shouts, two that answer, and one of another VLAN."""
    host = lan(path, **given)
    if not host.machines():
        for name, guest in (("a", "reflect"), ("b", "reflect"), ("shout", "shout")):
            machine(host, name, guest)
        machine(host, "other", "reflect", vlans=(2,))
    return host


ANSWERS = {f"{station}:{n}" for station in (1, 2) for n in range(3)}


def answered(host: Host) -> set[str]:
    host.run(30_000)
    return set(host.output("shout").decode().split())
