"""All engines do the same on machines unlike others: words of any width, views and prologues that engines cannot take
for granted, unassigned words that mean something."""

from functools import cache
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from isa.description import Isa
from isa.engines.choice import bare
from isa.language import load_text
from isa.machine import Storage
from isa.machines.catalogue import find
from tests.engines.any_width import any_width
from tests.engines.differential import agree, deepest
from tests.engines.engines import ENGINES, STEPPING
from tests.engines.hot_programs import hot_generator
from tests.isa.test_engine_programs import STRANGE
from tests.isa.view_machines import VIEWS, small
from tests.machines_to_test import HERE

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

NO_LAW = """
variant no_law of g3 "The timer runs by twos, so that there is no law of time." {
  override step {
    trap clock(0)      when psw.ie == 1 && timer == 1
    timer <- timer - 2 when timer >u 2
    pc <- pc + 1
    execute mem[pc] else trap illegal(insn)
  }
}
"""
TABLE = """
variant table of g3 "Storage says where storage is, so that a fetch is no plain access." {
  override view mem[va : word] : word {
    trap memory(va) when va >=u bound || storage[zext(va[15:4])] >=u size(storage)
    return storage[storage[zext(va[15:4])] + zext(va[3:0])]
  }
}
"""
TEXTS = {"strange": STRANGE, "no_law": NO_LAW, "table": TABLE}
CORNERS = ["corners_plain", "corners_open", "corners_split", "corners_wrap", "corners_lost", "corners_tick"]
WIDTHS = [8, 12, 17, 24, 33, 48]
OFTEN = {"strange", "no_law", "corners_split", "w8", "twice", "unchecked"}
NAMES = [*TEXTS, *CORNERS, "hostile", *(f"w{width}" for width in WIDTHS), *VIEWS]


@cache
def described(name: str) -> Isa:
    if name in TEXTS:
        return load_text(TEXTS[name])
    if name in VIEWS:
        return small(name, 32)
    if name in CORNERS:
        return find(f"{HERE / 'corners.isa'}:{name}")
    return find(str(HERE / "hostile.isa")) if name == "hostile" else any_width(int(name[1:]))


@pytest.mark.parametrize("name", [n if n in OFTEN else pytest.param(n, marks=pytest.mark.nightly) for n in NAMES])
@settings(max_examples=settings().max_examples * 3 // 20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    seed=st.integers(0, 1 << 40),
    plan=st.lists(st.sampled_from(sorted(ENGINES)), min_size=1, max_size=4),
    depth=st.integers(0, 2),
)
def test_engines_agree(name: str, seed: int, plan: list[str], depth: int) -> None:
    isa = described(name)
    depth = min(depth, deepest(isa)) if (1 << isa.word) > 1 << 16 else 0
    agree(hot_generator(isa).hot_guest(Random(seed), 500), depth, plan)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("base", [20, 1 << 31])
def test_a_word_that_storage_lacks_is_zero_and_nothing_was_made_of_it(engine: str, base: int) -> None:
    """Whether a fetch is in storage is the description's to ask, and this one does not."""
    ends = []
    for factory in (STEPPING, ENGINES[engine]):
        machine = bare(described("unchecked"), Storage(32, 20))
        machine.engine = factory(machine)
        machine.state["base"], machine.state["bound"], machine.state["r"] = base, 30, [7, 1, 2, 3]
        ends.append((machine.run(40), [*machine.state.block]))
    assert ends[0] == ends[1] and ends[0][0].steps == 40
