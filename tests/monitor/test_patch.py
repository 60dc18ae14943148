"""Patching and paravirtualization: the monitor does what the words would have done that others stand for, and a guest
that keeps to what that assumes cannot tell; one that does not is seen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from guests.catalogue import DIRECTORY, LIBRARY, find
from isa.assembler import Directory, Image, assemble
from isa.devices import Disk, MemoryBacking, standard
from isa.encoding import decoder
from isa.engines.choice import WATCHING
from isa.errors import MachineError, TraplineError
from isa.machine import Reason
from isa.machine.snapshot import Snapshot
from isa.machine.snapshot_format import pack, unpack
from isa.machine.watch import Touch
from monitor import VirtualMachine
from monitor.dispatcher import Dispatcher
from monitor.history.history import History
from monitor.monitor import tower
from monitor.techniques import HYBRID, PARAVIRTUAL, PATCH, TRAP, Technique
from monitor.techniques import patch as module
from monitor.virtual import AsWritten, Virtual
from proofs.runs.compare import Comparison, Setup, compare
from proofs.runs.generation import LENGTH, generator
from proofs.runs.guests import Guest
from proofs.verdict.culprits import culprits_of
from tests.guests.boot import image_of, machine, outfit
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import NIGHTLY
from trapline.paravirt.rewriting import rewritten
from trapline.running.rig import Rig
from trapline.running.watching import Resting, resting_on

CULPRITS = {"popf": "setie", "jrst": "jrst", "sgdt": "rrel"}
VARIANTS = {"g3_popf": "setie", "g3_jrst": "jrst", "g3_sgdt": "rrel"}
PUBLISHED = ("arm", "mc68000", "pdp10", "pentium", "vax")
STEPS = 120
ROOT = Path(__file__).parents[2]


def patch(*names: str) -> Technique:
    return PATCH.told(names)


def compared(name: str, *monitors: Technique, image: Image | None = None, engine: str = "reference") -> Comparison:
    guest = find(name)
    isa = machine(guest.machine)
    made = image or image_of(guest, isa)
    ports = lambda: outfit(isa, guest.input, guest.disk, queue=guest.queue)  # noqa: E731
    return compare(Setup(isa, made, guest.storage, ports, monitors, engine=engine), guest.steps)


def booted(name: str, *monitors: Technique, engine: str = "reference") -> VirtualMachine:
    guest = find(name)
    isa = machine(guest.machine)
    vm = tower(isa, guest.storage, monitors, outfit(isa, guest.input, guest.disk, queue=guest.queue), engine=engine)
    vm.load(image_of(guest, isa))
    return vm


@cache
def called(name: str) -> Image:
    """A shipped guest that calls its monitor."""
    guest = find(name)
    isa = machine(guest.machine)
    directory = Directory(DIRECTORY, LIBRARY)
    text = rewritten(isa, guest.file, directory, {}, frozenset({CULPRITS[name]})).text
    return assemble(isa, text, guest.file, directory)


@pytest.mark.parametrize("name", CULPRITS)
@pytest.mark.parametrize(
    "below",
    [(), *(pytest.param(b, marks=pytest.mark.nightly) for b in ((TRAP,), (HYBRID, TRAP)))],
    ids=lambda b: f"on {len(b)}",
)
def test_neither_a_patched_guest_nor_one_that_calls_can_tell(name: str, below: tuple[Technique, ...]) -> None:
    assert compared(name, *below, patch(CULPRITS[name])).equivalent
    assert compared(name, *below, PARAVIRTUAL, image=called(name)).equivalent


@pytest.mark.parametrize("name", ["popf", *(pytest.param(n, marks=pytest.mark.nightly) for n in ("jrst", "sgdt"))])
def test_the_native_engine_does_the_same(name: str) -> None:
    """Direct runs in native code, and what is replaced in between."""
    assert compared(name, patch(CULPRITS[name]), engine="native").equivalent


def test_the_word_traps_and_nobody_uses_it() -> None:
    vm = booted("sgdt", patch("rrel"))
    words = {found.word for found in vm.replaced.values()}
    assert len(words) == 1 and len(vm.replaced) == 2
    (word,) = words
    assert decoder(vm.isa).find(word) is None
    assert word not in {w for _, w in image_of(find("sgdt"), vm.isa).words()}


def test_what_is_replaced_is_emulated_and_the_exits_say_so() -> None:
    vm = booted("popf", patch("setie"))
    vm.run(2000)
    kinds = {(decision.value, cause) for decision, cause in vm.statistics.by_cause()}
    assert ("emulated", "illegal") in kinds


def test_nobody_is_patched_who_was_not_asked_about() -> None:
    with pytest.raises(MachineError, match="nobody has said what to replace"):
        booted("popf", PATCH)
    image = replace(image_of(find("popf"), machine("g3_popf")), code=())
    vm = tower(machine("g3_popf"), 4096, [patch("setie")])
    with pytest.raises(MachineError, match="does not say which of its words are instructions"):
        vm.load(image)


# ---- saved, and gone back to


@pytest.mark.parametrize("engine", ["reference", pytest.param("native", marks=pytest.mark.nightly)])
def test_a_saved_machine_goes_on_bare_patched_and_trapped(engine: str) -> None:
    whole = booted("sgdt", patch("rrel"), engine=engine)
    whole.run(5)
    saved = Snapshot.from_bytes(Snapshot.take(whole).to_bytes())
    again = booted("sgdt", patch("rrel"), engine=engine)
    saved.apply(again)
    assert again.replaced == whole.replaced and again.storage.cells == whole.storage.cells
    trapped = booted("sgdt", TRAP)
    saved.apply(trapped)
    assert not trapped.replaced and trapped.storage.cells == whole.words(0, whole.storage.size)
    assert again.run(5000).reason is whole.run(5000).reason is Reason.HALT
    assert again.state.block == whole.state.block


def test_one_that_calls_is_saved_with_its_calls() -> None:
    vm = tower(machine("g3_jrst"), 4096, [PARAVIRTUAL], standard(machine("g3_jrst")))
    vm.load(called("jrst"))
    again = tower(machine("g3_jrst"), 4096, [PARAVIRTUAL], standard(machine("g3_jrst")))
    Snapshot.from_bytes(Snapshot.take(vm).to_bytes()).apply(again)
    assert again.replaced == vm.replaced and again.storage.cells == vm.storage.cells


@pytest.mark.parametrize(
    ("key", "value"),
    [("replaced", [[5000, 0]]), ("replaced", [[1]]), ("replaced", 7), ("code", [[4000, 200]]), ("code", [["x", 1]])],
)
def test_a_saved_program_that_cannot_be_is_refused(key: str, value: object) -> None:
    vm = booted("popf", patch("setie"))
    header, pages = unpack(Snapshot.take(vm).to_bytes(), "s")
    with pytest.raises(TraplineError, match="damaged"):
        Snapshot.from_bytes(pack({**header, key: value}, pages)).apply(vm)


@pytest.mark.nightly
def test_where_a_call_has_no_operands_the_place_tells_it_from_the_guests_own(tmp_path: Path) -> None:
    vax, file = machine("vax"), tmp_path / "v.s"
    plain = (ROOT / "tests" / "proofs" / "published" / "vax.s").read_text()
    file.write_text(plain.replace("        bsbw   print\n", "        movpsl r6\n        bsbw   print\n"))
    made = rewritten(vax, str(file), Directory(str(tmp_path)), {}, frozenset({"movpsl"}))
    assert made.call == "bpt" and "bpt" in plain
    image = assemble(vax, made.text)
    result = compare(Setup(vax, image, 4096, lambda: standard(vax), (TRAP, PARAVIRTUAL)), 1000)
    assert result.equivalent and result.machine is not None
    kinds = {(decision.value, cause) for decision, cause in result.machine.statistics.by_cause()}
    assert {("emulated", "breakpoint"), ("reflected", "breakpoint")} <= kinds


def test_history_goes_back_over_what_was_replaced() -> None:
    vm = booted("popf", patch("setie"))
    history = History(vm)
    history.go(100)
    state, storage = list(vm.state.block), vm.storage.cells.tolist()
    history.go(160)
    history.go(100)
    assert (list(vm.state.block), vm.storage.cells.tolist()) == (state, storage)
    history.go(0)
    history.go(100)
    assert (list(vm.state.block), vm.storage.cells.tolist()) == (state, storage)


def test_a_device_has_the_program_as_it_was_written() -> None:
    isa = machine("g3_popf")
    disk = Disk(MemoryBacking(bytes(4 * 512)), 32)
    text = "start: setie 0\nset r1, 2\nset r2, 4\nout r0, r1\nout r1, r2\nidle\nset r1, 0\nhalt\n"
    vm = tower(isa, 4096, [patch("setie")], standard(isa, disk=disk))
    vm.load(assemble(isa, text))
    assert vm.run(1000).reason is Reason.HALT and vm.replaced
    assert int.from_bytes(disk.backing.read(0, 4), "little") == assemble(isa, "setie 0").segments[0].words[0]


def test_what_is_emulated_reads_the_program_as_it_was_written() -> None:
    """Here a return from a trap loads an instruction as the pc, and the memory trap that follows stores it."""
    isa = machine("g3_popf")
    text = ".org 8\n.word done, 0, 0, -1\n.org 16\nstart: lpsw here(r0)\nhere: setie 0\n.word 0, 0, -1\ndone: halt\n"
    result = compare(Setup(isa, assemble(isa, text), 4096, lambda: standard(isa), (patch("setie"),)), 100)
    assert result.equivalent and result.machine is not None and result.machine.storage.load(0) == 0x8A00_0000


# ---- assumptions


def watched(name: str, *below: Technique) -> Resting:
    vm = booted(name, *below, patch("setie"), engine=WATCHING)
    found = resting_on(Rig(vm.isa, vm, (), WATCHING))
    assert found is not None
    vm.run(find(name).steps)
    return found


@pytest.mark.parametrize("below", [(TRAP,), pytest.param((), marks=pytest.mark.nightly)], ids=lambda b: f"on {len(b)}")
@pytest.mark.parametrize(
    ("name", "step", "touches"),
    [
        ("popf", None, []),
        ("reader", 192, [Touch.READ]),
        ("rewriter", 7, [Touch.WRITTEN, Touch.RUN]),
        ("generator", 11, [Touch.RUN]),
    ],
)
def test_who_breaks_an_assumption_is_seen_and_when(
    name: str, step: int | None, touches: list[Touch], below: tuple[Technique, ...]
) -> None:
    found = watched(name, *below).found()
    assert found.broken is not None
    assert [b.touch for b in found.broken] == touches
    assert not found.broken or found.broken[0].step == step
    assert compared(name, patch("setie")).equivalent == (not touches)


def test_without_looking_at_steps_only_what_is_written_is_seen() -> None:
    for name, touches in (("rewriter", [Touch.WRITTEN]), ("generator", None)):
        vm = booted(name, patch("setie"), engine="native")
        resting = resting_on(Rig(vm.isa, vm, (), "native"))
        vm.run(2000)
        broken = resting.found().broken if resting else None
        assert (broken and [b.touch for b in broken]) == touches


# ---- any guest


@dataclass(frozen=True, repr=False)
class Program(Guest):
    """A generated guest of which only the program is code."""

    @property
    def code(self) -> list[tuple[int, int]]:
        first = generator(self.isa).first
        length = next(n for n in range(LENGTH + 2) if first + n not in self.words)
        return [(first, min(length, LENGTH))]

    @property
    def replaced(self) -> dict[int, int]:
        return {}


@dataclass(frozen=True)
class Watched(Setup):
    """What is compared, with the guest's start in both, and watched."""

    def bare(self) -> Any:
        return self._started(super().bare())

    def monitored(self) -> VirtualMachine:
        vm: VirtualMachine = self._started(super().monitored())
        resting_on(Rig(vm.isa, vm, (), WATCHING))
        return vm

    def _started(self, made: Any) -> Any:
        assert isinstance(self.image, Guest)
        for name, value in self.image.state.items():
            made.state[name] = value
        return made


