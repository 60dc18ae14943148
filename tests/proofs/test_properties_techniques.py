"""The three properties under every technique: kept on the machines that it is right on, and bugs that break them."""

from functools import partial
from random import Random

import pytest

from isa.assembler import assemble
from isa.description import Isa
from isa.machine import Pause, Trap
from isa.machines.catalogue import find
from monitor import Monitor
from monitor.dispatcher import Dispatcher
from monitor.techniques import HYBRID, INTERPRET, TRAP, Technique
from proofs.runs.broken import Broken, Property
from proofs.runs.generation import generator
from proofs.runs.guests import Guest
from proofs.runs.justification import justified
from proofs.runs.properties import alone, maker, tally
from tests.machines_to_test import G3, M16, W64
from tests.monitor.planted_checks import PROCESSES, VECTORS
from tests.proofs.test_properties_planted import dispatching
from tests.sizes import sized

NIGHTLY = pytest.mark.nightly
LEAKS = 241  # the number of a guest that reads its relocation in user mode


@pytest.mark.parametrize(
    ("isa", "technique"),
    [
        (find("g3_popf"), HYBRID),
        *(pytest.param(isa, HYBRID, marks=NIGHTLY) for isa in (G3, M16, W64, find("g3_jrst"))),
        *(pytest.param(isa, INTERPRET, marks=NIGHTLY) for isa in (M16, W64, find("g3_sgdt"))),
    ],
    ids=lambda what: what.name,
)
def test_a_technique_breaks_nothing_where_it_is_right(isa: Isa, technique: Technique) -> None:
    found = tally(isa, range(sized(24, 800)), monitor=maker([technique]))
    assert found.holds and any(run.interpreted for run in found.runs)
    assert any(run.direct for run in found.runs) == (technique is not INTERPRET)


@pytest.mark.parametrize(
    "techniques",
    [(TRAP, HYBRID, INTERPRET), *(pytest.param(t, marks=NIGHTLY) for t in ((HYBRID, TRAP), (INTERPRET, HYBRID, TRAP)))],
    ids=lambda techniques: ",".join(t.name for t in techniques),
)
def test_techniques_on_each_other_break_nothing(techniques: tuple[Technique, ...]) -> None:
    found = tally(G3, range(sized(24, 800)), monitor=maker(techniques))
    assert found.holds and {run.depth for run in found.runs} == {1, 2, 3}


def test_a_hybrid_monitor_is_shown_where_theorem_3_fails() -> None:
    for technique, expected in ((HYBRID, Property.EQUIVALENCE), (INTERPRET, None)):
        broken = lone(find("g3_sgdt"), technique, LEAKS)
        assert (broken and broken.which) is expected


# ---- bugs


class Before(Dispatcher):
    """Asks for the mode before a trap is delivered, and not after."""

    known: bool | None = None

    def enter(self, trap: Trap) -> None:
        known = super().may_run_directly()
        super().enter(trap)
        self.known = known

    def may_run_directly(self) -> bool:
        known, self.known = self.known, None
        return super().may_run_directly() if known is None else known


class Late(Dispatcher):
    """Changes between running directly and interpreting a step too late."""

    before: bool | None = None

    def may_run_directly(self) -> bool:
        now = super().may_run_directly()
        before, self.before = self.before, now
        return now if before is None else before


class Eager(Dispatcher):
    """Does not end its interpretation where the guest comes to run directly."""

    def _interpreted(self, limit: int) -> Trap | Pause | None:
        self.vm.attentive = False
        return super()._interpreted(limit)


def lone(isa: Isa, technique: Technique, what: int | Guest) -> Broken | None:
    """What a guest breaks, or the one of this number, that runs by itself on one monitor."""
    made = generator(isa).guest(Random(what)) if isinstance(what, int) else what
    return alone(isa, made, 1, justified(isa), partial(Monitor, technique=technique))


def guest(isa: Isa, source: str) -> Guest:
    image = assemble(isa, source, "test")
    return Guest(isa, dict(image.words()), {"pc": image.entry}, 512, quanta=(7, 20, 200))


@pytest.mark.parametrize("bug", [Before, Late, Eager])
def test_a_bug_in_changing_over_is_found(bug: type[Dispatcher]) -> None:
    processes = guest(G3, PROCESSES)
    assert lone(G3, HYBRID, processes) is None
    with dispatching(bug):
        broken = lone(G3, HYBRID, processes)
    assert broken is not None and broken.which is Property.EFFICIENCY


def test_a_mode_that_is_asked_too_early_shows_to_a_guest() -> None:
    """The first instruction of the handler runs directly, and that is one that must not."""
    isa = find("g3_popf")
    masks = f"{VECTORS} lpsw user(r0)\nhandler: setie 1\n rpsw r2\n halt\nuser: .word 256, 1, 0, 512\n"
    loses = guest(isa, f"{masks} .org 256\n svc 1\n")
    assert lone(isa, HYBRID, loses) is None
    with dispatching(Before):
        broken = lone(isa, HYBRID, loses)
    assert broken is not None and broken.which is Property.EQUIVALENCE
