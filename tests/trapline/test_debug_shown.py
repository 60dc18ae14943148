"""What a debugger shows of a machine: state in groups, instructions and words at any place; and how it is opened."""

import pytest

from isa.assembler import assemble
from isa.description import Kind
from isa.devices import Console, Live, Ports
from isa.engines.choice import bare
from isa.errors import UsageError
from isa.machine import Machine, Storage
from isa.machine.exits import Trap
from monitor.monitor import tower
from tests.machines_to_test import G3, M16, W64
from tests.planting import Bugs, Planted, must_catch, passes
from trapline.debugging import code as listing
from trapline.debugging import scopes as groups
from trapline.debugging.code import code, words
from trapline.debugging.opening import debugger_of
from trapline.debugging.places import Place
from trapline.debugging.scopes import scopes

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by

PROGRAM = """
        .org  16
start:  lpsw  user(r0)
user:   .word 4, 1, inside, 0x20
        .org  64
inside: .word 7
        .word 8
other:  addi  r1, r1, 1
        b     other
here:   addi  r2, sp, 2
        b     here
"""
IMAGE = assemble(G3, PROGRAM, "shown.s")


def machine(depth: int = 0, steps: int = 1) -> Machine:
    ports = Ports({0: Console()})
    made: Machine = tower(G3, 4096, depth, ports) if depth else bare(G3, Storage(32, 4096), ports)
    made.load(IMAGE)
    made.run(steps)
    return made


# ---- state


def values(made: Machine) -> dict[str, dict[str, tuple[int, str]]]:
    return {scope.name: {v.name: (v.value, v.text) for v in scope.values} for scope in scopes(made)}


def state_is_grouped_by_role() -> None:
    shown = values(machine())
    assert list(shown) == ["registers", "status", "relocation", "resources", "devices"]
    assert shown["registers"]["pc"] == (4, "0x4") and "sp" not in shown["registers"]
    assert shown["status"]["psw.mode"] == (1, "user") and shown["status"]["psw"] == (1, "0x1")
    assert shown["relocation"] == {"base": (64, "0x40"), "bound": (32, "0x20")}
    assert list(shown["resources"]) == ["timer", "pending"]
    assert shown["devices"] == {"console.printed": (0, "0"), "console.waiting": (0, "0"), "console.ended": (1, "1")}


def test_state_is_grouped_by_role() -> None:
    passes(state_is_grouped_by_role)


def test_each_machine_of_a_tower_has_its_own() -> None:
    made = machine(2, 2)
    virtual, *_, real = (values(host) for host in made.hosts)
    assert virtual["relocation"]["base"] == (64, "0x40") and real["relocation"]["base"][0] > 64
    assert "devices" not in real


def everything_is_shown_and_can_be_set() -> None:
    for isa in (G3, M16, W64):
        made = bare(isa, Storage(isa.word, 1 << min(12, isa.word - 1)))
        shown = [value for scope in scopes(made) for value in scope.values if scope.name != "devices"]
        states = [s for s in isa.states.values() if s.kind in (Kind.SCALAR, Kind.ARRAY)]
        assert len(shown) == sum(s.count + len(s.fields) for s in states)
        for value in shown:
            if value.place is not None:
                value.place.write(made, -1)
                assert value.place.read(made) == (1 << value.width) - 1, value
        fixed = sum(len(s.zero) for s in states)
        assert sum(value.place is None for value in shown) == fixed


def test_everything_is_shown_and_can_be_set() -> None:
    passes(everything_is_shown_and_can_be_set)


# ---- code


