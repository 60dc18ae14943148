"""Random hostile guests under the monitor in assembly: nobody but themselves is worse off for them."""

import pytest

from proofs.under.blocks import watchable
from proofs.under.hostile import Arena
from tests.sizes import TIMES, sized
from tests.vmm.cases import case, monitor
from tests.vmm.mistakes import MISTAKES
from tests.vmm.packed import G3, planted

PARTS, GUESTS = 4, 250_000 * TIMES  # at night
COUNTS = "count:  lw   r2, vm + VM_STEPS(r0)\n        add  r2, r2, r1\n"  # it has the guest's steps then
SHOWN = 3  # of what came to harm


def harm(arena: Arena, seeds: range) -> list[str]:
    return [str(arena.smallest(found)) for found, _ in zip(arena.check(seeds), range(SHOWN), strict=False)]


def test_hostile_guests_harm_nobody() -> None:
    assert harm(Arena(case("os", "vmm")), range(sized(350, 10_000))) == []


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(PARTS))
def test_very_many_hostile_guests_harm_nobody(part: int) -> None:
    first = 1_000_000 + part * GUESTS
    assert harm(Arena(case("os", "vmm")), range(first, first + GUESTS)) == []


@pytest.mark.nightly
def test_they_harm_nobody_under_a_monitor_on_a_monitor() -> None:
    assert harm(Arena(case("os", "vmm", "vmm")), range(7000)) == []


def test_they_run_for_long_enough_to_do_harm() -> None:
    arena = Arena(case("os", "vmm"))
    assert harm(arena, range(7)) == []
    steps = [arena.crowd.block(number).steps for number in range(8)]
    assert sum(steps) > 600 and sum(count >= 50 for count in steps) > 5, steps


def test_what_came_to_harm_is_named() -> None:
    wrong = next(one for one in MISTAKES if one.name == "the bound not cut at the window").monitor
    arena = Arena(case("os", wrong))
    found = next(arena.check(range(140)))
    assert found.differences and (found.guest is None) == (found.number == 0)


@pytest.mark.parametrize("nobodys", [True, False], ids=["a word that is nobody's", "an instruction"])
def test_a_monitor_that_writes_where_it_may_not_is_found(nobodys: bool) -> None:
    at = max(Arena(case("os", "vmm")).words) if nobodys else monitor("vmm").image.symbols["panic"]
    arena = Arena(case("os", watchable(G3, planted(COUNTS, f"{COUNTS}        sw   r2, {at}(r0)\n"))))
    number, differences = arena.run([]) or (None, ())
    assert number == 0
    assert [difference.name for difference in differences] == [f"word {at:#x} of the machine"]


@pytest.mark.nightly
def test_what_came_to_harm_is_made_small() -> None:
    wrong = next(one for one in MISTAKES if one.name == "a base beyond the window let through").monitor
    arena = Arena(case("os", wrong))
    found = next(found for found in arena.check(range(700)) if found.guest is not None)
    small = arena.smallest(found).guest
    assert small is not None and found.guest is not None
    assert len(small.words) < len(found.guest.words) / 2


def test_a_monitor_that_stops_is_found() -> None:
    wrong = watchable(G3, planted("reflect:\n", "reflect: halt\n"))
    found = next(Arena(case("os", wrong)).check(range(7)))
    assert (found.number, found.differences[0].monitored) == (0, "halt")


def test_a_disk_that_is_another_guests_is_spoilt() -> None:
    arena = Arena(case("os", "vmm"))
    disk = arena.crowd.machine.ports.devices[2]
    disk.backing.write(arena.crowd.case.disks[3].start, b"x")  # type: ignore[attr-defined]
    assert [d.name for d in arena.crowd.spoilt()] == ["disk"]
    disk.backing.write(arena.crowd.case.disks[3].start, b"\0")  # type: ignore[attr-defined]
    disk.backing.write(600, b"x")  # type: ignore[attr-defined]
    assert [d.bare for d in arena.crowd.spoilt()] == ["unchanged outside the parts of guests"]
