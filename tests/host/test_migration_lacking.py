"""Of a machine that moves only what the other host lacks is sent, and what arrives is what was sent."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from isa.errors import TraplineError
from monitor.host import Host
from monitor.host.contents import BLOCK, Contents
from monitor.host.life import State
from monitor.host.migration import arriving, offering
from monitor.host.objects import EMPTY, WIDTH, Objects, digest_of
from tests.host.hosts import check_objects, opened
from tests.host.moving import begun, moved, two, where
from tests.planting import Patch


def what_lies_below_is_not_offered(patch: Patch) -> None:
    patch.setattr(offering, "below", lambda kind, data: [])


def what_changed_is_not_offered(patch: Patch) -> None:
    real = offering.Offering.send
    patch.setattr(offering.Offering, "send", lambda one, record: (0, 0) if one._there else real(one, record))


def what_is_lacking_is_not_asked_for(patch: Patch) -> None:
    patch.setattr(Objects, "lacking", lambda objects, digests: list(digests)[:1])


@pytest.mark.parametrize(
    "plant", [what_lies_below_is_not_offered, what_changed_is_not_offered, what_is_lacking_is_not_asked_for]
)
def test_what_arrives_otherwise_than_it_was_is_not_taken(
    plant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch
) -> None:
    with two(tmp_path) as (one, other):
        begun(one, 60)
        one.send("web", b"abwabw")
        plant(monkeypatch)
        with pytest.raises(TraplineError, match="was not sent"):
            moved(one, other)
        assert where((one, other))[0].state in (State.RUNNING, State.IDLE) and len(where((one, other))) == 1
        monkeypatch.undo()
        assert moved(one, other).arrived
        check_objects(other)


# ---- only what is lacking


def sent(one: Host, other: Host) -> int:
    """The bytes of a migration, all rounds together."""
    outcome = moved(one, other)
    assert outcome.arrived
    return sum(made.bytes for made in outcome.rounds)


def only_what_is_lacking(path: Path) -> None:
    with two(path) as (one, other):
        begun(one)
        one.clone("web", "copy")
        whole = sent(one, other)
        check_objects(other)
        other.send("web", b"w")
        other.run(1000)
        back = sent(other, one)  # its clone has stayed, and has nearly all
        assert 0 < back < whole / 2
        assert one.output("web") == b"abc"
        check_objects(one)


def test_what_the_other_host_has_is_not_sent(tmp_path: Path, monkeypatch: Patch) -> None:
    only_what_is_lacking(tmp_path / "right")

    def all_of_it(host: Host, offered: bytes, sent: arriving.Sent) -> list[bytes]:
        return [one for at in range(0, len(offered), WIDTH) if (one := offered[at : at + WIDTH]) not in sent]

    monkeypatch.setattr(arriving, "_lacking", all_of_it)
    with pytest.raises(AssertionError):
        only_what_is_lacking(tmp_path / "wrong")


LIES: tuple[Callable[[int, bytes], tuple[int, bytes]], ...] = (
    lambda kind, data: (kind, data + b"x" * BLOCK) if kind == 0 else (kind, data),  # too long
    lambda kind, data: (kind, (1 << 60).to_bytes(32, "little") + data[32:]) if kind == -1 else (kind, data),
    lambda kind, data: (kind + 1, data) if kind > 0 else (kind, data),
    lambda kind, data: (7, data) if kind == 0 else (kind, data),
    lambda kind, data: (0, data) if kind == -2 else (kind, data),
)


@pytest.mark.parametrize("lie", range(len(LIES)))
def test_objects_that_cannot_be_are_not_taken(lie: int, tmp_path: Path) -> None:
    """A source that makes up trees, each object under its own digest."""
    with opened(tmp_path / "one") as one, closing(Objects(":memory:")) as kept:
        begun(one)
        record = one.machine("web")
        sent: arriving.Sent = {}

        def told(digest: bytes) -> bytes:
            """The same tree again, with the lie in it."""
            kind, data = one.objects.read(digest)
            start = WIDTH if kind == -1 else 0
            parts = [data[at : at + WIDTH] for at in range(start, len(data), WIDTH)] if kind else []
            data = data[:start] + b"".join(part if part == EMPTY else told(part) for part in parts) if kind else data
            made = LIES[lie](kind, data)
            sent[digest_of(*made)] = made
            return digest_of(*made)

        roots = [told(bytes.fromhex(digest)).hex() for digest in record.digests]
        with pytest.raises(TraplineError, match="what it cannot be"):
            Contents(kept).take(roots, sent, 1 << 26)
        assert kept.lacking(sent) == list(sent)
