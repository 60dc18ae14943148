"""What a guest has printed and nobody has been shown yet, however often a stretch is run again."""

from trapline.debugging.debugged import Debugged


class Printed:
    """What comes from now on is new."""

    def __init__(self, debugged: Debugged) -> None:
        self.debugged = debugged
        self._shown = debugged.printed

    def new(self) -> bytes:
        """What is new since this was asked last. After a change in the past what comes then is new again."""
        length = self.debugged.printed
        if not self.debugged.past:
            self._shown = min(self._shown, length)
        found = b"".join(console.printed(self._shown) for console in self.debugged.consoles[:1])
        self._shown = max(self._shown, length)
        return found

    def text(self) -> str:
        """The same as text."""
        return self.new().decode("utf-8", "backslashreplace")
