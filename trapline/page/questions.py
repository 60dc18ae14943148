"""Every question that the page asks, by name: what goes with it, and who answers. `folder` and `files` go with all that
are about files. What answers is loaded when it is first asked, so that the page opens soon."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isa.errors import UsageError
from trapline.adapter.arguments import Arguments
from trapline.page.files import Files, checked, lay

if TYPE_CHECKING:
    from trapline.page.history import History


@dataclass
class Desk:
    """What lies there from one question to the next: `history` is the run that is being looked at."""

    told: Callable[[str], None]
    history: "History | None" = None

    def leave(self) -> None:
        """End looking at a run."""
        if self.history is not None:
            self.history.close()
            self.history = None


def _files(asked: Arguments) -> Files:
    return checked(asked.inside("files").values)


def _command(desk: Desk, asked: Arguments) -> Any:
    from trapline.page.commanding import command

    desk.leave()
    return command(asked.texts("words"), _files(asked), desk.told)


def _problems(desk: Desk, asked: Arguments) -> Any:
    from trapline.page.problems import problems

    files = _files(asked)
    lay(".", files)
    return problems(files, asked.text("machine", ""))


def _open(desk: Desk, asked: Arguments) -> Any:
    """Look at a run from its first step, or at the step of a file (`--at`): `words` follow `trapline debug`."""
    from trapline.page.history import History

    desk.leave()
    lay(".", _files(asked))
    desk.history = History(asked.texts("words"))
    return desk.history.say("where", True)


def _say(desk: Desk, asked: Arguments) -> Any:
    if desk.history is None:
        raise UsageError("no run is open", "open one first")
    return desk.history.say(asked.text("line"), asked.flag("agreed"))


def _labs(desk: Desk, asked: Arguments) -> Any:
    from trapline.page.labs import labs

    return labs()


def _start(desk: Desk, asked: Arguments) -> Any:
    from trapline.page.labs import begun

    return begun(asked.text("lab"), asked.text("student", ""))


def _pack(desk: Desk, asked: Arguments) -> Any:
    """An archive of the files, as base64."""
    from base64 import b64encode

    from trapline.labs.archive import packed

    return b64encode(packed(_files(asked))).decode()


def _unpack(desk: Desk, asked: Arguments) -> Any:
    from trapline.page.labs import loaded

    return loaded(asked.text("data"))


def _shelf(desk: Desk, asked: Arguments) -> Any:
    from trapline.page.shelf import shelf

    return shelf()


def _text(desk: Desk, asked: Arguments) -> Any:
    from trapline.page.shelf import text_of

    return text_of(asked.text("name"))


QUESTIONS: dict[str, Callable[[Desk, Arguments], Any]] = {
    "command": _command,
    "problems": _problems,
    "open": _open,
    "say": _say,
    "labs": _labs,
    "start": _start,
    "pack": _pack,
    "unpack": _unpack,
    "shelf": _shelf,
    "text": _text,
}
