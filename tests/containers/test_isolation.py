"""Whatever one container asks of the kernel, another one's processes are as they are without it: all registers at every
call, all storage, all files. And whatever another one has, nobody who asks can tell. Only time and order are shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from random import Random

import pytest

from guests.contained import Container, Layer, Limits
from isa.assembler import Image, assemble
from isa.devices import Disk
from isa.machine import Reason
from tests.containers.hostile import AIMED, attack
from tests.containers.kernel import G3, KERNEL, Containers, kernel, program, shipped
from tests.planting import Check, Patch, Planted, must_catch
from tests.sizes import sized
from tests.vmm.hosted import Texts

pytestmark = pytest.mark.slow

COMMON: Layer = {"visits.bin": shipped("visits.s"), "motd": b"mine\n"}
LIMITS = Limits(processes=2)
STEPS = 1_000_000


def victim(secret: bytes) -> Container:
    return Container("victim", (COMMON, {"motd": secret}), "visits.bin", LIMITS)


def attacker(text: str) -> Container:
    limits = Limits(processes=2, window=2048, steps=20_000)
    return Container("attacker", (COMMON, {"a.bin": program(text)}), "a.bin", limits)


@dataclass(frozen=True)
class Seen:
    """Of each process of a container the calls in order, with all its registers; and what is left of it."""

    calls: tuple[tuple[tuple[int, ...], ...], ...]
    storage: bytes
    blocks: bytes
    lines: Sequence[str]


class Watched(Containers):
    """A run in which it is noted what every process asks for."""

    def __init__(self, containers: Sequence[Container]) -> None:
        super().__init__(containers, system())
        machine, at = self.machine, self.image.symbols
        self.calls: dict[int, list[tuple[int, ...]]] = {}
        machine.break_places = {at["call_kernel"]}
        while machine.run(STEPS - machine.steps).reason is Reason.BREAKPOINT:
            process = machine.storage.load(at["current"])
            call = (machine.storage.load(process + at["P_PC"]), *machine.storage.read(process + at["P_R"] + 1, 15))
            made = self.calls.setdefault(process, [])
            if made[-1:] != [call]:  # one that waits is made again
                made.append(call)

    def seen(self, name: str) -> Seen:
        number = [one.name for one in self.containers].index(name)
        one, at, load = self.containers[number], self.image.symbols, self.machine.storage.load
        places = range(at["processes"], at["processes_end"], at["P_SIZE"])
        named = int.from_bytes(name[:4].encode(), "little")
        mine = [p for p in places if load(p + at["P_CONTAINER"]) and load(load(p + at["P_CONTAINER"])) == named]
        container = load(mine[0] + at["P_CONTAINER"])
        base, words = load(mine[0] + at["P_BASE"]), one.limits.processes * one.limits.window
        disk = self.machine.ports.find(Disk)
        assert disk is not None
        blocks = disk.backing.read(load(container + at["C_BLOCK"]) * 512, one.limits.blocks * 512)
        storage = self.machine.storage.cells[base : base + words].tobytes()
        return Seen(tuple(tuple(self.calls.get(p, ())) for p in mine), storage, blocks, self.own(name))


def system() -> Image:
    """The kernel that everybody here boots."""
    return kernel()


@cache
def alone(first: bool) -> Seen:
    """The victim beside somebody who does nothing."""
    seen = Watched(order(victim(b"mine\n"), attacker("start: leave 0\n"), first)).seen("victim")
    assert len(seen.lines) == 10 and all(seen.calls)
    return seen


def order(one: Container, other: Container, first: bool) -> list[Container]:
    return [one, other] if first else [other, one]


def check(text: str, first: bool) -> None:
    """Beside a victim that lies below the attacker, or above."""
    found = Watched(order(victim(b"mine\n"), attacker(text), first))
    assert found.seen("victim") == alone(first)
    other = Watched(order(victim(b"else\n"), attacker(text), first))
    assert other.seen("attacker") == found.seen("attacker")
    assert "panic" not in found.output


def check_random(numbers: range) -> None:
    for number in numbers:
        check(attack(Random(number)), number % 2 == 0)


def check_aimed(name: str) -> None:
    for first in (True, False):
        check(AIMED[name], first)


@pytest.mark.parametrize("numbers", [range(sized(1, 500))], ids=str)
def test_no_call_of_another_container_is_noticed_or_notices(numbers: range) -> None:
    check_random(numbers)


@pytest.mark.parametrize(
    "name", [*AIMED][:1] + [pytest.param(name, marks=pytest.mark.nightly) for name in [*AIMED][1:]]
)
def test_an_attack_at_each_check_is_in_vain(name: str) -> None:
    check_aimed(name)


BUGS: dict[tuple[str, str], str] = {
    ("        bltu r3, r1, 1f\n        sub", "        sub"): "beyond the window",
    ("        bltu r3, r2, 1f\n        lw   r3, P_BASE", "        lw   r3, P_BASE"): "over the end",
    ("        .ifndef UNCHECKED\n", "        .if 0\n"): "beyond the window",
    ("        bgeu r9, r4, refuse\n        beqz r3, 1f\n", "        beqz r3, 1f\n"): "all blocks",
    ("        bgeu r4, r5, 9f\n", ""): "all blocks",
    ("        bgtu r3, r2, 9f\n", ""): "another layer",
    ("        bgeu r4, r2, 9f\n", ""): "a forged entry",
    ("1:      set  r2, 0\n        ret\n\n# ---- get", "1:      set  r2, 1\n        ret\n\n# ---- get"): "in place",
    ("        bnez r3, refuse         # of a layer\n", ""): "a file of a layer",
    ("        beqz r4, refuse\n        lw   r6, P_R + 4(r12)\n", "        lw   r6, P_R + 4(r12)\n"): "far blocks",
    ("        bgeu r1, r2, refuse\n        set  r2, P_SIZE\n", "        set  r2, P_SIZE\n"): "kill",
}


@pytest.mark.parametrize(
    "change",
    [pytest.param(change, marks=() if n == 0 else pytest.mark.nightly) for n, change in enumerate(BUGS)],
    ids=lambda change: change[0].strip().partition("\n")[0],
)
def test_a_check_that_is_missing_is_noticed(change: tuple[str, str], monkeypatch: Patch) -> None:
    texts = Texts({change[0]: change[1]})
    wrong = assemble(G3, KERNEL.source(), KERNEL.file, texts)
    assert texts.made == {change[0]: 1}

    def plant(patch: Patch) -> None:
        patch.setattr("tests.containers.test_isolation.system", lambda: wrong)

    check: Check = partial(check_aimed, BUGS[change])
    must_catch(Planted(change[0], plant, check), monkeypatch, (AssertionError,))
