"""A machine whose trap frames lie where the cause decides; and how much storage a machine must have."""

from pathlib import Path

import pytest

from guests.catalogue import describe
from isa.description import Isa
from isa.devices import Console, Ports, Script, attach
from isa.engines.native.compiler import available
from isa.errors import MachineError
from isa.language import load_text
from isa.machine import Machine, Reason, Storage, least_storage, sizes
from isa.machine.sizes import entry_words
from isa.machine.time import law_of
from isa.machines.catalogue import find
from monitor import Monitor
from monitor.core import Core
from monitor.monitor import tower
from proofs.definitions.classification import subjects
from proofs.definitions.machine_facts import trap_entry
from proofs.obligations.statements import obligations
from proofs.runs.compare import Setup, compare
from proofs.terms.solving import Found
from proofs.verdict.proving import decided
from proofs.verdict.verification import study
from tests.guests.boot import Booted, image_of
from tests.planting import Bugs, Planted, must_catch
from trapline.cli import main

HERE = Path(__file__).parent
FILE = str(HERE / "stack24.isa")
STACK24 = find(FILE)
GUEST = describe(HERE / "stack24_frames.s")
ENGINES = ("reference", "native") if available() else ("reference",)
ASSUMED = "There is room for a program beside the frames."


def test_each_trap_has_its_frame() -> None:
    booted = Booted(GUEST, STACK24)
    assert booted.run().reason is Reason.HALT
    assert booted.output == GUEST.prints.strip()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_it_is_the_same_monitored(depth: int, engine: str) -> None:
    def ports() -> Ports:
        return attach(STACK24, Console(Script(b"")))

    setup = Setup(STACK24, image_of(GUEST, STACK24), GUEST.storage, ports, depth, engine=engine)
    found = compare(setup, GUEST.steps)
    assert found.equivalent and found.bare is not None and found.bare.reason is Reason.HALT


def test_its_trap_entry_keeps_what_it_must_and_stays_inside() -> None:
    assert trap_entry(STACK24, 60).holds is Found.YES
    last = subjects(STACK24)[-1].name
    entry = [o for o in obligations(Core(STACK24), law_of(STACK24), last) if o.about == "trap entry"]
    assert [decided(o, 60).proved for o in entry] == [True]


@pytest.mark.parametrize("name", ["mul", "div"])
def test_what_is_made_of_two_loads_is_decided(name: str) -> None:
    """Both runs load the factors, through terms of different shape."""
    found = study(next(s for s in subjects(STACK24) if s.name == name), 20)
    assert not found.unknown
    assert found.verdict.innocuous is Found.YES and found.theorem1 is Found.YES


# ---- how much storage


def changed(change: str) -> Isa:
    return load_text(f'{Path(FILE).read_text()} variant changed of stack24 "Changed." {{ {change} }}', "changed")


def entry(frame: str) -> Isa:
    body = f"let f = {frame} core[f] <- pc; pc <- core[f + 1]; st <- 0x80; lo <- 0; len <- size(core)"
    return changed(f'delete assume frames override on trap(cause : Cause, info : word) "" {{ {body} }}')


LEAST = {
    "zext(cause, 24) << 3": 56 + 2,
    "16 - zext(cause, 24)": 16 + 2,
    "if info[0] == 1 then 40 else zext(cause, 24) + 9": 40 + 2,
    "zext(st, 24)": 255 + 2,
    "zext(cause, 24) * 0x100": 0x702,
    "fp": 1,  # a whole register: the program that sets it answers for it
}


@pytest.mark.parametrize("frame", LEAST)
def test_the_least_storage_follows_from_the_bound_of_the_address(frame: str) -> None:
    assert least_storage(entry(frame)) == LEAST[frame]


ASSUMPTIONS = {
    "size(core) >=u 100": 100,
    "size(core) >u 100": 101,
    "size(core) & 0xff == 0": 256,
    "size(core) == 3000": 3000,
    "size(core) >=u 20": 64,  # its frames need more
    "len <=u size(core)": 64,  # not about the size alone
}


@pytest.mark.parametrize("assumed", ASSUMPTIONS)
def test_the_least_storage_heeds_what_is_assumed_of_it(assumed: str) -> None:
    isa = changed(f'override assume frames = {assumed} "Of storage."')
    assert least_storage(isa) == ASSUMPTIONS[assumed]
    Machine(isa, Storage(24, least_storage(isa)))
    if assumed.startswith("size"):
        with pytest.raises(MachineError, match=r"what \d+ words are not: Of storage|needs at least"):
            Machine(isa, Storage(24, least_storage(isa) - 1))


def too_small_is_refused() -> None:
    """Bare, virtual, at any depth, and by the command line: with what is assumed, and what to give."""
    assert entry_words(STACK24) == 64 and least_storage(STACK24) == 128
    for make in (
        lambda: Machine(STACK24, Storage(24, 127)),
        lambda: Monitor(Machine(STACK24, Storage(24, 4096))).create(127),
        lambda: tower(STACK24, 127, 2),
    ):
        with pytest.raises(MachineError, match=f"what 127 words are not: {ASSUMED}") as error:
            make()
        assert "another number of words: `--storage" in error.value.help
    with pytest.raises(MachineError, match="needs at least 64 words of storage for its trap entry, not 63"):
        Machine(STACK24, Storage(24, 63))


def test_a_machine_of_another_size_than_is_assumed_is_refused() -> None:
    too_small_is_refused()


@pytest.mark.parametrize("more", [[], ["--monitor", "trap"]])
def test_the_command_line_refuses_it_too(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", str(HERE / "stack24_frames.s"), "--isa", FILE, "--storage", "100", *more])
    assert code == 3
    assert f"stack24 assumes of the size of its storage what 100 words are not: {ASSUMED}" in capsys.readouterr().err


BUGS = Bugs()


@BUGS.caught_by(too_small_is_refused)
def only_constants_are_bounded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sizes, "bounds", lambda place: (0, getattr(place, "value", (1 << place.width) - 1)))
    entry_words.cache_clear()


@BUGS.caught_by(too_small_is_refused)
def what_is_assumed_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sizes, "_about_size", lambda isa: iter(()))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        must_catch(bug, monkeypatch, (AssertionError, pytest.fail.Exception))
    finally:
        entry_words.cache_clear()
