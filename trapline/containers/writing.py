"""An image as the files of a layout, in a folder or in one file. Nothing of the time or of the host is in it, so that
one recipe gives one digest."""

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from typing import Any

from guests.contained import Layer, Limits
from isa.errors import TraplineError
from isa.files.writing import write_whole
from trapline.containers.image import (
    ARCHITECTURE,
    CONFIG,
    HIDDEN,
    INDEX,
    MANIFEST,
    OS,
    REF_NAME,
    TAG,
    TAR_GZIP,
    VERSION,
    Image,
    digest_of,
    labels_of,
)

Files = dict[str, bytes]  # of a layout, by their names in it


def laid_out(layers: Sequence[Layer], command: str, limits: Limits) -> tuple[Image, Files]:
    """The image, and what is to be written."""
    files: Files = {"oci-layout": _json(VERSION)}
    archives = [_archive(layer) for layer in layers]
    described = [_blob(files, TAR_GZIP, gzip.compress(archive, mtime=0)) for archive in archives]
    diffs = tuple(digest_of(archive) for archive in archives)
    config = {
        "architecture": ARCHITECTURE,
        "os": OS,
        "config": {"Cmd": [command], "Labels": labels_of(limits)},
        "rootfs": {"type": "layers", "diff_ids": list(diffs)},
        "history": [{"created_by": "trapline container build"} for _ in layers],
    }
    of = _blob(files, CONFIG, _json(config))
    manifest = _blob(
        files, MANIFEST, _json({"schemaVersion": 2, "mediaType": MANIFEST, "config": of, "layers": described})
    )
    listed = {
        **manifest,
        "platform": {"architecture": ARCHITECTURE, "os": OS},
        "annotations": {REF_NAME: TAG},
    }
    files["index.json"] = _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [listed]})
    return Image(tuple(layers), command, limits, manifest["digest"], diffs), files


def write(files: Files, path: str) -> None:
    """Put a layout into a new folder, or into one file if its name ends with `.tar`. Raises TraplineError."""
    try:
        if path.endswith(".tar"):
            write_whole(path, _tar(sorted(files.items())))
            return
        os.mkdir(path)
        for name, data in sorted(files.items()):
            place = os.path.join(path, *name.split("/"))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "xb") as file:
                file.write(data)
    except FileExistsError:
        raise TraplineError(f"{path} is there already", "give another name, or remove it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot write {path}: {reason}", "give another place") from None


def _blob(files: Files, kind: str, data: bytes) -> dict[str, Any]:
    """A descriptor of some bytes, which are put among the blobs."""
    digest = digest_of(data)
    files[f"blobs/{digest.replace(':', '/')}"] = data
    return {"mediaType": kind, "digest": digest, "size": len(data)}


def _archive(layer: Layer) -> bytes:
    return _tar(_named(layer))


def _named(layer: Layer) -> Iterator[tuple[str, bytes]]:
    for name, contents in sorted(layer.items()):
        folder, _, last = name.rpartition("/")
        yield (name, contents) if contents is not None else (f"{folder}/{HIDDEN}{last}".lstrip("/"), b"")


def _tar(files: Any) -> bytes:
    """An archive of regular files with nothing in it but names and contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2).encode()
