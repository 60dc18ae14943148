"""Every question of an editor about an open text, whether it is a program or a description: to the room that knows.

What is at a cursor is asked of the first program that the text belongs to, and where a name stands of all of them.
"""

import re

from isa.errors import TraplineError
from trapline.editing.answers import Edit, Entry, Fold, Hint, Hover, Place, Proposal
from trapline.editing.assembly import completion as program_completion
from trapline.editing.assembly import hover as program_hover
from trapline.editing.assembly import outline as program_outline
from trapline.editing.assembly import rename as program_rename
from trapline.editing.assembly.columns import formatted
from trapline.editing.assembly.words import Meaning, Words
from trapline.editing.description import completion, outline, rename
from trapline.editing.description import hover as description_hover
from trapline.editing.description.uses import alike, use_at
from trapline.editing.workspace import Workspace

MOST = 2_000  # proposals
_BEGUN = re.compile(r"[\w.]*$", re.ASCII)  # of a word in a program
_BEGUN_NAME = re.compile(r"\w*$", re.ASCII)


def hover_at(workspace: Workspace, file: str, line: int, column: int) -> Hover | None:
    if found := workspace.described(file):
        return description_hover.hover(*found, line, column)
    answers = (program_hover.hover(words, file, line, column) for words in workspace.words(file))
    return next(filter(None, answers), None)


def proposals_at(workspace: Workspace, file: str, line: int, column: int) -> tuple[Place, list[Proposal]]:
    """What may stand at a cursor, and what of it has been begun. Of very many, those that begin so, and no more than
    `MOST`."""
    text = line_of(workspace, file, line)[:column]
    if described := workspace.described(file):
        begun = _BEGUN_NAME.search(text)
        found = completion.proposals(described[0], line, column)
    else:
        begun = _BEGUN.search(text)
        answers = (program_completion.proposals(words, file, line, column) for words in workspace.words(file)[:1])
        found = next(answers, [])
    if len(found) > MOST:
        found = [p for p in found if begun and p.name.lower().startswith(begun[0].lower())][:MOST]
    return Place(file, line, begun.start() if begun else column, column), found


def definitions_at(workspace: Workspace, file: str, line: int, column: int) -> list[Place]:
    if found := workspace.described(file):
        use = use_at(found[1], line, column)
        return [use.named.place] if use and (use.named.item or use.named.told) else []
    return list(dict.fromkeys(p for m in _meanings(workspace, file, line, column) for p in m.definitions))


def references_at(workspace: Workspace, file: str, line: int, column: int, declared: bool = True) -> list[Place]:
    """Where the same thing is named; with or without the places that declare it."""
    if found := workspace.described(file):
        use = use_at(found[1], line, column)
        places = alike(found[1], use.named) if use else []
        return [p for p in places if declared or (use and p != use.named.place)]
    meanings = _meanings(workspace, file, line, column)
    hidden = set() if declared else {p for m in meanings for p in m.definitions}
    return list(dict.fromkeys(p for m in meanings for p in m.uses if p not in hidden))


def _meanings(workspace: Workspace, file: str, line: int, column: int) -> list[Meaning]:
    """What the word at a cursor stands for in every program that has this text."""
    found = ((words, words.at(file, line, column)) for words in workspace.words(file))
    return [m for words, word in found if word is not None and (m := words.meaning(*word)) is not None]


def renamed_at(workspace: Workspace, file: str, line: int, column: int) -> tuple[str, Place]:
    """The name at a cursor that may be changed, and its place. Raises TraplineError if there is none."""
    if found := workspace.described(file):
        return rename.renamed_at(*found, line, column)
    return program_rename.renamed_at(_words(workspace, file)[0], file, line, column)[:2]


def rename_at(workspace: Workspace, file: str, line: int, column: int, name: str) -> list[Edit]:
    """What to write where. Raises TraplineError if that would not be the same program or description."""
    if found := workspace.described(file):
        return rename.rename(*found, line, column, name)
    edits = [program_rename.rename(words, file, line, column, name) for words in _words(workspace, file)]
    return list(dict.fromkeys(edit for of_one in edits for edit in of_one))


def _words(workspace: Workspace, file: str) -> list[Words]:
    found = workspace.words(file)
    if not found:
        raise TraplineError("the machine of this program is not known", "mend its `# machine:` line first")
    return found


def outline_of(workspace: Workspace, file: str) -> list[Entry]:
    if found := workspace.described(file):
        return outline.outline(found[0])
    return next((program_outline.outline(words, file) for words in workspace.words(file)), [])


def folds_of(workspace: Workspace, file: str) -> list[Fold]:
    if found := workspace.described(file):
        return outline.folds(found[0])
    return next((program_outline.folds(words, file) for words in workspace.words(file)), [])


def hints_of(workspace: Workspace, file: str, first: int, last: int) -> list[Hint]:
    """Addresses and words of lines [first, last] of a program."""
    programs = workspace.programs(file)
    return list(program_outline.hints(programs[0][0], file, first, last)) if programs else []


def formatted_lines(workspace: Workspace, file: str, first: int = 0, last: int | None = None) -> list[Edit]:
    """What to write over lines [first, last] of a program, so that they stand in columns."""
    words = workspace.words(file)
    if not words:
        return []
    before = words[0].program.sources[file].text
    after = formatted(words[0].syntax, before)
    lines, made = before.split("\n"), after.split("\n")
    end = len(lines) - 1 if last is None else min(last, len(lines) - 1)
    changed = [n for n in range(first, min(end + 1, len(made))) if made[n] != lines[n]]
    edits = [Edit(Place(file, n, 0, len(lines[n])), made[n]) for n in changed]
    if last is None and len(made) > len(lines):
        edits.append(Edit(Place(file, end, len(lines[end]), len(lines[end])), "\n"))
    return edits


def line_of(workspace: Workspace, file: str, number: int) -> str:
    """A line of a text as it is, open or not; nothing behind its end."""
    return workspace.source(file).line(number + 1)
