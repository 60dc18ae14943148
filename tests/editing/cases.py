"""Texts as an editor has them open, and the places in them that tests ask about."""

from collections.abc import Iterator
from pathlib import Path

from trapline.editing.answers import Edit, Place
from trapline.editing.texts import Settings
from trapline.editing.workspace import Workspace

ROOT = Path(__file__).parents[2]
GUESTS = ROOT / "guests"
MACHINES = ROOT / "isa" / "machines"


def opened(path: Path | str, text: str | None = None, settings: Settings | None = None) -> Workspace:
    """A workspace with one text open: that of the file, or another in its place."""
    workspace = Workspace(settings or Settings())
    shown = Path(path).read_text("utf-8") if text is None else text
    workspace.open(str(path), shown, str(path).endswith(".isa"))
    return workspace


def place(workspace: Workspace, file: Path | str, found: str) -> tuple[Workspace, str, int, int]:
    """A cursor, as every question takes it: where `|` stands in a piece of a text that is there once."""
    before, _, after = found.partition("|")
    text = workspace.texts[str(file)]
    assert text.count(before + after) == 1, found
    at = text.index(before + after) + len(before)
    return workspace, str(file), text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)


def written(workspace: Workspace, places: list[Place]) -> list[str]:
    """What stands at places, with the lines, which count from 1."""
    sources = {p.file: workspace.source(p.file) for p in places}
    return [f"{p.line + 1}: {sources[p.file].line(p.line + 1)[p.column : p.end]}" for p in places]


def after(workspace: Workspace, edits: list[Edit]) -> dict[str, str]:
    """The texts that edits touch, with the edits made, from the last to the first."""
    texts = {edit.place.file: workspace.source(edit.place.file).text.split("\n") for edit in edits}
    for (file, line, column, end), text in sorted(edits, reverse=True):
        old = texts[file][line]
        texts[file][line] = old[:column] + text + old[end:]
    return {file: "\n".join(lines) for file, lines in texts.items()}


def messages(workspace: Workspace, file: Path | str) -> Iterator[str]:
    """What is wrong in a text, as the command line writes it."""
    yield from (problem.diagnostic.render() for problem in workspace.problems()[str(file)])
