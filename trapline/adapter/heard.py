"""What of the guests' consoles a client has been shown: each character once, however often a stretch is run again."""

from codecs import getincrementaldecoder

from trapline.debugging.debugged import Debugged, Guest


class Heard:
    """What of a guest's console a client has been shown. A character may come in parts; with a `name` whole lines come,
    behind that name."""

    def __init__(self, guest: Guest, name: str = "") -> None:
        self.guest, self.name, self._one = guest, name, Debugged(guest)
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._line = ""
        self.forget()

    def forget(self) -> None:
        """What comes from now on is new."""
        self._printed = self._one.printed
        self._decoder.reset()

    def new(self) -> str:
        """What has been printed since this was asked last."""
        printed, text = self._one.printed, ""
        for console in self._one.consoles[:1]:
            text = self._decoder.decode(console.printed(self._printed) if printed > self._printed else b"")
        self._printed = max(self._printed, printed)
        return self._whole(text) if self.name else text

    def _whole(self, text: str) -> str:
        *lines, self._line = (self._line + text).split("\n")
        if self._line and self.guest.ended:
            lines, self._line = [*lines, self._line], ""
        return "".join(f"{self.name}| {line}\n" for line in lines)
