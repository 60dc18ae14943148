"""Files written whole: nothing is lost if the new content cannot be written, and what is no file stays what it is."""

import os
import resource
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from isa.files.writing import write_whole
from isa.machine.snapshot_format import write as save


@contextmanager
def small_files() -> Iterator[None]:
    """No file can be longer than 1000 bytes."""
    limit, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_was_there_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(str(path), b"old")
    with pytest.raises(OSError), small_files():
        write_whole(str(path), b"new" * 1000)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_whole(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_pipe_stays_a_pipe_when_a_machine_is_saved_there(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    save(str(path), b"saved")
    assert os.read(reader, 100) == b"saved"
    assert stat.S_ISFIFO(path.stat().st_mode)
    os.close(reader)


def test_a_file_called_partial_belongs_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "file.partial").write_bytes(b"mine")
    save(str(tmp_path / "file"), b"saved")
    assert (tmp_path / "file.partial").read_bytes() == b"mine"
