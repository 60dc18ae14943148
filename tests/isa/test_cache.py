"""What is kept from one process to the next, and every way in which it could go wrong.

Each damage is planted in an entry that loads before; so a check that is missing shows.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.files import cache

KEY, OTHER = cache.digest("one"), cache.digest("another")
DATA = bytes(range(256)) * 5


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    chosen = tmp_path / "kept"
    monkeypatch.setenv(cache.VARIABLE, str(chosen))
    monkeypatch.setattr(cache, "_stored", {})
    return chosen


@pytest.fixture
def entry(place: Path) -> Path:
    """A good entry's file."""
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) == DATA
    return place / "objects" / KEY


def test_what_was_stored_is_loaded(place: Path) -> None:
    assert cache.load("objects", KEY) is None
    cache.store("objects", KEY, DATA)
    cache.store("machines", KEY, b"")
    assert cache.load("objects", KEY) == DATA
    assert cache.load("machines", KEY) == b""
    assert cache.load("objects", OTHER) is None
    cache.store("objects", KEY, b"new")
    assert cache.load("objects", KEY) == b"new"
    assert sorted(p.name for p in (place / "objects").iterdir()) == [KEY]


def test_it_is_kept_where_there_are_no_effective_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")  # as in a browser
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) == DATA


def test_only_its_owner_sees_it(entry: Path, place: Path) -> None:
    assert [p.stat().st_mode & 0o777 for p in (place, place / "objects", entry)] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("at", [0, 20, 48, 49, 300, -1])
def test_a_flipped_bit_is_seen(entry: Path, at: int) -> None:
    data = bytearray(entry.read_bytes())
    data[at] ^= 0x10
    entry.write_bytes(data)
    assert cache.load("objects", KEY) is None


@pytest.mark.parametrize("length", [0, 5, 30, 49, 50, -1])
def test_an_entry_cut_short_is_seen(entry: Path, length: int) -> None:
    entry.write_bytes(entry.read_bytes()[:length])
    assert cache.load("objects", KEY) is None


def test_an_entry_with_something_after_it_is_seen(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes() + b"\0")
    assert cache.load("objects", KEY) is None


def test_an_entry_under_another_key_or_kind_is_seen(entry: Path, place: Path) -> None:
    (place / "objects" / OTHER).write_bytes(entry.read_bytes())
    (place / "machines").mkdir(0o700)
    (place / "machines" / KEY).write_bytes(entry.read_bytes())
    assert cache.load("objects", OTHER) is None
    assert cache.load("machines", KEY) is None


def test_a_damaged_entry_is_replaced(entry: Path) -> None:
    entry.write_bytes(b"rubbish")
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) == DATA


@pytest.mark.parametrize("what", [".", "objects", f"objects/{KEY}"])
@pytest.mark.parametrize("bits", [0o020, 0o002])
def test_what_others_may_write_is_not_believed(entry: Path, place: Path, what: str, bits: int) -> None:
    part = place / what
    part.chmod(part.stat().st_mode | bits)
    assert cache.load("objects", KEY) is None
    part.chmod(part.stat().st_mode & ~bits)
    assert cache.load("objects", KEY) == DATA


@pytest.mark.parametrize("what", [".", "objects", f"objects/{KEY}"])
def test_what_somebody_else_owns_is_not_believed(
    entry: Path, place: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, foreign = os.fstat, (place / what).stat().st_ino

    def fstat(number: int) -> os.stat_result:
        status = list(really(number))
        status[4] += status[1] == foreign  # another owner
        return os.stat_result(status)

    monkeypatch.setattr(cache.os, "fstat", fstat)
    assert cache.load("objects", KEY) is None
    assert cache.load("machines", KEY) is None
    cache.store("objects", OTHER, DATA)
    assert (cache.load("objects", OTHER) == DATA) == (what == f"objects/{KEY}")


def test_nothing_is_kept_where_others_may_write(place: Path) -> None:
    place.mkdir()
    place.chmod(0o777)
    cache.store("objects", KEY, DATA)
    assert list(place.iterdir()) == []


def test_links_are_not_followed(entry: Path, place: Path) -> None:
    entry.rename(place / "elsewhere")
    entry.symlink_to(place / "elsewhere")
    assert cache.load("objects", KEY) is None
    cache.store("objects", KEY, DATA)  # replaces the link, not what it points to
    assert not entry.is_symlink() and cache.load("objects", KEY) == DATA
    (place / "objects").rename(place / "folder")
    (place / "objects").symlink_to(place / "folder")
    assert cache.load("objects", KEY) is None


def test_a_pipe_in_place_of_an_entry_does_not_hang(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry, 0o600)
    assert cache.load("objects", KEY) is None


@pytest.mark.parametrize("what", ["kept", "kept/objects", f"kept/objects/{KEY}"])
def test_something_else_in_the_way_keeps_nothing(tmp_path: Path, what: str) -> None:
    blocked = tmp_path / what
    blocked.parent.mkdir(parents=True, exist_ok=True)
    if what.endswith(KEY):
        (blocked / "full").mkdir(parents=True)
    else:
        blocked.write_bytes(b"a file")
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) is None
    assert not list(tmp_path.glob("**/*.partial"))


