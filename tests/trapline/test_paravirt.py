"""A guest written anew with hypercalls: only what must change is changed, and what came of it is the same program."""

import json
from pathlib import Path

import pytest

from guests.catalogue import DIRECTORY, LIBRARY, find
from isa.assembler import Directory, Image, assemble
from isa.encoding import decoder
from isa.errors import SourceError, TraplineError
from isa.language import load_text
from isa.machines.catalogue import find as machine
from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.cli import main
from trapline.paravirt import flattening, rewriting
from trapline.paravirt.rewriting import Rewritten, rewritten

CULPRITS = {"g3_popf": "setie", "g3_jrst": "jrst", "g3_sgdt": "rrel"}
TRICKY = """# A guest with culprits wherever they can stand.
# machine: g3_popf
        .macro on e
here\\@: setie \\e           # kept
        .endm
start:  on   0
        .rept 2, i
        on   \\i
        .endr
        .ifdef NEVER
        setie 1 2 3
        .include "nowhere.s"
        .endif
both: sti; not a comment of ours: sti
        .include "inner.s"
        .include <console.s>
        set  r1, 'x'
        halt
        .word 0x8a000001
"""
INNER = "inner:  cli\n"
Text = dict[str, str]


def tricky(folder: Path, text: str = TRICKY) -> Rewritten:
    (folder / "t.s").write_text(text)
    (folder / "inner.s").write_text(INNER)
    directory = Directory(str(folder), LIBRARY)
    return rewritten(machine("g3_popf"), str(folder / "t.s"), directory, {}, frozenset({"setie"}))


def shipped(name: str, isa: str) -> Rewritten:
    directory = Directory(DIRECTORY, LIBRARY)
    return rewritten(machine(isa), find(name).file, directory, {}, frozenset({CULPRITS[isa]}))


def image(text: str, isa: str = "g3_popf") -> Image:
    return assemble(machine(isa), text, "t.s", Directory(DIRECTORY, LIBRARY))


@pytest.mark.parametrize(("name", "isa"), [("jrst", "g3_jrst"), ("sgdt", "g3_sgdt")])
def test_culprits_of_the_shipped_guests_become_calls_of_the_monitor(name: str, isa: str) -> None:
    made = shipped(name, isa)
    now, was = image(made.text, isa), image(find(name).path.read_text(), isa)
    words, before = dict(now.words()), dict(was.words())
    decode = decoder(machine(isa))
    culprits = {a: w for a, w in before.items() if (i := decode.find(w)) is not None and i.name == CULPRITS[isa]}
    assert culprits and now.replaced == culprits
    assert {a: w for a, w in words.items() if a not in culprits} == {
        a: w for a, w in before.items() if a not in culprits
    }
    assert {words[a] for a in culprits} == {image(made.call or "", isa).segments[0].words[0]}
    assert not set(before.values()) & {words[a] for a in culprits}


def test_comments_layout_labels_macros_and_includes_are_kept(tmp_path: Path) -> None:
    made = tricky(tmp_path)
    assert "here\\@: svc 0xffff           # kept\n        .was setie \\e\n" in made.text
    assert "both: svc 0xffff; not a comment of ours: sti\n      .was sti\n" in made.text
    assert '# .include "inner.s"\ninner:  svc 0xffff\n        .was cli\n' in made.text
    assert "        .include <console.s>\n" in made.text  # nothing in it is changed
    assert '        setie 1 2 3\n        .include "nowhere.s"\n' in made.text  # left out, and left alone
    assert made.text.startswith("# A guest with culprits wherever they can stand.\n# machine: g3_popf\n\n# Written by")
    assert [len(change.addresses) for change in made.changes] == [3, 1, 1]
    assert image(made.text).replaced[0] == image("cli").segments[0].words[0]


def test_what_was_written_anew_is_not_changed_again(tmp_path: Path) -> None:
    once = tricky(tmp_path)
    again = tricky(tmp_path, once.text)
    assert (again.call, again.changes) == (None, ())


def test_a_culprit_that_is_no_statement_of_its_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="beside others") as caught:
        tricky(tmp_path, ".macro do what\n\\what 1\n.endm\ndo setie\n")
    assert "on a line of its own" in caught.value.render()


def test_a_machine_that_nothing_calls_a_monitor_of_is_refused(tmp_path: Path) -> None:
    isa = load_text('variant mute of g3_popf "No call." { override instr svc "u" N(0x3f) { privileged() } }\n', "mute")
    (tmp_path / "t.s").write_text("sti\n")
    with pytest.raises(TraplineError, match="mute has no instruction that could call the monitor"):
        rewritten(isa, str(tmp_path / "t.s"), Directory(str(tmp_path)), {}, frozenset({"setie"}))


def test_an_image_is_refused(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["asm", "hello", "-o", str(tmp_path / "h.image")]) == 0
    assert main(["paravirt", str(tmp_path / "h.image")]) == 2
    assert "give the guest's source" in capfd.readouterr().err


@pytest.mark.nightly
def test_the_command_says_what_it_changed_and_why(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["paravirt", "popf", "--json", "-o", str(tmp_path / "new.s")]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["source"] == (tmp_path / "new.s").read_text()
    assert facts["changes"] == [
        {"file": "popf.s", "line": 21, "statement": "setie 1", "instruction": "setie", "addresses": [26]}
    ]
    assert "resource" in facts["culprits"]["setie"] and (facts["wrong"], facts["unknown"]) == (None, False)


# ---- planted bugs

bugs = Bugs()


def check_macros() -> None:
    """As the test, in a folder of its own."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        test_comments_layout_labels_macros_and_includes_are_kept(Path(folder))


def check_shipped() -> None:
    test_culprits_of_the_shipped_guests_become_calls_of_the_monitor("sgdt", "g3_sgdt")


@bugs.caught_by(check_macros)
def the_first_word_of_a_macro_alone(patch: Patch) -> None:
    patch.setattr(rewriting, "_check", lambda *_: None)
    real = rewriting._changes
    patch.setattr(
        rewriting, "_changes", lambda *a: tuple(rewriting.replace(c, addresses=c.addresses[:1]) for c in real(*a))
    )


@bugs.caught_by(check_shipped)
def a_word_that_the_guest_uses(patch: Patch) -> None:
    patch.setattr(rewriting, "hypercall", lambda isa, *_: image("svc 0", isa.name).segments[0].words[0])


@bugs.caught_by(check_macros)
def shipped_files_always_flattened(patch: Patch) -> None:
    real = flattening.Included.__call__

    def named(self: flattening.Included, path: str, includer: str) -> object:
        found = real(self, path, includer)
        plain = rewriting.Source(found.name.strip("<>"), found.text)
        self.sources[path, includer] = plain
        return plain

    patch.setattr(flattening.Included, "__call__", named)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, SourceError, TraplineError))
