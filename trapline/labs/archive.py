"""A student's folder as one file, a ZIP archive: what a page hands in (`trapline.page`) and `trapline lab grade` takes.

Anybody may have made it, so nothing in it is believed: names lead nowhere else, links are none, and nothing is unpacked
beyond what a folder may hold.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import BytesIO
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from isa.errors import TraplineError
from trapline.labs.lab import Lab
from trapline.labs.submission import MOST_FILES, fingerprint

SUFFIX = ".zip"
LARGEST = 1 << 24  # bytes of an archive, and of all files in it together
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive
_NAME = re.compile(r"[^/\\\0]{1,200}(?:/[^/\\\0]{1,200}){0,8}")


def packed(files: dict[str, str]) -> bytes:
    """The archive of these texts."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(ZipInfo(name, LONG_AGO), text, ZIP_DEFLATED)
    return whole.getvalue()


def unpacked(name: str, data: bytes) -> dict[str, bytes]:
    """The files in an archive; without the folder that all of them are in, if there is one. Raises TraplineError."""
    if len(data) > LARGEST:
        raise _wrong(name, f"it has more than {LARGEST:,} bytes")
    try:
        with ZipFile(BytesIO(data)) as archive:
            found = _files(name, archive)
    except TraplineError:
        raise
    except Exception as error:  # whatever comes of reading what is none
        raise _wrong(name, f"it is damaged: {error}"[:200]) from None
    heads = {path.partition("/")[0] for path in found if "/" in path}
    alone = len(heads) == 1 and all("/" in path for path in found)
    return {path.partition("/")[2]: content for path, content in found.items()} if alone else found


def _files(name: str, archive: ZipFile) -> dict[str, bytes]:
    listed = [item for item in archive.infolist() if not item.is_dir()]
    if len(listed) > MOST_FILES:
        raise _wrong(name, f"there are more than {MOST_FILES} files in it")
    found: dict[str, bytes] = {}
    room = LARGEST
    for item in listed:
        path = item.filename
        if not _NAME.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
            raise _wrong(name, f"{path!a:.80} leads elsewhere")
        if stat.S_IFMT(item.external_attr >> 16) not in (0, stat.S_IFREG) or path in found:
            raise _wrong(name, f"{path!a:.80} is no file, or is there twice")
        with archive.open(item) as file:
            found[path] = file.read(room + 1)
        room -= len(found[path])
        if room < 0:
            raise _wrong(name, f"its files have more than {LARGEST:,} bytes")
    return found


def is_archive(path: str) -> bool:
    """Whether a file is one that is handed in as a whole."""
    return path.endswith(SUFFIX) and os.path.isfile(path) and not os.path.islink(path)


def digest_of(path: str, lab: Lab) -> str:
    """As `fingerprint`, of a folder or an archive."""
    if not is_archive(path):
        return fingerprint(path, lab)
    with suppress(OSError), open(path, "rb") as file:
        return sha256(file.read(LARGEST + 1)).hexdigest()
    return ""


@contextmanager
def opened(path: str) -> Iterator[str]:
    """The folder at a path; of an archive one that has its files, until the end. Raises TraplineError."""
    if not is_archive(path):
        yield path
        return
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise _wrong(name, (error.strerror or str(error)).lower()) from None
    with TemporaryDirectory(prefix="trapline-lab-") as place:
        folder = os.path.join(place, name.removesuffix(SUFFIX))
        lay(unpacked(name, data), folder)
        yield folder


def lay(files: dict[str, bytes], folder: str) -> None:
    """Put files into a new folder. Raises TraplineError if one is a folder too."""
    os.makedirs(folder)
    for name, data in files.items():
        path = os.path.join(folder, name)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as file:
                file.write(data)
        except OSError as error:
            raise TraplineError(f"cannot unpack {name!a:.80}: {(error.strerror or str(error)).lower()}") from None


def _wrong(name: str, why: str) -> TraplineError:
    return TraplineError(f"{name}: {why}", "hand in the folder itself, or what the page saves")
