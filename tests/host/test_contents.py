"""Contents: whatever way they came to be, they are the bytes; what changes some of them costs what was changed."""

import random
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.errors import TraplineError
from isa.machine import Storage
from monitor.host import saving
from monitor.host.contents import BLOCK, Contents
from monitor.host.objects import Objects
from tests.host.hosts import WORDS, define, everything, opened
from tests.planting import Patch
from tests.sizes import sized

SIZES = st.sampled_from([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 32 * BLOCK, 33 * BLOCK + 7, 1200 * BLOCK])


@contextmanager
def empty() -> Iterator[Contents]:
    with closing(Objects(":memory:")) as objects:
        yield Contents(objects)


def block(size: int, number: int, value: int) -> bytes:
    """A block of one value, as long as it is where contents have so many bytes."""
    return bytes([value]) * min(BLOCK, size - number * BLOCK)


@settings(max_examples=sized(15, 500))
@given(size=SIZES, data=st.data())
def test_contents_are_their_bytes_however_they_came_to_be(size: int, data: st.DataObject) -> None:
    last = max(0, (size - 1) // BLOCK)
    edits = data.draw(st.lists(st.dictionaries(st.integers(0, last), st.integers(0, 2), max_size=5), max_size=4))
    with empty() as kept:
        digest, model = kept.made(size, {}), bytearray(size)
        for edit in edits if size else []:
            before, was = digest, bytes(model)
            blocks = {number: block(size, number, value) for number, value in edit.items()}
            digest = kept.changed(digest, blocks)
            for number, words in blocks.items():
                model[number * BLOCK : number * BLOCK + len(words)] = words
            assert kept.get(before) == was  # nothing that is kept changes
        assert (kept.get(digest), kept.size(digest)) == (bytes(model), size)
        assert kept.put(bytes(model)) == digest
        assert b"".join(found for _, found in kept.blocks(digest)) == b"".join(
            part for at in range(0, size, BLOCK) if (part := bytes(model[at : at + BLOCK])).strip(b"\0")
        )


def test_a_block_that_is_not_inside_is_refused() -> None:
    with empty() as kept:
        for number, words in ((-1, bytes(BLOCK)), (1, b"ab"), (2, b"")):
            with pytest.raises(ValueError, match=r"there is no block -?\d of"):
                kept.made(BLOCK + 1, {number: words})


# ---- what a change costs


def counted(patch: Patch) -> list[bytes]:
    """The objects that are read from now on."""
    found, reads = list[bytes](), Objects.read

    def read(objects: Objects, digest: bytes) -> tuple[int, bytes]:
        found.append(digest)
        return reads(objects, digest)

    patch.setattr(Objects, "read", read)
    return found


def cost(size: int, changed: int) -> tuple[int, int]:
    """Objects read and bytes kept by changing so many blocks, side by side, of contents that are full."""
    with empty() as kept, pytest.MonkeyPatch.context() as patch:
        draw = random.Random(1)
        digest = kept.made(size, {number: draw.randbytes(BLOCK) for number in range(size // BLOCK)})
        before, read = kept.objects.bytes, counted(patch)
        kept.changed(digest, {number: draw.randbytes(BLOCK) for number in range(changed)})
        return len(read), kept.objects.bytes - before


def proportional() -> None:
    """Sixteen times as much beside it costs a level more; each block costs itself, and its part of the nodes."""
    for changed in (1, 16):
        (reads, kept), (more_reads, more_kept) = cost(128 * BLOCK, changed), cost(2048 * BLOCK, changed)
        assert more_reads <= reads + 1 and more_kept <= kept + BLOCK
        assert kept <= changed * BLOCK + 3 * BLOCK and reads <= 3


def test_a_change_costs_what_was_changed(monkeypatch: Patch) -> None:
    proportional()

    def whole(kept: Contents, digest: str, blocks: dict[int, bytes]) -> str:
        return kept.made(kept.size(digest), {**dict(kept.blocks(digest)), **blocks})

    monkeypatch.setattr(Contents, "changed", whole)
    with pytest.raises(AssertionError):
        proportional()


def looked_at(path: Path, words: int, characters: bytes) -> tuple[int, int]:
    """Of a run of a machine of so many words that echoes these: how many lines of its storage are looked at, and how
    many bytes kept. Snapshots and clones of it cost no more."""
    blocks, lines = saving._blocks, list[int]()

    def looked(storage: Storage, numbers: Iterable[int]) -> dict[int, bytes]:
        lines.extend(numbers := list(numbers))
        return blocks(storage, numbers)

    with opened(path, storage=2 * words) as host, pytest.MonkeyPatch.context() as patch:
        define(host, storage=words)
        host.start("web")
        host.send("web", b"ww" + characters)
        host.run(2000)
        lines.clear()
        patch.setattr(saving, "_blocks", looked)
        before = host.objects.bytes
        host.send("web", b"w" + characters)
        host.run(2000)
        assert host.snapshot("web", "s").point.machine == host.clone("web", "copy").point.machine
        return len(lines), host.objects.bytes - before


def a_run_costs_what_it_changes(path: Path) -> None:
    """The machine writes one word of storage, and a block of its disk."""
    lines, kept = looked_at(path / "small", WORDS, b"")
    more_lines, more_kept = looked_at(path / "large", 64 * WORDS, b"")
    assert lines == more_lines == 1 and more_kept <= kept + 2 * BLOCK and kept < 6 * BLOCK
    _, printing = looked_at(path / "printing", WORDS, 400 * b"a")  # base64 of 400 bytes, in blocks
    assert printing <= kept + 2 * BLOCK


def test_a_machine_costs_what_it_changes(tmp_path: Path, monkeypatch: Patch) -> None:
    a_run_costs_what_it_changes(tmp_path / "right")
    real = saving.keep
    monkeypatch.setattr(saving, "keep", lambda kept, machine, before, lines: real(kept, machine, "", lines))
    with pytest.raises(AssertionError):
        a_run_costs_what_it_changes(tmp_path / "wrong")


# ---- damage


def flipped(path: Path, name: str, draw: random.Random) -> None:
    data = bytearray((path / name).read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    (path / name).write_bytes(data)


def test_a_bit_of_a_file_that_is_another_is_told(tmp_path: Path) -> None:
    """Or it was in a place where nothing stood."""
    with opened(tmp_path / "whole") as host:
        define(host)
        host.start("web")
        host.send("web", b"abw")
        host.run(1000)
        known = everything(host)
    draw, told = random.Random(1), 0
    for _ in range(sized(24, 2000)):
        path = tmp_path / "damaged"
        shutil.copytree(tmp_path / "whole", path)
        flipped(path, "objects.db", draw)
        try:
            with opened(path) as host:
                assert everything(host) == known
                host.objects.sweep(host.ledger.digests())
        except TraplineError as error:
            assert "objects.db" in error.message
            told += 1
        shutil.rmtree(path)
    assert told > sized(4, 400)
