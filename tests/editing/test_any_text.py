"""Whatever stands in a text, and wherever the cursor is: every question has an answer, or is refused with a reason."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from isa.errors import TraplineError
from tests.editing.cases import GUESTS, opened
from tests.editing.test_descriptions import TEXT as TINY
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import sized
from trapline.editing import asking
from trapline.editing.assembly import words
from trapline.editing.description import outline, uses
from trapline.editing.workspace import Workspace

BUGS = Bugs()
AT: tuple[Callable[..., Any], ...] = (
    *(asking.hover_at, asking.proposals_at, asking.definitions_at, asking.references_at, asking.renamed_at),
    lambda *at: asking.rename_at(*at, "other_name"),
)
WHOLE: tuple[Callable[..., Any], ...] = (
    *(asking.outline_of, asking.folds_of, asking.formatted_lines),
    lambda workspace, file: asking.hints_of(workspace, file, 0, 1 << 30),
)
PROGRAM = (GUESTS / "dice.s").read_text() + (GUESTS / "lib" / "macros.s").read_text()
ODD = (
    "",
    " ",
    "\n",
    "\t",
    "{",
    "}",
    "(",
    '"',
    "'",
    "#",
    ":",
    ".",
    "\\",
    "\\@",
    "@",
    "\0",
    "é",
    "\U0001f600",
    "\r",
    "1f",
    ",",
)


def broken(text: str, draw: Random) -> str:
    """A text with some pieces of it moved, lost, or replaced by odd ones."""
    for _ in range(draw.randrange(1, 6)):
        start = draw.randrange(len(text))
        end = min(len(text), start + draw.choice((0, 1, 2, 8, 60, 400)))
        piece = draw.choice((*ODD, text[end : end + 30], text[draw.randrange(len(text)) :][:40]))
        text = text[:start] + piece + text[end:] or " "
    return text


def texts(count: int) -> Iterator[tuple[Path, str, Random]]:
    for seed in range(count):
        draw = Random(seed)
        is_program = seed % 3 > 0
        name = "it.s" if is_program else "it.isa"
        yield Path("/nowhere") / name, broken(PROGRAM if is_program else TINY, draw), draw


def ask(workspace: Workspace, path: Path, draw: Random) -> None:
    file = str(path)
    workspace.problems()
    lines = workspace.texts[file].split("\n")
    for question in WHOLE:
        question(workspace, file)
    for _ in range(3):
        line = draw.randrange(len(lines) + 2)
        column = draw.randrange(len(lines[line]) + 2) if line < len(lines) else 3
        for question in AT:
            with suppress(TraplineError):
                question(workspace, file, line, column)


def check_all() -> None:
    for path, text, draw in texts(sized(24, 6_000)):
        ask(opened(path, text), path, draw)


def test_every_question_has_an_answer() -> None:
    check_all()


@BUGS.caught_by(check_all)
def lines_are_never_missing(patch: Patch) -> None:
    def at(self: words.Words, file: str, line: int, column: int) -> object:
        return next(((r, t) for r, t in words.roles(self.lines[file][line]) if t.column > column), None)

    patch.setattr(words.Words, "at", at)


@BUGS.caught_by(check_all)
def braces_are_always_in_pairs(patch: Patch) -> None:
    patch.setattr(outline, "_braces", lambda text: iter([[].pop() for c in text if text.count("}") > text.count("{")]))


@BUGS.caught_by(check_all)
def parents_are_always_known(patch: Patch) -> None:
    patch.setattr(uses, "parent_of", lambda variant, library: library.declarations[variant.parent])


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (IndexError, KeyError, AttributeError))
