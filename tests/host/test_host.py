"""What a host promises of its guests: they cannot tell whether anybody stopped, saved or moved them in between."""

import doctest
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import Image
from isa.devices import MemoryBacking
from isa.errors import UsageError
from monitor.host import Definition, DiskPart, Host, State
from monitor.host.disks import Held
from monitor.host.life import Refused
from tests.host.hosts import WORDS, define, everything, opened
from tests.planting import Patch
from tests.sizes import sized
from trapline.running.programs import find as program

TYPED = b"abwcdwxyz"
PAGE = (Path(__file__).parents[2] / "docs" / "host.md").read_text()


def token() -> Image:
    return program("token", None).image


def drawn(host: Host, name: str) -> list[list[str]]:
    """What a machine has printed, by columns."""
    rows = [line.split() for line in host.output(name).decode().splitlines()]
    return [list(column) for column in zip(*rows, strict=True)]


def parted(path: Path) -> tuple[list[list[str]], list[list[str]]]:
    """The tokens of a machine, and of one that was cloned from it after the second."""
    with opened(path) as host:
        host.define(Definition("one", "token", storage=WORDS), token())
        host.start("one")
        host.run(2000)
        host.clone("one", "two")
        host.run(100_000)
        return drawn(host, "one"), drawn(host, "two")


def test_a_clone_repeats_random_numbers_but_for_its_generation(tmp_path: Path, monkeypatch: Patch) -> None:
    one, two = parted(tmp_path / "right")
    assert one[0] == two[0] and len(one[0]) == 4
    assert one[1][:2] == two[1][:2] and not set(one[1][2:]) & set(two[1][2:])
    monkeypatch.setattr("monitor.host.ledger.Ledger.next_generation", lambda ledger: (1, 0))
    one, two = parted(tmp_path / "wrong")
    assert one == two


def test_requests_under_way_are_saved_cloned_and_go_on(tmp_path: Path) -> None:
    guest = program("blocks", None)
    with opened(tmp_path) as host:
        disks = (DiskPart(guest.disk, queue=True),)
        host.define(Definition("one", "blocks", storage=2 * WORDS, disks=disks), guest.image)
        host.start("one")
        host.run(9_970)  # eight are under way
        host.clone("one", "two")
        host.save("one")
        host.restore("one")
        host.run(100_000)
        assert {host.output(name).decode() for name in ("one", "two")} == {guest.guest and guest.guest.prints}


def test_a_machine_has_another_generation_when_it_is_reverted_and_not_when_it_is_restored(tmp_path: Path) -> None:
    with opened(tmp_path) as host:
        define(host)
        host.start("web")
        host.run(100)
        first = host.snapshot("web", "s").generation
        host.save("web")
        assert host.restore("web").generation == first
        assert (host.revert("web", "s").generation, host.machine("web").state) == (first + 1, State.RUNNING)
        assert host.clone("web", "copy").generation == first + 2


def told(path: Path, slices: list[int], closing: bool) -> tuple[object, ...]:
    """All that a machine is in the end, after runs of so many steps; between them it is saved, cloned, reverted, and
    its host closed."""
    host = opened(path)
    define(host)
    host.start("web")
    host.send("web", TYPED)
    for number, steps in enumerate(slices):
        host.run(steps)
        if closing and host.machine("web").state is State.RUNNING:
            host.save("web")
            host.close()
            host = opened(path)
            host.restore("web")
            host.clone("web", f"copy{number}")
            host.kill(f"copy{number}")
    host.run(10_000)
    found = host.machine("web").point, host.output("web")
    host.close()
    return found


@settings(max_examples=sized(2, 200))
@given(slices=st.lists(st.integers(0, 400), max_size=4))
def test_a_guest_cannot_tell_who_stopped_it(tmp_path_factory: pytest.TempPathFactory, slices: list[int]) -> None:
    """Words, disks, steps and output are the same."""
    path = tmp_path_factory.mktemp("told")
    assert told(path / "often", slices, closing=True) == told(path / "once", [], closing=False)


def test_a_disk_that_is_not_kept_is_noticed(tmp_path: Path, monkeypatch: Patch) -> None:
    slices = [60, 300]
    once = told(tmp_path / "once", [], closing=False)
    assert told(tmp_path / "right", slices, closing=True) == once
    monkeypatch.setattr(Held, "write", MemoryBacking.write)
    assert told(tmp_path / "wrong", slices, closing=True) != once


def test_a_machine_whose_contents_are_damaged_crashes_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as host:
        for name in ("bad", "web"):
            define(host, name)
            host.start(name)
        host.send("bad", b"x")
        host.run(500)
    with opened(tmp_path) as host:
        host.send("bad", b"y")
        host.send("web", b"z")
        kept = bytes.fromhex(host.machine("bad").point.machine)
        host.objects._file.execute("UPDATE objects SET data = x'00' WHERE digest = ?", (kept,))
        states = {record.name: record.state for record in host.run(500)}
        assert states == {"bad": State.CRASHED, "web": State.IDLE}
        assert "is damaged" in host.machine("bad").point.detail and host.output("web") == b"z"
        assert host.reset("bad").state is State.RUNNING  # its disk is whole
        host.run(500)
        assert host.machine("bad").state is State.IDLE


def test_machines_find_room_where_others_have_gone(tmp_path: Path) -> None:
    """Two that are apart leave room that is in no one piece."""
    with opened(tmp_path, storage=4 * WORDS) as host:
        for name in "abcd":
            host.define(Definition(name, "token", storage=WORDS), token())
            host.start(name)
        host.define(Definition("large", "token", storage=2 * WORDS), token())
        host.run(100)
        host.kill("b")
        host.kill("d")
        host.start("large")
        assert {record.name: record.state for record in host.run(100)} == dict.fromkeys(
            ["a", "c", "large"], State.RUNNING
        )


def test_snapshots_are_a_tree_of_which_any_may_go(tmp_path: Path) -> None:
    with opened(tmp_path) as host:
        define(host)
        host.start("web")
        for name in ("one", "two", "three"):
            host.send("web", b"w" + name[0].encode())
            host.run(1000)
            host.snapshot("web", name)
        kept = {snapshot.name: snapshot.point for snapshot in host.snapshots("web")}
        assert len({point.disks for point in kept.values()}) == 3
        host.revert("web", "one")
        host.snapshot("web", "aside")
        host.forget("web", "two")
        found = [(snapshot.name, snapshot.parent) for snapshot in host.snapshots("web")]
        assert found == [("one", ""), ("three", "one"), ("aside", "one")]
        host.revert("web", "three")
        assert host.machine("web").point.disks == kept["three"].disks and everything(host)
        with pytest.raises(UsageError, match="web has no snapshot 'two'"):
            host.revert("web", "two")
        host.kill("web")
        with pytest.raises(Refused, match="web would leave 3 snapshots"):
            host.undefine("web")
        host.undefine("web", everything=True)
        assert host.ledger.digests() == set()


def test_the_examples_of_the_documentation() -> None:
    text = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    examples = doctest.DocTestParser().get_doctest(text, {}, "host.md", "docs/host.md", 0)
    assert doctest.DocTestRunner().run(examples).failed == 0