def rows_are_what_would_be_fetched() -> None:
    made = machine()
    made.run(1)
    before = made.state.block[:]
    rows = code(made, IMAGE, -2, 40)
    assert [row.pc for row in rows] == list(range(-2, 38)) and made.state.block == before
    for row in rows:
        made.state.block[made.pc_slot] = max(0, row.pc)
        fetched = None if row.pc < 0 else made.engine.peek()
        assert row.word == (None if isinstance(fetched, Trap) else fetched)
        assert row.place == (None if row.word is None else row.pc + 64)
    assert [row.pc for row in rows if row.word is not None] == list(range(32))
    shown = rows[4 + 2]
    assert shown.label == "here" and shown.text == "addi r2, sp, 2" and shown.line == IMAGE.lines[68]
    assert rows[5 + 2].text == "beq r0, r0, here" and rows[6 + 2].text.startswith(".word")


def test_rows_are_what_would_be_fetched() -> None:
    passes(rows_are_what_would_be_fetched)


def test_rows_by_place_are_storage_in_order() -> None:
    made = machine(1)
    rows = code(made, IMAGE, -3, 4200, placed=True)
    assert [row.word for row in rows] == words(made, -3, 4200) and len(rows) == 4200
    assert [row.place for row in rows[:5]] == [None, None, None, 0, 1] and rows[-1].place is None
    assert rows[16 + 3].label == "start" and rows[16 + 3].text == "lpsw 17(r0)"


@pytest.mark.parametrize("first", [-5000, -7, -1, 0, 4090, 4096, 1 << 70])
@pytest.mark.parametrize("count", [0, 1, 9])
def test_there_are_as_many_as_were_asked_for(first: int, count: int) -> None:
    made = machine()
    found = words(made, first, count)
    inside = {n: w for n, w in enumerate(found, first) if w is not None}
    assert len(found) == len(code(made, None, first, count)) == count
    assert inside == {n: made.storage.load(n) for n in range(max(0, first), first + count) if 0 <= n < 4096}


# ---- opening


def test_a_debugger_is_opened_from_plain_values() -> None:
    with debugger_of("hello", monitor="trap:2", steps=100, storage="0x1000", define=["A=1", "B=2"]) as debugger:
        assert (len(debugger.machine.hosts), debugger.limit, debugger.machine.storage.size) == (3, 100, 4096)
        assert debugger.image is not None and debugger.image.symbols["B"] == 2
        assert [*debugger.do("print A")] == ["1 0x1"]


def test_what_a_guest_reads_is_typed() -> None:
    with debugger_of("hello") as debugger:
        (console,) = debugger.consoles
        assert isinstance(console.input, Live)
        console.input.feed(b"hi")
        assert next(iter(debugger.do("run"))) == "halted" and console.told()["waiting"] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"monitor": "trap:99"}, "`trap:99` is not `none`, `trap`,"),
        ({"speed": 3}, "--speed"),
        ({"steps": "many"}, "not a whole number"),
        ({"resume": "x.saved"}, "a saved machine brings its own guest"),
        ({"input": "-"}, "stdin is for the words of the debugger"),
    ],
)
def test_options_that_are_none_are_told(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message), debugger_of("hello", **options):
        pass


# ---- planted


@caught_by(state_is_grouped_by_role)
def fields_without_their_names(patch: Patch) -> None:
    patch.setattr(groups, "_text", lambda isa, place, value: f"{value:#x}")


@caught_by(everything_is_shown_and_can_be_set)
def the_width_of_the_word_taken_for_that_of_its_field(patch: Patch) -> None:
    patch.setattr(Place, "width", lambda self, isa: self._state(isa).width)


@caught_by(everything_is_shown_and_can_be_set)
def zero_taken_for_a_register_like_others(patch: Patch) -> None:
    patch.setattr(Place, "fixed", lambda self, isa: False)


@caught_by(rows_are_what_would_be_fetched)
def labels_not_relocated(patch: Patch) -> None:
    patch.setattr(listing, "_seen", lambda labels, ahead: labels)


@caught_by(rows_are_what_would_be_fetched)
def pcs_taken_for_places(patch: Patch) -> None:
    before = listing._row
    patch.setattr(listing, "_row", lambda isa, image, pc, place, word: before(isa, image, pc, place and pc, word))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
