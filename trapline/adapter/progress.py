"""A long way, while it is gone: how far it has come, who waits for it, and whether somebody breaks it off."""

from collections.abc import Callable
from time import monotonic

from trapline.adapter.framing import Request
from trapline.adapter.link import Link

QUIET = 0.5  # seconds before anything is said
PAUSE = 0.1  # between two things that are


class Interrupted(Exception):
    """Somebody has broken off what was being done; the machine is at a step of its run."""


class Busy:
    """What is being done: an answer to `request`, or, with None, something that has been answered already. `look` is
    called between any two stretches of it: it serves what has arrived meanwhile."""

    _count = 0

    def __init__(
        self, link: Link, title: str, request: Request | None, wanted: bool, serve: Callable[["Busy"], None]
    ) -> None:
        Busy._count += 1
        self.id, self.link, self.title, self.request, self._serve = f"way{Busy._count}", link, title, request, serve
        self.wanted, self.shown = wanted, False  # whether the client is told of progress, and has been
        self.broken_off = False
        self._next = monotonic() + QUIET

    def look(self, step: int) -> None:
        """Raises Interrupted."""
        self._serve(self)
        if self.broken_off:
            raise Interrupted
        if self.wanted and monotonic() >= self._next:
            self._next = monotonic() + PAUSE
            self._show(f"step {step:,}")

    def _show(self, message: str) -> None:
        if self.shown:
            self.link.event("progressUpdate", {"progressId": self.id, "message": message})
            return
        self.shown = True
        body = {"progressId": self.id, "title": self.title, "cancellable": True, "message": message}
        if self.request is not None:
            body["requestId"] = self.request.seq
        self.link.event("progressStart", body)

    def end(self) -> None:
        if self.shown:
            self.link.event("progressEnd", {"progressId": self.id})
