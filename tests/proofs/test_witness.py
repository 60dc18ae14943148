"""Witnesses: every culprit gets a guest that parts the two machines at it, and nothing else gets one."""

import pytest
import z3

from isa.assembler import assemble
from isa.description import Isa
from isa.encoding import decoder
from isa.engines.choice import bare
from isa.errors import UsageError
from isa.language import load_text
from isa.machine import Reason, Storage
from proofs.definitions.classification import UNASSIGNED
from proofs.runs.compare import compare
from proofs.witness.finding import Sound, Undecided, Unreached, Witness, Witnesses, setup
from proofs.witness.needs import needs
from proofs.witness.place import Site
from proofs.witness.search import Search
from tests.machines_to_test import G3, M16
from tests.planting import Patch
from tests.proofs.witness_machines import GUARDED, unguarded, variant

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

EQUIVALENCE, CONTROL = "equivalence", "resource control"


def witness(isa: Isa, name: str) -> Witness:
    found = Witnesses(isa).against(name)
    assert isinstance(found, Witness), found
    return found


def check(isa: Isa, found: Witness, depth: int = 1) -> None:
    """The machines part, and they part at the culprit."""
    result = compare(found.setup(isa, depth), 1000)
    assert result.divergence is not None, found.text
    assert result.divergence.step == len(found.before), found.text
    assert result.divergence.word is not None
    instruction = decoder(isa).find(result.divergence.word)
    assert (instruction.name if instruction else UNASSIGNED) == found.name, found.text


@pytest.mark.parametrize(
    ("machine", "name"), [pytest.param(*g, marks=pytest.mark.nightly if n % 6 else ()) for n, g in enumerate(GUARDED)]
)
def test_every_guard_that_is_taken_away_gives_a_witness(machine: str, name: str) -> None:
    isa = unguarded(machine, name)
    check(isa, witness(isa, name))