@pytest.mark.parametrize("call", ["mkdir", "open", "replace", "listdir", "unlink", "utime", "stat"])
@pytest.mark.parametrize("error", [PermissionError(13, "no"), OSError(28, "disk full"), OSError(30, "read-only")])
def test_trouble_of_the_host_raises_nothing(
    place: Path, call: str, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(cache.os, call, fails)
        cache.store("objects", KEY, DATA)
        assert cache.load("objects", KEY) in (None, DATA)
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) == DATA


def test_a_disk_that_is_full_keeps_nothing(place: Path) -> None:
    cache.store("objects", OTHER, DATA)
    real = os.open
    opened = []

    def full(name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        opened.append(name)
        if name.endswith(".partial"):
            os.close(real(name, flags, mode, dir_fd=dir_fd))
            return real("/dev/full", os.O_WRONLY)
        return real(name, flags, mode, dir_fd=dir_fd)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache.os, "open", full)
        cache.store("objects", KEY, DATA)
    assert any(name.endswith(".partial") for name in opened)
    assert sorted(p.name for p in (place / "objects").iterdir()) == [OTHER]


def test_one_variable_switches_it_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(cache.VARIABLE, "off")
    monkeypatch.chdir(tmp_path)
    assert cache.directory() is None
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache.directory() == tmp_path / "kept"
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache.directory() == tmp_path / "caches" / "trapline"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.directory() == tmp_path / "home" / ".cache" / "trapline"
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) == DATA
    monkeypatch.setenv("HOME", "nowhere")
    assert cache.directory() is None


def test_the_least_recently_used_are_dropped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 5000)
    monkeypatch.setattr(cache, "OFTEN", 1)
    keys = [cache.digest(str(i)) for i in range(4)]
    for age, key in enumerate(keys[:3]):
        cache.store("objects", key, DATA)
        os.utime(place / "objects" / key, (1000 + age, 1000 + age))
    assert cache.load("objects", keys[0]) == DATA  # used again, so the next one is the oldest
    cache.store("objects", keys[3], DATA)
    kept = [cache.load("objects", key) is not None for key in keys]
    assert kept == [True, False, True, True]


def test_what_is_too_large_is_not_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", len(DATA) - 1)
    cache.store("objects", KEY, DATA)
    assert not place.exists()


def test_what_a_killed_process_began_is_taken_away(entry: Path, place: Path) -> None:
    old, young = (place / "objects" / f"{KEY}.{n}.partial" for n in ("0", "1"))
    for partial in (old, young):
        partial.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    for n in range(cache.OFTEN):
        cache.store("objects", cache.digest(str(n)), b"")
    assert not old.exists() and young.exists()


@pytest.mark.parametrize("key", ["", "../abc", "abc/def", "ABC", "xyz", f"{KEY}.partial"])
def test_a_key_is_a_digest(key: str) -> None:
    with pytest.raises(ValueError):
        cache.store("objects", key, DATA)


@given(st.lists(st.binary() | st.text()), st.lists(st.binary() | st.text()))
def test_digests_tell_all_parts_apart(first: list[bytes | str], second: list[bytes | str]) -> None:
    assert (cache.digest(*first) == cache.digest(*second)) == (first == second)


def test_parts_of_a_digest_do_not_run_together() -> None:
    assert len({cache.digest(*p) for p in [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), (b"abc",)]}) == 5


