"""Labs, for the page: what there is, a lab's folder as a student begins with it, and as one file to hand in."""

from base64 import b64encode
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from trapline.labs.folder import start
from trapline.labs.reading import find, names
from trapline.page.files import Files, lay, shown

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive


def labs() -> list[dict[str, Any]]:
    """The shipped ones, in order."""
    facts = ("name", "title", "about", "time", "machine", "points", "files")
    return [{fact: getattr(find(name), fact) for fact in facts} for name in names()]


def begun(lab: str, student: str) -> dict[str, Any]:
    """What `trapline lab start` makes. Whatever was in the page's folder is no longer there."""
    lay(".", {})
    found = find(lab)
    start(found, ".", student)
    return {"lab": found.name, "files": shown(".")}


def packed(files: Files) -> str:
    """An archive of a folder, as base64: what `trapline lab grade` takes."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(ZipInfo(name, LONG_AGO), text, ZIP_DEFLATED)
    return b64encode(whole.getvalue()).decode()