CASES = [
    ("g3", "odd", "odd", [EQUIVALENCE], 0),  # traps bare, runs monitored
    ("g3", "stim", "stim", [EQUIVALENCE, CONTROL], 1),
    ("g3", "out", "out", [EQUIVALENCE, CONTROL], 0),
    pytest.param("g3", "halt", "halt", [EQUIVALENCE, CONTROL], 0, marks=pytest.mark.nightly),
    ("g3", "bound", "rbnd", [EQUIVALENCE], 1),  # the virtual bound must be set beyond the storage
    ("g3", "picky", "pick", [EQUIVALENCE], 1),  # a register must be set
    ("g3", "upper", "peek", [EQUIVALENCE], 1),  # so must the status word, by a trap
    ("g3", "store", "mark", [EQUIVALENCE], 0),  # only storage differs
    ("g3", "jump", "leap", [EQUIVALENCE], 0),
    ("g3", "deaf", "poll", [EQUIVALENCE], 0),  # a device must ask for attention
    ("m16", "arm", "arm", [EQUIVALENCE], 0),
    pytest.param("m16", "len", "length", [EQUIVALENCE], 1, marks=pytest.mark.nightly),
    ("m16", "limit", "deadline", [EQUIVALENCE], 2),  # a register, then the limit
    pytest.param("m16", "shy", "shy", [EQUIVALENCE], 1, marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("parent", "machine", "name", "breaks", "before"), CASES)
def test_a_witness_is_short_and_says_what_breaks(
    parent: str, machine: str, name: str, breaks: list[str], before: int
) -> None:
    isa = variant(parent, machine)
    found = witness(isa, name)
    check(isa, found)
    assert found.breaks == breaks
    assert len(found.before) == before
    assert bool(found.divergence.breach) == (CONTROL in breaks)


def test_a_witness_parts_the_machines_under_two_monitors_too() -> None:
    isa = variant("g3", "bound")
    check(isa, witness(isa, "rbnd"), depth=2)


def test_it_is_the_culprit_that_parts_them() -> None:
    """The same words on the machine without the culprit: equivalent."""
    found = witness(unguarded("g3", "stim"), "stim")
    mended = assemble(G3, found.text)
    assert compare(setup(G3, mended, found.words, found.input), 1000).equivalent


@pytest.mark.parametrize("isa", [G3, pytest.param(M16, marks=pytest.mark.nightly)], ids=["g3", "m16"])
def test_what_always_traps_has_no_witness(isa: Isa) -> None:
    found = Witnesses(isa).against(UNASSIGNED)
    assert isinstance(found, Sound)
    assert "traps whatever the state" in found.why


def test_what_may_run_directly_has_no_witness() -> None:
    found = Witnesses(G3).against("add")
    assert isinstance(found, Sound)
    assert "does to the virtual machine what it does to the bare one" in found.why


def test_state_that_nothing_sets_is_named() -> None:
    found = Witnesses(variant("g3", "secret")).against("rlck")
    assert isinstance(found, Unreached)
    assert found.why == "it needs lock = 0x1 instead of 0x0, and nothing else that a guest can do sets it"
    assert [need.what for need in found.needs] == ["lock"]


def test_another_culprit_does_not_pass_for_a_setter() -> None:
    """The timer can only be set by what is itself a culprit, and at which the machines part first."""
    isa = variant("g3", "both")
    found = Witnesses(isa).against("rtim")
    assert isinstance(found, Unreached)
    assert "nothing else than stim, at which the machines part before, sets it" in found.why


def needed(machine: str, name: str) -> list[tuple[str, bool]]:
    witnesses = Witnesses(variant("g3", machine))
    search = Search(witnesses.core, witnesses.subjects[name], witnesses.site, 60.0)
    return [(need.what, need.always) for need in needs(search, 60.0) or []]


def test_what_another_way_does_without_is_not_needed_always() -> None:
    assert needed("secret", "rlck") == [("lock", True)]
    assert needed("either", "spy") == [("psw", False)]


def no_time_is_no_answer() -> None:
    found = Witnesses(variant("g3", "picky"), timeout=0.001).against("pick")
    assert isinstance(found, Undecided), found


def test_no_time_is_no_answer() -> None:
    no_time_is_no_answer()


def test_what_the_solver_leaves_open_is_no_answer(monkeypatch: Patch) -> None:
    """The search finds nothing, and then the solver does not say whether there is anything to be found."""
    monkeypatch.setattr(Witnesses, "_first", lambda *_: None)
    monkeypatch.setattr(Witnesses, "_sound", lambda *_: None)
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    no_time_is_no_answer()


def test_an_unknown_instruction_is_explained() -> None:
    with pytest.raises(UsageError) as caught:
        Witnesses(G3).against("lpws")
    assert caught.value.help == "did you mean `lpsw`?"


def test_the_text_tells_the_story() -> None:
    text = witness(variant("g3", "deaf"), "poll").text
    assert text.startswith("# A witness against `poll` on deaf: it breaks equivalence.\n")
    assert "# A character arrives at the console before the first step, so that a pending bit is set." in text
    assert "#     x[1]  0x0     0x1   0x0\n" in text
    assert text.endswith(
        "         .org 0x10\n"
        "culprit: poll r1                    # here the two machines part\n"
        "done:    halt                       # every trap leads here\n"
    )


LOCKED = """
variant locked of g3 "Traps end in word 40, wherever the trap entry would like to lead." {
  override on trap(cause : Cause, info : word) { pc <- 40; psw.mode <- supervisor; base <- 0; bound <- size(storage) }
  override instr rtim "d" D(0x84) "Read the timer." { x[d] <- timer }
}
"""


@pytest.mark.parametrize("isa", [G3, M16], ids=["g3", "m16"])
def test_every_trap_ends_a_guest(isa: Isa) -> None:
    """Also where the trap entry loads no pc: the words that halt are put where it leads."""
    for machine in (isa, load_text(LOCKED, "locked")):
        site = Site.of(machine)
        ending = site.ending(site.start + 1)
        assert ending is not None
        words = {site.start + 1: ending.word, **site.handler(site.start + 1)}
        real = bare(machine, Storage(machine.word, site.words))
        for at, word in words.items():
            real.storage.write(at, [word])
        real.state[machine.pc] = site.start
        real.storage.write(site.start, [_unassigned(machine)])
        assert real.run(10).reason is Reason.HALT


def _unassigned(isa: Isa) -> int:
    return next(w for w in ((1 << isa.word) - 1, 0, 1) if decoder(isa).find(w) is None)
