"""A layer from its archive: a file's contents by its name, and what it hides of the layers below. Whoever made the
archive is not trusted: it is never unpacked anywhere, and what is no plain file with a plain name is refused."""

import io
import tarfile
import zlib
from collections.abc import Sequence

from guests.contained import MOST_FILES, NAME, Layer
from isa.errors import TraplineError
from trapline.containers.image import HIDDEN, OPAQUE

LARGEST = 1 << 26  # bytes of a layer that is not compressed any more
MOST_MEMBERS = 4096  # of an archive, folders too


def inflated(data: bytes, where: str, most: int = LARGEST) -> bytes:
    """What was compressed by gzip. Raises TraplineError for what is larger than `most`, however small it came."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        whole = inflater.decompress(data, most + 1)
    except zlib.error as error:
        raise TraplineError(f"{where}: a layer is damaged: {error}", "get the image again") from None
    if len(whole) > most:
        raise TraplineError(f"{where}: a layer becomes larger than {most} bytes", "that is more than is taken")
    if not inflater.eof or inflater.unused_data:
        raise TraplineError(f"{where}: a layer has no end, or something behind it", "get the image again")
    return whole


def layer(archive: bytes, below: Sequence[Layer], where: str) -> Layer:
    """The layer of an archive. `below` are those that it hides files of. Raises TraplineError."""
    found: dict[str, bytes | None] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            for number, member in enumerate(tar):
                if number == MOST_MEMBERS:
                    raise ValueError(f"it has more than {MOST_MEMBERS} members")
                if not member.isdir():
                    _take(found, member, tar, below, where)
                elif _plain(member.name, where, folder=True) in found:
                    raise TraplineError(f"{where}: `{member.name:.80}` is a file and a folder", _REFUSED)
    except (tarfile.TarError, ValueError, OverflowError, EOFError, RecursionError) as error:
        raise TraplineError(f"{where}: a layer is no archive: {error!s:.200}", "get the image again") from None
    return found


_REFUSED = "a layer has plain files only, each once, with names that lead nowhere else"


def _take(
    found: dict[str, bytes | None], member: tarfile.TarInfo, tar: tarfile.TarFile, below: Sequence[Layer], where: str
) -> None:
    name = _plain(member.name, where)
    if not member.isreg() or member.issparse():
        raise TraplineError(f"{where}: `{name:.80}` is no plain file", _REFUSED)
    folder, _, last = name.rpartition("/")
    inside = f"{folder}/" if folder else ""
    if last == OPAQUE:
        _hide(found, below, inside)
    elif last.startswith(HIDDEN):
        hidden = inside + last.removeprefix(HIDDEN)
        _hide(found, below, hidden, exactly=True)
        _hide(found, below, f"{hidden}/")
    else:
        file = tar.extractfile(member)
        contents = file.read() if file is not None else b""
        if len(contents) != member.size:
            raise TraplineError(f"{where}: `{name:.80}` has been cut short", "get the image again")
        if found.get(name) is not None:
            raise TraplineError(f"{where}: `{name:.80}` is there twice", _REFUSED)
        found[name] = contents
    if len(found) > MOST_FILES:
        raise TraplineError(f"{where}: a layer has more than {MOST_FILES} files", "that is more than is taken")


def _hide(found: dict[str, bytes | None], below: Sequence[Layer], name: str, exactly: bool = False) -> None:
    """Hide what lower layers have of a name, or of all that begin with it; this layer's own files stay."""
    for lower in below:
        for other in lower:
            if other == name if exactly else other.startswith(name):
                found.setdefault(other, None)


def _plain(name: str, where: str, folder: bool = False) -> str:
    """A name of an archive as the kernel has it: folders are a part of it."""
    parts = [part for part in name.split("/") if part != "."]
    plain = "/".join(parts)
    if folder and not plain:
        return plain
    wrong = name.startswith("/") or ".." in parts or "" in parts or "\0" in name or not plain.isprintable()
    if wrong or not 0 < len(plain.encode("utf-8", "surrogateescape")) <= NAME + len(HIDDEN):
        raise TraplineError(f"{where}: `{name!r:.80}` is no name for a file", _REFUSED)
    return plain