def told(isa_name: str) -> Technique:
    names = [VARIANTS[isa_name]] if isa_name in VARIANTS else culprits_of(machine(isa_name), PATCH.name).names
    return PATCH.told(names)


def random_guests(isa_name: str, count: int, seed: int) -> Iterator[Program]:
    isa, random = machine(isa_name), Random(seed)
    names = sorted(told(isa_name).culprits or ())
    for _ in range(count):
        guest = generator(isa).guest(random, STEPS)
        words = dict(guest.words)
        for address in range(generator(isa).first, generator(isa).first + LENGTH):
            if address in words and not random.randint(0, 5):
                words[address] = generator(isa).word_of(random, random.choice(names)) or words[address]
        yield Program(isa, words, guest.state, guest.size, guest.text, guest.interval, guest.quanta, guest.seed)


def check_guests(isa_name: str, count: int, seed: int = 1) -> int:
    """Each behaves alike until it breaks an assumption; how many steps were replaced ones."""
    replaced = 0
    for guest in random_guests(isa_name, count, seed):
        setup = Watched(guest.isa, guest, guest.size, guest.ports, (told(isa_name),), guest.seed, engine=WATCHING)
        try:
            result = compare(setup, STEPS)
        except MachineError:
            continue  # no word is left that traps
        vm = result.machine
        assert vm is not None
        resting = resting_on(Rig(vm.isa, vm, (), WATCHING))
        broken = resting.found().broken if resting else ()
        first = min((b.step for b in broken or ()), default=None)
        assert result.equivalent or (first is not None and result.divergence.step >= first), guest
        replaced += sum(n for (_, _, _, place), n in vm.statistics.exits.items() if place in vm.replaced)
    return replaced


