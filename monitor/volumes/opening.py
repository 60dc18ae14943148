"""A volume by the name of its file: which format it has, what it stands on, and whether that is what it was.

A format is told, never guessed from what a guest could have written: who may write the first bytes of a raw disk could
make it an image that stands on any file of the host. So the format is what the user says, or what the name's ending
says, and in an image the format of what it stands on stands beside its name. What an image stands on lies in the
image's own folder or below, whatever links say.

An overlay remembers what it stood on: size, time of change and SHA-256. One that was changed since is refused, since
every cluster that the overlay does not have would silently be another.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from isa.errors import TraplineError
from monitor.volumes import qcow2
from monitor.volumes.file import HostFile
from monitor.volumes.group import open_group
from monitor.volumes.pool import MEMBER, Pool, belongs, make_member
from monitor.volumes.qcow2.checking import mend
from monitor.volumes.qcow2.header import BACKING_FORMAT, MAGIC, STANDS_ON, Unreadable
from monitor.volumes.qcow2.image import Image
from monitor.volumes.thin import Thin
from monitor.volumes.volume import Volume

FORMATS = ("raw", "qcow2")  # of a file; what is made of several files, or thin, is known by its name alone
ENDINGS = {".qcow2": "qcow2", ".toml": "group", ".thin": "thin", ".pool": "pool"}
DEEPEST = 32  # images that stand on each other
AGAIN = "do it again: nothing is lost"
REGULAR = 1 << 20  # bytes read at a time for a digest


def named_format(path: str, format: str | None = None) -> str:
    """The format of a file: the one given, or by its name's ending. Raises TraplineError where that is not certain."""
    told = format or ENDINGS.get(os.path.splitext(path)[1], "raw")
    if format is not None and format not in FORMATS:
        raise TraplineError(f"there is no format {told!r:.40}", f"give one of: {', '.join(FORMATS)}")
    if told == "raw" and format is None and _begins(path) == MAGIC:
        help = "say `--format qcow2` if you made it, or `--format raw` if a guest could have written that into its disk"
        raise TraplineError(f"{path} begins like a qcow2 image, and its name does not say so", help)
    return told


def _begins(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) if os.path.isfile(path) else b""
    except OSError:
        return b""  # whoever opens it says why


def open_volume(path: str, format: str | None = None, writable: bool = True, changed: bool = False) -> Volume:
    """The volume in a file. With `changed`, what it stands on may have changed. Raises TraplineError."""
    return _opened(path, named_format(path, format), writable, changed, ())


def open_image(path: str, writable: bool = True, changed: bool = False) -> Image:
    """The qcow2 image in a file, whatever its name."""
    image = _opened(path, "qcow2", writable, changed, ())
    assert isinstance(image, Image)
    return image


def _opened(path: str, format: str, writable: bool, changed: bool, above: tuple[str, ...]) -> Volume:
    if format == "pool":
        raise TraplineError(f"{path} is a pool, and no volume", "open one of the thin volumes in it")
    if format == "group":
        return open_group(path, writable)
    file = HostFile(path, writable)
    if format == "raw":
        return file
    if format == "thin":
        return _thin(file)
    try:
        image = Image(file)
        image.backing = _below(image, changed, (*above, os.path.realpath(path)))
        if writable and image.header.dirty:
            mend(image)
    except Unreadable as error:
        file.close()
        raise TraplineError(f"cannot read the image {path}: {error}", "convert it with `qemu-img convert`") from None
    except OSError as error:
        file.close()
        raise TraplineError(
            f"cannot read the image {path}: {error.strerror or error}", "use a copy that is whole"
        ) from None
    except BaseException:
        file.close()
        raise
    return image


def _thin(file: HostFile) -> Thin:
    room: Pool | None = None
    try:
        if member := belongs(file):
            room = Pool(beside(file.path, member[0]), member[1], file.writable)
        return Thin(file, room, MEMBER) if room else Thin(file)
    except BaseException as error:
        file.close()
        if room is not None:
            room.file.close()
        if isinstance(error, OSError):
            raise TraplineError(f"{file.path} is no thin volume: {error.strerror}", "give one that is") from None
        raise


def _below(image: Image, changed: bool, above: tuple[str, ...]) -> Volume | None:
    """What an image stands on, opened to be read."""
    name = image.header.backing
    if not name:
        return None
    path = beside(image.path, name)
    if path in above or len(above) > DEEPEST:
        raise TraplineError(
            f"{image.path} stands on itself, by {name}" if path in above else "too many images stand on each other"
        )
    format = (image.header.extension(BACKING_FORMAT) or b"").decode("utf-8", "replace")
    if format not in FORMATS:
        said = f"has the format {format!r:.40}" if format else "has no format beside its name"
        help = f"`qemu-img rebase -u -b {name} -F raw {image.path}`, or `-F qcow2`, says which"
        raise TraplineError(f"what {image.path} stands on {said}: {name}", help)
    if not changed:
        _unchanged(image, path)
    return _opened(path, format, False, changed, above)


