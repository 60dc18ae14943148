"""Comments that are long enough to be folded."""

from collections.abc import Iterable, Iterator

from trapline.editing.answers import Fold

LEAST = 3  # lines


def comment_folds(are_comments: Iterable[bool]) -> Iterator[Fold]:
    """Of each line, whether it is nothing but a comment that begins in its first column."""
    first: int | None = None
    for number, is_comment in enumerate([*are_comments, False]):
        if is_comment:
            first = number if first is None else first
        elif first is not None:
            if number - first >= LEAST:
                yield Fold(first, number - 1, comment=True)
            first = None
