"""Images for tests, and `qemu-img` to judge them."""

import subprocess
from contextlib import closing
from pathlib import Path

from monitor.volumes.opening import open_volume
from monitor.volumes.qcow2 import create
from tests.clients import client

SIZE = 40 * 512


def qemu(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([client("qemu-img", "qemu-utils"), *words], capture_output=True, text=True, timeout=60)


def fresh(folder: Path, name: str = "a.qcow2", bits: int = 9, size: int = SIZE) -> str:
    path = folder / name
    path.unlink(missing_ok=True)
    create(str(path), size, bits=bits)
    return str(path)


def shown_by(path: str, format: str | None = None) -> bytes:
    with closing(open_volume(path, format, writable=False)) as volume:
        return volume.read(0, volume.size)