_RACER = """
import sys
from isa.files import cache
key = cache.digest("contested")
for n in range(300):
    cache.store("objects", key, bytes([int(sys.argv[1])]) * 20000)
    data = cache.load("objects", key)
    assert data is not None and len(data) == 20000 and len(set(data)) == 1, data
"""


@pytest.fixture
def racers(place: Path) -> Iterator[list["subprocess.Popen[bytes]"]]:
    started = [subprocess.Popen([sys.executable, "-c", _RACER, str(n)], cwd=Path(__file__).parents[2]) for n in (1, 2)]
    yield started
    for racer in started:
        racer.kill()
        racer.wait()


def test_two_processes_at_once_never_see_half_an_entry(racers: list["subprocess.Popen[bytes]"], place: Path) -> None:
    assert [racer.wait() for racer in racers] == [0, 0]
    assert [p.name for p in (place / "objects").iterdir()] == [cache.digest("contested")]


# ---- a run goes on without it


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[str]:
    """A path of 1,500 levels, which must be taken away by somebody who does not recurse."""
    yield str(tmp_path) + "/d" * 1500
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def unusable(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Places where nothing can be kept, or that cannot even be named."""
    (tmp_path / "file").write_bytes(b"no folder")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing" / "folder")
    os.mkfifo(tmp_path / "pipe")
    yield "deeper than the host allows", str(tmp_path) + "/deep" * 3000
    yield "a name too long", str(tmp_path / ("n" * 300))
    yield "a file", str(tmp_path / "file")
    yield "under a file", str(tmp_path / "file" / "below")
    yield "a loop", str(tmp_path / "loop" / "below")
    yield "a link to nowhere", str(tmp_path / "nowhere")
    yield "a pipe", str(tmp_path / "pipe")
    yield "a device", "/dev/null"
    yield "not to be written", "/proc/trapline/cache"
    yield "not text", os.fsdecode(b"/\xff\xfe/trapline")


UNUSABLE = 10


@pytest.mark.parametrize("number", range(UNUSABLE))
def test_a_place_that_cannot_be_is_no_trouble(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = list(unusable(tmp_path))
    assert len(places) == UNUSABLE
    monkeypatch.setenv(cache.VARIABLE, places[number][1])
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) in (None, DATA)


def test_a_deep_place_is_no_trouble(deep: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, deep)
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) == DATA


def test_a_folder_that_is_gone_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place is named from the folder in which one is, and that was removed meanwhile."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setenv(cache.VARIABLE, "kept")
    gone.rmdir()
    cache.store("objects", KEY, DATA)
    assert cache.load("objects", KEY) is None


def hello(tmp_path: Path, place: str, limit: int | None = None) -> None:
    """A process that keeps things there must not even tell."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environment = {**os.environ, cache.VARIABLE: place, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "trapline", "run", "hello"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, preexec_fn=limited, timeout=100)
    assert done.returncode == 0 and b"Hello" in done.stdout, done.stderr
    assert done.stderr.startswith(b"hello, bare on g3: halted") and done.stderr.count(b"\n") == 1, done.stderr


@pytest.mark.nightly
def test_a_run_goes_on_where_the_path_is_deep(tmp_path: Path, deep: str) -> None:
    hello(tmp_path, deep)


@pytest.mark.nightly
def test_a_run_goes_on_where_the_disk_is_full(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    hello(tmp_path, str(place), limit=0)
    assert [path for path in place.rglob("*") if path.is_file()] == []


@pytest.mark.nightly
def test_a_run_goes_on_where_everything_is_damaged(tmp_path: Path) -> None:
    """All that a run keeps, damaged in several ways; the run after that finds it mended."""
    place = tmp_path / "kept"
    hello(tmp_path, str(place))
    entries = sorted(path for path in place.rglob("*") if path.is_file())
    assert len({path.parent for path in entries}) >= 2
    for number, path in enumerate(entries):
        data = bytearray(path.read_bytes())
        data[-1 - number % 7] ^= 1
        path.write_bytes(data[: len(data) // 2] if number % 2 else data)
    damaged = {path: path.read_bytes() for path in entries}
    hello(tmp_path, str(place))
    assert all(path.read_bytes() != damaged[path] for path in entries)
