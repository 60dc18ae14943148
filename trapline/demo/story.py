"""The demo's narration: headings, indented text, and the verdict, in a terminal or in a pipe."""

import sys
from collections.abc import Iterable
from textwrap import fill

from trapline.output import console

WIDTH = 100  # columns of a paragraph, if there are as many


class Story:
    """`quiet` tells it to nobody."""

    def __init__(self, quiet: bool = False) -> None:
        self.out, self.quiet, self._chapters = console(), quiet, 0

    @property
    def live(self) -> bool:
        """Whether a view that changes in place can be shown."""
        return sys.stdout.isatty() and not self.quiet

    def chapter(self, title: str) -> None:
        self._chapters += 1
        self._print(f"\n{self._chapters}. {title}", style="bold")

    def lines(self, lines: Iterable[str], mark: str = "") -> None:
        for line in lines:
            self._print(f"   {mark}{line}".rstrip())

    def verdict(self, text: str) -> None:
        self._print("\n" + fill(f"Verdict: {text}", min(self.out.width, WIDTH)), style="bold")

    def _print(self, text: str, style: str | None = None) -> None:
        if not self.quiet:
            self.out.print(text, style=style)
