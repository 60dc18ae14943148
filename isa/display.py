"""How things look in a Python prompt and in a notebook: a title, and a few facts as a line or as a table."""

from abc import abstractmethod
from collections.abc import Iterator
from itertools import islice

SHORT = 12  # facts in a line


class Displayed:
    """Something with a title and facts, each a name and a text."""

    __slots__ = ()

    @abstractmethod
    def title(self) -> str: ...

    @abstractmethod
    def shown(self) -> Iterator[tuple[str, str]]: ...

    def __repr__(self) -> str:
        facts = [f"{name} {text}".strip() for name, text in islice(self.shown(), SHORT + 1)]
        return f"<{self.title()}: {', '.join(facts[:SHORT])}{', ...' if len(facts) > SHORT else ''}>"

    def _repr_html_(self) -> str:
        from html import escape  # all names of HTML's characters, which nobody else asks for

        rows = "".join(f"<tr><td>{escape(n)}</td><td>{escape(t)}</td></tr>" for n, t in self.shown())
        return f"<table><caption>{escape(self.title())}</caption>{rows}</table>"
