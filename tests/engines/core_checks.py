"""What holds of the core of the native engine: `test_native_core_planted.py` breaks it."""

from random import Random
from typing import Any

import pytest

from isa.assembler import assemble
from isa.description import Isa
from isa.language import load_text
from proofs.runs.guests import Guest
from tests.engines.any_width import TEXT, any_width
from tests.engines.differential import difference
from tests.engines.fresh import anew
from tests.engines.hot_programs import HotGuest, Turn, hot_generator
from tests.isa.test_engine_programs import blocks

Patch = pytest.MonkeyPatch
SMALL = any_width(32)
CALLING = TEXT.replace("trap call(x[d]) when x[a] != 1", "trap call(x[d])")  # each time, that is
CALLED = load_text(CALLING.format(width=32, rest="0:24"))
TIMED = load_text(CALLING.replace("core[5] <- info", "core[5] <- timer").format(width=32, rest="0:24"))
GATED = load_text(TEXT.format(width=32, rest="0:24").replace("when timer >u 1", "when timer >u 1 && psw.on == 1"))
SWAP = "x[d] <- mem[x[a]]; mem[x[a]] <- x[d] when x[d] != 0"
CONDITIONAL = load_text(TEXT.format(width=32, rest="0:24").replace("x[d] <- x[d] >>s x[a]", SWAP))
SIZE = 512
ALONE = ("interpreter",)


def agree(plan: tuple[str, ...], *guests: HotGuest, of: Isa = SMALL, depth: int = 0) -> None:
    """The engines do what single steps do, with code that is compiled now."""
    with Patch.context() as patch:
        isa = anew(patch, of)
        for hot in guests:
            own = Guest(isa, hot.guest.words, hot.guest.state, hot.guest.size)
            assert difference(HotGuest(own, hot.turns), depth, plan) is None


def guest(source: str, *turns: Turn) -> HotGuest:
    image = assemble(SMALL, source, "planted")
    words = {s.address + i: word for s in image.segments for i, word in enumerate(s.words)}
    return HotGuest(Guest(SMALL, words, {"pc": image.entry}, SIZE), turns)


def turn(steps: int, **state: Any) -> Turn:
    return Turn(steps, state, {})


# ---- what is checked


def random_guests(*plan: str) -> None:
    with Patch.context() as patch:
        generator = hot_generator(anew(patch, SMALL))
        found = (difference(generator.hot_guest(Random(seed), 500), 0, plan) for seed in range(7))
        assert not any(found)


def single_steps_and_threaded_code() -> None:
    random_guests("interpreter")


def code_that_changes_in_regions() -> None:
    random_guests("quick")


def the_first_trap_counts() -> None:
    """Of two that one instruction could demand."""
    agree(ALONE, guest(".org 16\nstart: back x0, x1", turn(1, x=[0, 10_000, 0, 0], psw=1)))


def the_machine_halts() -> None:
    agree(ALONE, guest("start: inc x1, x0\ncall x1, x1\ninc x1, x1", turn(9), turn(9)))


CHANGING = """
        .org 16
start:  inc  x1, x1
here:   inc  x2, x2
        jump x0, x3
        .org 40
change: st   x1, x2
        bnz  x1, change
other:  add  x2, x1
"""


def changed_in_between(*plan: str) -> None:
    word = assemble(SMALL, CHANGING, "planted").segments[-1].words[-1]
    around, change = {"pc": 16, "x": [0, 0, 0, 16]}, {"pc": 40, "x": [0, word, 17, 0]}
    with blocks(3):
        agree(plan, guest(CHANGING, turn(90, **around), turn(3, **change), turn(90, **around)))


def one_engine_changes_the_code_of_another() -> None:
    changed_in_between("reference", "interpreter")


def a_region_is_changed_from_elsewhere() -> None:
    changed_in_between("quick")


MOVING = """
        .org 16
start:  inc  x1, x1
        back x0, x2
        .org 40
        .word 20, 0, 100, 300   # pc, psw, base, bound
        .org 120
        ld   x3, x2             # where storage begins at word 100 now
        add  x1, x3
        st   x1, x2
        back x0, x2
        .org 140
        .word 16, 0, 0, 512
"""


def relocation_changes_on_the_way() -> None:
    agree(ALONE, guest(MOVING, turn(60, x=[0, 0, 40, 0])))


RINGING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x1
        add  x2, x1
        inc  x2, x2
        jump x0, x3
handler: inc x3, x3
        call x1, x0
"""


def the_clock_rings_in_time() -> None:
    """Wherever in a loop it rings."""
    states = [{"x": [0, 0, 0, 16], "psw": 2, "timer": 20 + later} for later in range(8)]
    ending = turn(1), turn(1), turn(1), turn(30)
    agree(ALONE, *(guest(RINGING, turn(18, **state), *ending) for state in states))


LOOKING = """
        .org 16
start:  inc  x1, x1
        add  x2, x1
        get  x2, x0
        jump x0, x3
