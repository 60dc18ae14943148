"""Another name for something in a description, wherever the text names it. It must stay as right as it was."""

import re

from isa.errors import TraplineError
from trapline.editing.answers import Edit, Place, Sort
from trapline.editing.changes import edited
from trapline.editing.description.library import Described, opened
from trapline.editing.description.uses import Use, alike, use_at
from trapline.editing.texts import Texts

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def renamed_at(described: Described, uses: list[Use], line: int, column: int) -> tuple[str, Place]:
    """The name at a cursor that may be changed, and its place. Raises TraplineError if there is none."""
    use = use_at(uses, line, column)
    if use is None or use.named.sort is Sort.ROLE:
        raise TraplineError("there is no name here")
    if not described.whole:
        raise TraplineError("this text cannot be read as a whole", "mend what is wrong first")
    if use.named.place.file != described.path:
        raise TraplineError(f"`{use.named.name}` is not declared in this file")
    return use.named.name, use.place


def rename(described: Described, uses: list[Use], line: int, column: int, name: str) -> list[Edit]:
    """What to write. Raises TraplineError if the name cannot be that, or if the description would be wrong."""
    renamed_at(described, uses, line, column)
    if not NAME.fullmatch(name):
        raise TraplineError(f"`{name}` is not a name", "names have letters, digits and `_`")
    use = use_at(uses, line, column)
    edits = [Edit(place, name) for place in alike(uses, use.named)] if use else []
    after = opened(described.path, Texts({described.path: edited(described.source.text, edits)}))
    if len(after.problems) != len(described.problems) or not after.whole:
        known = {p.text for p in described.problems}
        news = [p.text for p in after.problems if p.text not in known]
        raise TraplineError(f"with `{name}` the description would be wrong", *news[:1])
    return edits
