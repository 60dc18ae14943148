"""The program's source files, as a client knows them: `loadedSources`, `source`, `breakpointLocations`.

A file of the user's is known by its path. One that is shipped with Trapline is sent when it is asked for, since nobody
is to edit it. No other file is ever sent.
"""

import os
from collections.abc import Iterator

from guests import catalogue
from guests.catalogue import DIRECTORY
from isa.assembler.image import Line
from isa.errors import TraplineError, UsageError
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message
from trapline.adapter.session import Perform, Session


def files(session: Session) -> list[str]:
    """The files that words of the program come from, by the names that the program has for them."""
    return sorted({file for names in _by_guest(session) for file in names})


def _by_guest(session: Session) -> list[set[str]]:
    images = [guest.image for guest in session.debugger.guests]
    return [{line.file for line in image.lines.values()} if image else set() for image in images]


def path_of(session: Session, file: str) -> str:
    """Where a file of the program lies."""
    return os.path.realpath(os.path.join(DIRECTORY if _is_shipped(session, file) else "", file))


def _is_shipped(session: Session, file: str) -> bool:
    """Whether its program is a guest of ours: then its files are seen from the folder of guests."""
    target = session.target
    named = zip((target.guest, *target.beside), _by_guest(session), strict=True) if target else ()
    return any(guest in catalogue.names() and file in names for guest, names in named)


def source(session: Session, file: str) -> Message:
    """A file of the program for a client."""
    path, name = path_of(session, file), os.path.basename(file)
    if _is_shipped(session, file):
        return {"name": name, "path": file, "sourceReference": _reference(session, file), "origin": "shipped"}
    if os.path.isfile(path):
        return {"name": name, "path": path}
    return {"name": file, "origin": "not there", "presentationHint": "deemphasize"}


def _reference(session: Session, file: str) -> int:
    return 1 + files(session).index(file)


def located(session: Session, line: Line | None) -> Message:
    """`source`, `line` and `column` of something; without a source they say that there is none."""
    if line is None:
        return {"line": 0, "column": 0}
    return {
        "source": source(session, line.file),
        "line": line.line - 1 + session.first_line,
        "column": session.first_column,
    }


def file_of(session: Session, asked: Arguments) -> str:
    """The program's file that a client means. Raises UsageError if it is none."""
    known = files(session)
    number = asked.number("sourceReference", 0)
    if number:
        if not 1 <= number <= len(known):
            raise UsageError(f"there is no source {number}", "`loadedSources` lists them")
        return known[number - 1]
    path = asked.text("path", "") or asked.text("name", "")
    wanted = os.path.realpath(path)
    for file in known:
        if path == file or wanted == path_of(session, file):
            return file
    shown = ", ".join(map(os.path.basename, known)) or "none"
    raise UsageError(f"no word of the program comes from `{path:.200}`", f"its files: {shown}")


def lines(session: Session, file: str) -> list[int]:
    """The lines of a file that words come from, in order."""
    images = [guest.image for guest in session.debugger.guests if guest.image]
    return sorted({line.line for image in images for line in image.lines.values() if line.file == file})


# ---- requests


def loaded_sources(session: Session, arguments: Arguments) -> Message:
    return {"sources": [source(session, file) for file in files(session)]}


def text(session: Session, arguments: Arguments) -> Message:
    """The text of a file that is shipped."""
    named = arguments.inside("source") if arguments.has("source") else Arguments("source", {})
    number = arguments.number("sourceReference", 0) or named.number("sourceReference", 0)
    file = file_of(session, Arguments("source", {**named.values, "sourceReference": number}))
    if not _is_shipped(session, file):
        raise UsageError(f"`{file}` is a file of yours", "open it by its path")
    try:
        with open(path_of(session, file), encoding="utf-8") as stream:
            return {"content": stream.read(), "mimeType": "text/x-asm"}
    except (OSError, ValueError) as error:
        raise TraplineError(f"cannot read {file}: {error}") from None


def breakpoint_locations(session: Session, arguments: Arguments) -> Message:
    file = file_of(session, arguments.inside("source"))
    first, ahead = arguments.number("line"), 1 - session.first_line
    last = arguments.number("endLine", first)
    return {"breakpoints": list(_locations(session, file, first + ahead, last + ahead))}


def _locations(session: Session, file: str, first: int, last: int) -> Iterator[Message]:
    for line in lines(session, file):
        if first <= line <= last:
            yield {"line": line - 1 + session.first_line}


REQUESTS: dict[str, Perform] = {
    "loadedSources": loaded_sources,
    "source": text,
    "breakpointLocations": breakpoint_locations,
}
