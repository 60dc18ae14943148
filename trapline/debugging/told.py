"""Who is told words, one line after the other: a debugger, or two of them in lockstep. Faces need to know no more."""

from collections.abc import Iterator
from typing import Protocol


class Told(Protocol):
    """`over`: there is nothing more to do. `ahead` is how many steps a change would give up."""

    @property
    def over(self) -> bool: ...

    @property
    def ahead(self) -> int: ...

    def branches(self, line: str) -> bool:
        """Whether a line would give up what came after the present step. A face asks before it does that."""

    def do(self, line: str) -> Iterator[object]:
        """Do what a line says, and give what there is to show."""
