"""A text after edits."""

from collections.abc import Iterable

from trapline.editing.answers import Edit


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with all of these edits made, of which no two overlap."""
    lines = text.split("\n")
    for place, written in sorted(edits, reverse=True):
        line = lines[place.line]
        lines[place.line] = line[: place.column] + written + line[place.end :]
    return "\n".join(lines)
