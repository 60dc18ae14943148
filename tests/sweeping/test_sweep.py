"""A sweep says of each machine what `verify` says of it alone, asks what machines have in common once, and goes on
where it was. Mistakes in the file of a space have their line."""

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from isa.errors import SourceError, TraplineError
from isa.language import load_text
from isa.machines.catalogue import find
from proofs.terms.solving import Found
from proofs.verdict import keyed
from proofs.verdict.keyed import keys
from proofs.verdict.verification import verify
from trapline.jobs.local import Local
from trapline.jobs.results import Results
from trapline.sweeping.lattice import kind, lattice
from trapline.sweeping.machines import Machines
from trapline.sweeping.row import Swept, sweep
from trapline.sweeping.sheet import sheet
from trapline.sweeping.space import read_space

TINY = """
isa tiny "The least that can be swept." {
type word = bits(8)
enum Mode : bits(1) { supervisor = 0, user = 1 }
enum Cause : bits(4) { illegal = 1, privileged = 2, memory = 3 }
state storage : word[] @storage
state x : word[2] @general exit[0]
state pc : word @pc
state mode : Mode @mode
state base : word @base
state bound : word @bound
state halted : bits(1) @halt
view mem[va : word] : word {
  trap memory(va) when va >=u bound || base >=u size(storage) || va >=u size(storage) - base
  return storage[base + va]
}
on reset { mode <- supervisor; base <- 0; bound <- size(storage) }
on trap(cause : Cause, info : word) {
  storage[0] <- pc; storage[1] <- zext(mode); storage[2] <- base; storage[3] <- bound; storage[4] <- zext(cause)
  pc <- storage[8]; mode <- supervisor; base <- 0; bound <- size(storage)
}
step { pc <- pc + 1; execute mem[pc] else trap illegal(insn) }
def privileged() { trap privileged(insn) when mode == user }
operand reg : bits(1) "r%d"
format R(op) = op:7 d:reg
instr inc "d" R(1) "Add one." { x[d] <- x[d] + 1 }
instr where "d" R(2) "Read the base." { privileged(); x[d] <- base }
instr drop "d" R(3) "To user mode." { privileged(); mode <- user }
instr halt "d" R(4) "Stop." { privileged(); halted <- 1 }
}
"""
SPACE = """machine = "tiny.isa"
guards = ["where"]
[[switches]]
name = "drop"
[switches.settings]
traps = ""
falls = 'override instr drop "d" R(3) "To user mode." { mode <- user }'
"""


@pytest.fixture
def space(tmp_path: Path) -> str:
    (tmp_path / "tiny.isa").write_text(TINY)
    (tmp_path / "space.toml").write_text(SPACE)
    return str(tmp_path / "space.toml")


def swept(path: str, results: Results | None = None, told: list[int] | None = None) -> Swept:
    def hear(done: int, of: int) -> None:
        if told is not None:
            told.append(done)

    return sweep(Machines(read_space(path)), Local(0), results or Results(), hear)


def test_every_machine_is_as_verify_has_it_alone(space: str, tmp_path: Path) -> None:
    kept = Results(str(tmp_path / "kept.db"))
    found = swept(space, kept)
    machines = Machines(found.space)
    for row in found.rows:
        alone = verify(machines.make(row.settings), workers=0)
        assert row.theorems == (alone.theorem1, alone.theorem2, alone.theorem3), row.settings
        assert row.culprits == tuple(culprit.name for culprit in alone.culprits)
    assert [kind(row) for row in found.rows] == ["trap-and-emulate", "hybrid only", "neither", "neither"]
    assert [row.repair for row in found.rows] == [(), ("drop",), ("where",), ("where", "drop")]
    assert found.asked < found.needed / 2
    told: list[int] = []
    again = swept(space, kept, told)
    assert sheet(again) == sheet(found) and told[0] > 0 and again.rows == found.rows  # nothing was asked anew
    rows = list(csv.reader(io.StringIO(sheet(found).decode())))
    assert rows[1][:5] == ["on", "traps", "yes", "yes", "yes"] and rows[4][-2:] == ["2", "where drop"]
    ElementTree.fromstring(str(lattice(found)))


def test_what_an_answer_depends_on_is_in_its_key() -> None:
    whole = load_text(TINY, "tiny")
    other = load_text(TINY.replace("x[d] + 1", "x[d] + 2"), "tiny")
    frame = load_text(TINY.replace("storage[8]", "storage[9]"), "tiny")
    assumed = load_text(TINY.replace("on reset", "assume wide = bound >=u 1\non reset"), "tiny")
    a, b, c, d = map(keys, (whole, other, frame, assumed))
    assert [name for name in a if a[name] != b[name]] == ["inc"]
    assert all(a[name] != c[name] and a[name] != d[name] for name in a)
    assert keys(load_text(TINY, "tiny")) == a


def test_an_instruction_that_the_trap_entry_must_undo_is_in_its_key() -> None:
    g3, popf = keys(find("g3")), keys(find("g3_popf"))
    assert {name for name in g3 if g3[name] != popf[name]} == {"setie"}
    status = load_text('variant it of g3 "." { override instr lpsw "k(a)" M(0x80) "." { psw <- mem[x[a]] } }')
    assert {n for n in g3 if g3[n] != keys(status)[n]} == {"lpsw", "(trap_entry)"}


def test_a_key_that_forgets_the_meaning_gives_wrong_rows(space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed, "_told", lambda body: "anything")
    assert [row.theorems[0] for row in swept(space).rows] == [Found.YES] * 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('guards = ["where"]\n', "`machine` is missing"),
        ('machine = "tiny.isa"\n', "the space has no switches"),
        ('machine = "tiny.isa"\nguards = ["where", "where"]\n', "two switches are called `where`"),
        ('machine = "tiny.isa"\nguard = ["where"]\n', "there is no `guard` here"),
        ('machine = "tiny.isa"\n[[switches]]\nname = "a"\n', "at least two settings"),
        (f'machine = "tiny.isa"\nguards = {[f"i{n}" for n in range(17)]}\n', "65,536 are the most"),
        ('machine = "tiny.isa"\nguards = ["jump"]\n', "tiny has no instruction `jump`"),
        (SPACE.replace("mode <- user }", "mode <- nobody }"), "a setting is no change of tiny"),
    ],
)
def test_a_mistake_is_told(space: str, text: str, said: str) -> None:
    Path(space).write_text(text)
    with pytest.raises((SourceError, TraplineError)) as caught:
        swept(space)
    assert said in caught.value.render()


@pytest.mark.nightly
def test_the_guards_of_g3(tmp_path: Path) -> None:
    names = ["lpsw", "rpsw", "rrel", "lrel", "rtim", "stim", "rpnd", "cpnd", "in", "out", "setie", "halt"]
    path = tmp_path / "space.toml"
    path.write_text(f'machine = "g3"\nguards = {names}\n')
    found = sweep(Machines(read_space(str(path))), Local(2), Results(), lambda done, of: None)
    assert len(found.rows) == 4096 and found.asked < 100
    for row in found.rows:
        off = {name for name, setting in zip(names, row.settings, strict=True) if setting == "off"}
        assert set(row.repair or ()) == off and (row.theorems[0] is Found.YES) == (not off)