"""


def the_clock_is_seen_as_it_is() -> None:
    agree(ALONE, guest(LOOKING, turn(60, x=[0, 0, 0, 16], timer=50)))


def a_monitor_takes_the_step_that_it_meets() -> None:
    agree(ALONE, guest(LOOKING, turn(60, x=[0, 0, 0, 16], timer=50)), depth=1)


LEAVING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x1
        add  x2, x1
        back x0, x3             # to `other`, with interrupts
        .org 40
        .word other, {psw}, 0, {bound}
        .org 50
other:  inc  x1, x1
        add  x2, x1
        inc  x2, x2
        back x0, x3
handler: inc x3, x3
        call x1, x0
"""


def leaving(of: Isa, psw: int, start: int) -> None:
    """The context changes again and again, whatever the clock says and however many steps there are."""
    one = LEAVING.format(psw=psw, bound=512)
    for later in range(12):
        first = turn(7 + later % 5, x=[0, 0, 0, 40], psw=start, timer=2 + later)
        agree(ALONE, guest(one, first, turn(1), turn(30)), of=of)


def the_clock_goes_on_in_another_context() -> None:
    leaving(SMALL, 2, 0)
    leaving(SMALL, 0, 2)


def the_clock_stands_still_in_another_context() -> None:
    leaving(GATED, 2, 0)
    leaving(GATED, 0, 2)


TRAPPING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x1
handler: inc x3, x3
        call x1, x0
"""


def the_clock_goes_on_in_a_trap() -> None:
    leaving(CALLED, 2, 0)
    agree(ALONE, guest(TRAPPING, turn(30, timer=50)), of=CALLED)


def the_trap_entry_looks_at_the_clock() -> None:
    agree(ALONE, guest(TRAPPING, turn(30, timer=50)), of=TIMED)


WRITTEN_OVER = """
first:  inc  x1, x1             # where the trap entry puts the status
        inc  x1, x1
        inc  x1, x1
        inc  x1, x1
        inc  x1, x1
        jump x0, x3
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x2, x2
        call x1, x0
handler: jump x0, x0
"""


def a_trap_entry_writes_over_code() -> None:
    agree(ALONE, guest(WRITTEN_OVER, turn(40, x=[0, 0, 0, 16], pc=0, timer=50)), of=CALLED)


def the_window_is_that_of_the_context() -> None:
    for bound in range(50, 56):
        agree(ALONE, guest(LEAVING.format(psw=0, bound=bound), turn(40, x=[0, 0, 0, 40])))


WAITING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x2
here:   bnz  x1, here
        inc  x1, x1
handler: inc x3, x3
        bnz  x3, handler
"""


def waiting_is_left_at_once() -> None:
    agree(ALONE, guest(WAITING, turn(90, x=[0, 0, 5, 0], psw=2, timer=50), turn(5)))


RUNNING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x1
        jump x2, x3
        .org 24
handler: bnz x2, handler
"""


def the_window_ends_where_it_ends() -> None:
    """A run straight on into the bound, and a loop of which the bound takes away the end."""
    straight = ".org 8\n.word 16, 0, 0, 512\n.org 16\n" + "start: inc x1, x1\n" + "inc x1, x1\n" * 30
    agree(ALONE, *(guest(straight, turn(60, bound=bound)) for bound in (30, 31)))
    loop = ".org 8\n.word 60, 0, 0, 512\n.org 16\nstart: inc x1, x1\ninc x2, x2\ninc x1, x1\njump x0, x3\n"
    around = turn(200, x=[0, 0, 0, 16])
    agree(("quick",), guest(loop, around, turn(200, bound=19), turn(20, bound=20, pc=16, base=0)))


def the_same_words_at_another_address() -> None:
    """A loop that notes where it is, relocated between two turns so that its words stay where they were."""
    loop = ".org 16\nstart: inc x1, x1\ninc x1, x1\njump x2, x3\n"
    first, second = turn(100, x=[0, 0, 0, 16]), turn(100, x=[0, 0, 0, 8], base=8, pc=8, bound=400)
    for plan in (("quick",), ALONE):
        agree(plan, guest(loop, first, second, first))


STORING = """
        .org 16
start:  st   x2, x1
        {first}
        sra  x3, x1             # x3 and the word change places, but the word stays if x3 is 0
        ld   x2, x1
        inc  x2, x2
        bnz  x1, start
"""


def what_may_have_been_stored_is_loaded() -> None:
    for first in ("rem x3, x3", "inc x3, x3"):
        agree(("quick",), guest(STORING.format(first=first), turn(400, x=[0, 200, 7, 5])), of=CONDITIONAL)


CHECKS = (
    what_may_have_been_stored_is_loaded,
    the_first_trap_counts,
    the_machine_halts,
    one_engine_changes_the_code_of_another,
    a_region_is_changed_from_elsewhere,
    relocation_changes_on_the_way,
    single_steps_and_threaded_code,
    code_that_changes_in_regions,
    the_clock_rings_in_time,
    the_clock_is_seen_as_it_is,
    a_monitor_takes_the_step_that_it_meets,
    the_clock_goes_on_in_another_context,
    the_clock_stands_still_in_another_context,
    the_clock_goes_on_in_a_trap,
    the_trap_entry_looks_at_the_clock,
    a_trap_entry_writes_over_code,
    the_window_is_that_of_the_context,
    waiting_is_left_at_once,
    the_window_ends_where_it_ends,
    the_same_words_at_another_address,
)
