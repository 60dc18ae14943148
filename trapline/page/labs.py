"""Labs, for the page: what there is, a lab's folder as a student begins with it, and folders as one file."""

from base64 import b64decode
from typing import Any

from isa.errors import TraplineError
from trapline.labs.archive import unpacked
from trapline.page.files import Files, checked, clear, shown


def labs() -> list[dict[str, Any]]:
    """The shipped ones, in order."""
    from trapline.labs.reading import find, names

    facts = ("name", "title", "about", "time", "machine", "points", "files")
    return [{fact: getattr(find(name), fact) for fact in facts} for name in names()]


def begun(lab: str, student: str) -> dict[str, Any]:
    """What `trapline lab start` makes. Whatever was in the page's folder is no longer there."""
    from trapline.labs.folder import start
    from trapline.labs.reading import find

    clear(".")
    found = find(lab)
    start(found, ".", student)
    return {"lab": found.name, "files": shown(".")}


def loaded(data: str) -> Files:
    """The texts in an archive, which is base64; what is no text is left out. Raises TraplineError."""
    try:
        found = unpacked("the archive", b64decode(data, validate=True))
    except ValueError:
        raise TraplineError("the archive is no base64", "load it from the disk") from None
    texts: Files = {}
    for name, content in found.items():
        try:
            texts[name] = content.decode()
        except UnicodeDecodeError:
            continue
    return checked(texts)
