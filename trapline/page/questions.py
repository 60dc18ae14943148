"""Every question that the page asks, by name: what goes with it, and who answers. `folder` and `files` go with all that
are about files."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from isa.errors import UsageError
from trapline.adapter.arguments import Arguments
from trapline.labs.archive import packed
from trapline.page import commanding, labs, shelf
from trapline.page.files import Files, checked, lay
from trapline.page.history import History
from trapline.page.problems import problems


@dataclass
class Desk:
    """What lies there from one question to the next: `history` is the run that is being looked at."""

    told: Callable[[str], None]
    history: History | None = None

    def leave(self) -> None:
        """End looking at a run."""
        if self.history is not None:
            self.history.close()
            self.history = None


def _files(asked: Arguments) -> Files:
    return checked(asked.inside("files").values)


def _command(desk: Desk, asked: Arguments) -> Any:
    desk.leave()
    return commanding.command(asked.texts("words"), _files(asked), desk.told)


def _problems(desk: Desk, asked: Arguments) -> Any:
    files = _files(asked)
    lay(".", files)
    return problems(files, asked.text("machine", ""))


def _open(desk: Desk, asked: Arguments) -> Any:
    """Look at a run from its first step, or at the step of a file (`--at`): `words` follow `trapline debug`."""
    desk.leave()
    lay(".", _files(asked))
    desk.history = History(asked.texts("words"))
    return desk.history.say("where", True)


def _say(desk: Desk, asked: Arguments) -> Any:
    if desk.history is None:
        raise UsageError("no run is open", "open one first")
    return desk.history.say(asked.text("line"), asked.flag("agreed"))


QUESTIONS: dict[str, Callable[[Desk, Arguments], Any]] = {
    "command": _command,
    "problems": _problems,
    "open": _open,
    "say": _say,
    "labs": lambda desk, asked: labs.labs(),
    "start": lambda desk, asked: labs.begun(asked.text("lab"), asked.text("student", "")),
    "pack": lambda desk, asked: b64encode(packed(_files(asked))).decode(),
    "unpack": lambda desk, asked: labs.loaded(asked.text("data")),
    "shelf": lambda desk, asked: shelf.shelf(),
    "text": lambda desk, asked: shelf.text_of(asked.text("name")),
}
