"""Monitors that lie to the grader: about where they keep what, how far their guest is, whose turn it is. None gets
points for what it says, holds the grader up, or ends it."""

import shutil
from pathlib import Path
from random import Random

import pytest

from isa.machines.catalogue import find as find_machine
from proofs.runs.guests import Guest
from tests.labs.test_labs import HERE, brief
from tests.sizes import sized
from trapline.labs.checking import Status, check_all
from trapline.labs.checks import drawn
from trapline.labs.folder import start
from trapline.labs.reading import find
from trapline.labs.submission import open_submission

RIGHT = HERE / "07-your-monitor" / "right" / "table.s"
ASKED = ("rpsw", "lpsw", "relocation", "hostile guests")
LIES = {
    "a block as large as storage": (".equ VM_WORDS, 32", ".equ VM_WORDS, 0x7fffffff", "larger than"),
    "a block too small": (".equ VM_WORDS, 32", ".equ VM_WORDS, 20", "words of room"),
    "a place outside the block": (".equ VM_TRAFFIC, 28", ".equ VM_TRAFFIC, -1", "does not lie in a block"),
    "a window without end": ("start:  j ", "start:  sw   r0, vm + VM_WINDOW(r0)\n        j ", "storage[0x0] is"),
    "a size beyond storage": (
        "start:  j ",
        "start:  set  r1, -1\n        sw   r1, vm + VM_SIZE(r0)\n        j ",
        "words at",
    ),
    "a guest that there is not": (
        "start:  j ",
        "start:  set  r1, 9\n        sw   r1, vm + VM_NUMBER(r0)\n        j ",
        "as guest",
    ),
    "steps of a thousand years": (
        "start:  j ",
        "start:  set  r1, -1\n        sw   r1, vm + VM_STEPS + 1(r0)\n        j ",
        "steps is",
    ),
    "it has halted": ("start:  j ", "start:  set  r1, 1\n        sw   r1, vm + VM_HALTED(r0)\n        j ", "halted"),
    "it ends before it begins": ("start:  j ", "start:  j    ended\n        j ", "says that it has ended"),
    "it is never entered": ("start:  j ", "start:  halt\n        j ", "has not entered its guest"),
    "it is entered for ever": ("leave:  lpsw STATUS(r0)", "leave:  nop\n        j    leave", "how often it is entered"),
}


@pytest.mark.parametrize("lie", [pytest.param(n, marks=() if "steps" in n else pytest.mark.nightly) for n in LIES])
def test_a_monitor_that_lies_gets_nothing_for_it(lie: str, tmp_path: Path) -> None:
    old, new, told = LIES[lie]
    lab = brief(find("07-your-monitor"))
    start(lab, str(tmp_path / "mine"), "mallory")
    shutil.copyfile(RIGHT, tmp_path / "mine" / "monitor.s")
    skeleton = tmp_path / "mine" / "skeleton.s"
    assert skeleton.read_text().count(old) == 1
    skeleton.write_text(skeleton.read_text().replace(old, new))
    results = list(check_all(lab, open_submission(str(tmp_path / "mine"), lab), "mallory"))
    assert not any(r.status is Status.PASSED for r in results if r.check.name in ASKED)
    assert sum(r.points for r in results) <= 2
    assert any(told in (r.failure.message if r.failure else r.reason) for r in results), results


def test_guests_of_a_machine_without_a_clock_never_come_to_one() -> None:
    """After another relocation there are other words, any of which may read or set the timer; nobody has to answer for
    that who was told that there is none."""
    isa, seeds = find_machine("g3"), range(245, 245 + sized(10, 2000))

    def asks(guest: Guest) -> bool:
        return bool(drawn._clocked(isa).intersection(drawn._taken(guest)))

    assert not any(asks(drawn.about(isa, ["lrel"], Random(seed))) for seed in seeds)
    assert any(asks(drawn._about(isa, ["lrel"], Random(seed), False, False)) for seed in seeds)  # if nobody looked