def beside(path: str, name: str) -> str:
    """The real path of a file that an image names. Raises TraplineError if it does not lie in the image's folder."""
    folder = os.path.realpath(os.path.dirname(path))
    found = os.path.realpath(os.path.join(folder, name))
    if os.path.isabs(name) or os.path.commonpath([folder, found]) != folder or "\0" in name:
        raise TraplineError(
            f"{path} stands on a file outside of its folder: {name!r:.120}", "put that beside the image"
        )
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """What an image stood on when it was last seen with it. While it is `moving`, it may have changed."""

    size: int
    changed: int
    digest: str
    moving: bool = False

    @classmethod
    def of(cls, path: str) -> "Standing":
        """Of a file as it is now. Raises TraplineError."""
        file = HostFile(path, writable=False)
        try:
            return cls(file.size, file.stamp()[1], _digest(file))
        except OSError as error:
            raise TraplineError(f"cannot read {path}: {error.strerror or error}") from None
        finally:
            file.close()

    def packed(self) -> bytes:
        return json.dumps([self.size, self.changed, self.digest, int(self.moving)]).encode()

    @classmethod
    def parsed(cls, data: bytes) -> "Standing | None":
        try:
            match json.loads(data):
                case [int(size), int(changed), str(digest), int(moving)]:
                    return cls(size, changed, digest, bool(moving))
        except ValueError:
            pass
        return None


def _digest(file: HostFile) -> str:
    digest: Any = hashlib.sha256()
    for at in range(0, file.size, REGULAR):
        digest.update(file.read(at, min(REGULAR, file.size - at)))
    return str(digest.hexdigest())


def _unchanged(image: Image, path: str) -> None:
    """Raises TraplineError if what an image stands on is not what it was. The digest is asked if only the time is
    another. An image that others made remembers nothing, and is taken as it is."""
    kept = image.header.extension(STANDS_ON)
    before = Standing.parsed(kept) if kept else None
    if before is None or before.moving:
        return
    try:
        found = os.stat(path)
    except OSError as error:
        raise TraplineError(
            f"cannot open {path}, on which {image.path} stands: {error.strerror}", "put it back"
        ) from None
    if (found.st_size, found.st_mtime_ns) != (before.size, before.changed) and Standing.of(
        path
    ).digest != before.digest:
        help = f"put the old one back, or take what it shows now with `trapline volume rebase {image.path} --changed`"
        raise TraplineError(f"{path} was changed since {image.path} stands on it, which would show other bytes", help)


def create_overlay(path: str, backing: str, format: str | None = None, bits: int = 16) -> None:
    """An empty image that stands on the file `backing`, named as from the image's own folder."""
    below = beside(path, backing)
    told = named_format(below, format)
    volume = _opened(below, told, False, False, ())
    size = volume.size
    volume.close()
    qcow2.create(path, size, backing, told, bits, Standing.of(below).packed())


def create_member(path: str, size: int, pool: str) -> None:
    """An empty thin volume in a pool, named as from the volume's own folder."""
    room = Pool(beside(path, pool))
    try:
        make_member(path, size, pool, room.join())
    finally:
        room.file.close()


def remove(path: str) -> None:
    """Remove a thin volume, and give its pool back what it took."""
    volume = _opened(path, "thin", True, False, ())
    try:
        volume.zero(0, volume.size)
        volume.flush()
        os.unlink(path)
    finally:
        volume.close()


def commit(path: str) -> int:
    """Move what an image has into what it stands on; how many bytes. If it is killed it can be done again."""
    image = open_image(path)
    try:
        if not image.header.backing or image.backing is None:
            raise TraplineError(f"{path} stands on nothing", "there is nothing to commit it into")
        below = beside(path, image.header.backing)
        format = (image.header.extension(BACKING_FORMAT) or b"").decode()
        image.renew(image.header.extended(STANDS_ON, Standing(0, 0, "", moving=True).packed()))
        image.flush()
        image.backing.close()
        image.backing = _opened(below, format, True, False, (os.path.realpath(path),))
        if image.backing.size < image.size:
            raise TraplineError(f"{below} is smaller than {path}", "convert the image instead")
        moved = qcow2.commit(image, image.backing)
        image.backing.close()
        image.backing = None
        image.renew(image.header.extended(STANDS_ON, Standing.of(below).packed()))
        return moved
    except OSError as error:
        raise TraplineError(f"cannot commit {path}: {error.strerror or error}", AGAIN) from None
    finally:
        image.close()


def rebase(path: str, backing: str, format: str | None = None, changed: bool = False) -> int:
    """Have an image stand on another file, or on none, and show the same; how many bytes it took in for that. With
    `changed` it shows what that which it stands on has become."""
    image = open_image(path, changed=changed)
    try:
        below = beside(path, backing) if backing else ""
        told = named_format(below, format) if backing else ""
        other = _opened(below, told, False, False, (os.path.realpath(path),)) if backing else None
        return qcow2.rebase(image, other, backing, told, Standing.of(below).packed() if backing else b"")
    except OSError as error:
        raise TraplineError(f"cannot rebase {path}: {error.strerror or error}", AGAIN) from None
    finally:
        image.close()
