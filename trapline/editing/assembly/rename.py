"""Another name for a label, a constant, a macro or a parameter, everywhere.

Names are changed where they are written. Whether that is all there is to it, the assembler says: the program with the
new name must have the same words, or nothing is changed. A macro may make a name of parts, for instance.
"""

import re

from isa.assembler.symbols import DEFINE
from isa.errors import TraplineError
from trapline.editing.answers import Edit, Place, Sort
from trapline.editing.assembly.program import Program, opened
from trapline.editing.assembly.words import Words
from trapline.editing.changes import edited
from trapline.editing.texts import Texts

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def renamed_at(words: Words, file: str, line: int, column: int) -> tuple[str, Place, tuple[Place, ...]]:
    """The name at a cursor that may be changed, its place, and all its places. Raises TraplineError for none."""
    found = words.at(file, line, column)
    meaning = words.meaning(*found) if found else None
    if found is None or meaning is None:
        raise TraplineError("there is no name here")
    if meaning.sort not in (Sort.LABEL, Sort.CONSTANT, Sort.MACRO, Sort.PARAMETER):
        raise TraplineError(f"`{meaning.name}` belongs to the machine, not to this program")
    place = next((p for p in meaning.uses if p.file == file and p.has(line, column)), None)
    if place is None or not all(_stands(words.program, p, meaning.name) for p in meaning.definitions):
        raise TraplineError(f"`{meaning.name}` is made by a macro, or defined from outside")
    return meaning.name, place, meaning.uses


def _stands(program: Program, place: Place, name: str) -> bool:
    """Whether a definition is written as the name that it defines, in a text that may be changed."""
    if place.file == DEFINE or place.file.startswith("<"):
        return False
    text = program.sources[place.file].line(place.line + 1)[place.column : place.end]
    return text == name or text == name.rstrip("bf")


def rename(words: Words, file: str, line: int, column: int, name: str) -> list[Edit]:
    """What to write. Raises TraplineError if the name cannot be that, or if the program would be another one."""
    old, _, places = renamed_at(words, file, line, column)
    pattern, what = (NUMBER, "a number") if old[0].isdigit() else (NAME, "letters, digits and `_`")
    if not pattern.fullmatch(name):
        raise TraplineError(f"`{name}` is not a name", f"here a name is {what}")
    edits = [Edit(p, name + _direction(words.program, p)) for p in places]
    after = opened(words.program.path, _written(words.program, edits), words.program.settings)
    if after.words != words.program.words or len(after.problems) != len(words.program.problems):
        news = [p.text for p in after.problems if p.text not in {q.text for q in words.program.problems}]
        raise TraplineError(f"with `{name}` the program would be another one", *news[:1])
    return edits


def _direction(program: Program, place: Place) -> str:
    """What stands behind the number of a local label that is meant: `b` or `f`."""
    text = program.sources[place.file].line(place.line + 1)[place.column : place.end]
    return text[-1] if text[0].isdigit() and text[-1] in "bf" else ""


def _written(program: Program, edits: list[Edit]) -> Texts:
    """The texts after edits."""
    texts = Texts(program.texts)
    for name, source in program.sources.items():
        if not name.startswith("<"):
            texts[name] = edited(source.text, [edit for edit in edits if edit.place.file == name])
    return texts
