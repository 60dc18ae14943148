"""Columns change no word, and to make them twice changes nothing more; the shipped guests have them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from isa.assembler.assembly import attempt
from isa.assembler.includes import Directory
from isa.assembler.syntax import Syntax
from isa.description import Isa
from isa.errors import Source
from isa.machines.catalogue import find
from tests.editing.cases import GUESTS, after, opened
from tests.isa.small_machines import LEFT, RIGHT
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import sized
from trapline.editing.asking import formatted_lines
from trapline.editing.assembly import columns

G3 = find("g3")
BUGS = Bugs()
SHIPPED = [
    GUESTS / name for name in ("hello.s", "echo.s", "dice.s", "os/calls.s", "lib/macros.s", "selftest/control.s")
]
PIECES = (
    *("start:", "1:", "a: 2:", "loop\\@:", "x\\()_end:", "add r1, r2, r3", "li r1, 'a'", "beqz r1, 1f", "b 1b"),
    *(".word 1,2 , 3", '.string "a # b", "; \\" c"', ".equ N, 3", ".macro m a, b=2", ".endm", "m 4, 5", ".rept 2, i"),
    *(".word \\i*2", ".endr", ".if N>2", ".else", ".endif", "lw r1,4(r2)", ".word N [3:0]", ".org 16", "halt", "oops"),
    *("# prose", "; a comment", "// another", '"never closed', "0x", "é", "\t", "  ", "    ", " " * 40, "label :", ""),
)
MACHINES = (G3, LEFT, RIGHT)


def texts(count: int) -> Iterator[str]:
    """Lines of pieces, and of single characters."""
    for seed in range(count):
        draw = Random(seed)
        words: Sequence[str] = PIECES if draw.random() < 0.7 else " \t:#;'\"\\abr1.,("
        lines = ("".join(draw.choices(words, k=draw.randrange(5))) for _ in range(draw.randrange(1, 9)))
        yield "\n".join(lines) if seed % 2 else " ".join(draw.choices(PIECES, k=3))


def program_of(text: str, machine: Isa) -> tuple[object, ...]:
    """What a text means: words, symbols, and what is wrong with it but for where."""
    found = attempt(machine, Source("t.s", text), Directory(str(GUESTS)))
    words = [(s.address, tuple(s.words)) for s in found.layout.stretches]
    names = {name: symbol.value for name, symbol in found.layout.symbols.table.items()}
    return words, names, set(found.layout.macros), [d.message for d in found.diagnostics]


def check_any() -> None:
    for number, text in enumerate(texts(sized(150, 20_000))):
        machine = MACHINES[number % 3]
        once = columns.formatted(Syntax(machine), text)
        assert columns.formatted(Syntax(machine), once) == once
        assert program_of(once, machine) == program_of(text, machine), text


def check_shipped() -> None:
    syntax = Syntax(G3)
    for path in SHIPPED:
        text = path.read_text()
        once = columns.formatted(syntax, text)
        assert columns.formatted(syntax, once) == once
        assert program_of(once, G3) == program_of(text, G3)


def check_style() -> None:
    """A text without columns gets those of the shipped guests."""
    for path in SHIPPED[:4]:
        text = path.read_text()
        flat = "\n".join(" ".join(line.split()) if '"' not in line and line[:1] != "#" else line
                         for line in text.split("\n") if "'" not in line)  # fmt: skip
        kept = "\n".join(line for line in text.split("\n") if "'" not in line)
        assert flat != kept
        assert columns.formatted(Syntax(G3), flat) == kept


def test_columns_change_nothing_of_any_program() -> None:
    check_any()


def test_columns_change_nothing_of_shipped_programs() -> None:
    check_shipped()


def test_columns_are_those_of_the_shipped_guests() -> None:
    check_style()


def test_an_example(tmp_path: Path) -> None:
    text = "start: li r1,5 ;five\n 1: addi r1, r1, -1# less\na_long_label: bnez r1, 1b\n\t\t# why\n\n#at the top\n\n\n"
    path = tmp_path / "it.s"
    workspace = opened(path, text)
    edits = formatted_lines(workspace, str(path))
    assert after(workspace, edits)[str(path)] == (
        "start:  li   r1,5               ;five\n"
        "1:      addi r1, r1, -1         # less\n"
        "a_long_label: bnez r1, 1b\n"
        "        # why\n"
        "\n"
        "#at the top\n"
        "\n\n"
    )
    assert [edit.place.line for edit in formatted_lines(workspace, str(path), 1, 2)] == [1, 2][:1]


# ---- planted bugs


@BUGS.caught_by(check_any)
def operands_run_into_the_mnemonic(patch: Patch) -> None:
    patch.setattr(columns, "_behind", lambda before, text, column, gap: f"{before:<{max(column, len(before))}}{text}")


@BUGS.caught_by(check_any)
def comments_are_looked_for_in_texts(patch: Patch) -> None:
    real = columns._line

    def line(syntax: Syntax, source: Source, number: int, text: str) -> str:
        return real(syntax, source, number, text.split("# b")[0])

    patch.setattr(columns, "_line", line)


@BUGS.caught_by(check_any)
def blanks_in_comments_grow(patch: Patch) -> None:
    real = columns._line

    def line(syntax: Syntax, source: Source, number: int, text: str) -> str:
        found = real(syntax, source, number, text)
        return found.replace("# ", "#  ", 1)

    patch.setattr(columns, "_line", line)


@BUGS.caught_by(check_style)
def other_columns(patch: Patch) -> None:
    patch.setattr(columns, "OPERANDS", 14)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