@pytest.mark.parametrize("isa_name", VARIANTS)
def test_random_guests_that_keep_to_what_is_assumed_cannot_tell(isa_name: str) -> None:
    assert check_guests(isa_name, 300 if NIGHTLY else 8) > (500 if NIGHTLY else 5)


@pytest.mark.nightly
@pytest.mark.parametrize("isa_name", PUBLISHED)
def test_so_it_is_on_the_published_machines(isa_name: str) -> None:
    assert check_guests(isa_name, 200) > 100


# ---- planted bugs

bugs = Bugs()


def check_popf() -> None:
    assert compared("popf", patch("setie")).equivalent


def check_random() -> None:
    check_guests("g3_popf", 8)


def check_device() -> None:
    test_a_device_has_the_program_as_it_was_written()


def check_watch() -> None:
    test_who_breaks_an_assumption_is_seen_and_when("reader", 192, [Touch.READ], ())


@bugs.caught_by(check_popf, check_random)
def the_trap_is_the_guests(planted: Patch) -> None:
    planted.setattr(Virtual, "still", lambda self, place: False)


@bugs.caught_by(check_random)
def a_word_that_is_an_instruction(planted: Patch) -> None:
    planted.setattr(module, "free_word", lambda isa, used: 0x01000000)  # of the general registers, and no trap


@bugs.caught_by(test_the_word_traps_and_nobody_uses_it)
def only_the_first_is_replaced(planted: Patch) -> None:
    real = module.patches
    planted.setattr(module.Technique, "prepare", lambda self, m, s: dict(list(real(m, s, self.culprits).items())[:1]))


@bugs.caught_by(check_device)
def devices_see_the_patch(planted: Patch) -> None:
    planted.setattr(Virtual, "devices_see", lambda self: self.storage)


@bugs.caught_by(test_what_is_emulated_reads_the_program_as_it_was_written)
def what_is_emulated_reads_the_patch(planted: Patch) -> None:
    planted.setattr(AsWritten, "__getitem__", lambda self, index: self._cells[index])


@bugs.caught_by(check_watch)
def a_read_is_not_seen(planted: Patch) -> None:
    planted.setattr("isa.engines.reference.watching.Loads.__getitem__", lambda self, index: self._cells[index])


@bugs.caught_by(check_watch)
def steps_are_counted_twice(planted: Patch) -> None:
    planted.setattr(Dispatcher, "began", property(lambda self: 0, lambda self, value: None), raising=False)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
