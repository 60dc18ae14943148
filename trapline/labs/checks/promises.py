"""What a program was promised: each function raises Wrong if the supervisor did not keep it."""

from collections.abc import Sequence
from functools import partial

from isa.description import Role
from isa.machine import Machine
from trapline.labs.checks.running import printed
from trapline.labs.checks.serving import WINDOW, Served, Wrong


def above(machine: Machine) -> bytes:
    """All words of programs, as they are now."""
    return machine.storage.cells[WINDOW:].tobytes()


def slot_of(number: int, machine: Machine) -> int:
    """What stands in a slot of the state."""
    return machine.state.block[number]


def hold_state(served: Served, expected: Sequence[int]) -> None:
    """A program finds this state, time apart."""
    timer = served.slot(served.isa.the(Role.TIMER))
    for slot, (wanted, found) in enumerate(zip(expected, served.machine.state.block, strict=True)):
        if wanted != found and slot != timer:
            what, states = served.named(slot), (f"{wanted:#x}", f"{found:#x}")
            raise Wrong(f"{what} is {found:#x}, not {wanted:#x}", {what: states}, partial(slot_of, slot))


def hold_words(served: Served, words: bytes) -> None:
    """The windows hold what they held."""
    if above(served.machine) != words:
        raise Wrong("what a program has in storage has changed", {}, above)


def hold_output(served: Served, wanted: bytes) -> None:
    """What was printed is what was asked for."""
    found = served.output
    if found == wanted:
        return
    differing = (i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1])
    at = next(differing, min(len(found), len(wanted)))
    shown, asked = (text[at : at + 8].decode("latin-1") for text in (found, wanted))
    raise Wrong(f"what is printed goes on with {shown!r} instead of {asked!r}", {}, printed)


def hold_clock(served: Served, least: int, most: int, why: str) -> None:
    """The clock shows something between these."""
    shown = served.timer
    if not least <= shown <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        look = partial(slot_of, served.slot(served.isa.the(Role.TIMER)))
        raise Wrong(f"the clock shows {shown}, not {wanted}: {why}", {"timer": (wanted, str(shown))}, look)


def passed(served: Served, timer: int) -> int:
    """What a clock shows that showed this when the border was crossed, and that nobody has set since."""
    return max(1, timer - (served.machine.steps - served.crossed - 1)) if timer else 0
