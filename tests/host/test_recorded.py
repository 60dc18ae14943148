"""What was done at a machine of a host is known with its steps, whatever became of the machine meanwhile; and done
again at a bare machine it gives the same, word for word."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from isa.devices import standard
from isa.devices.arrivals import Arrivals, Kept
from isa.devices.keys import Keys, pressed, split
from isa.devices.screen import Screen
from isa.engines.choice import bare
from isa.errors import MachineError
from isa.machine import Storage
from isa.machines.catalogue import find
from monitor.host import Host, saving
from monitor.host.migration import Pace
from monitor.screens.png import png
from monitor.screens.words import events
from tests.host.hosts import opened
from tests.host.moving import moved
from tests.host.test_screened import ROOM, STEPS, STROKES, WORDS, on_bare_machine, paint, painting
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import sized
from trapline.cli import main


def used(host: Host, seed: int) -> None:
    """Somebody paints, and the machine is run for a while, saved, and paused."""
    random = Random(seed)
    for _ in range(12):
        match random.randrange(4):
            case 0:
                host.run(random.randrange(2000))
            case 1:
                host.save("easel")
                host.restore("easel")
            case 2:
                host.pause("easel")
                host.press("easel", events(["q"]))
                host.resume("easel")
            case _:
                place = f"{random.randrange(320)},{random.randrange(200)}"
                host.press("easel", events([random.choice(["a", "Z", "Return", place, f"{place}:1"])]))
    host.run(STEPS)


def done_again_it_is_the_same() -> None:
    for seed in range(sized(3, 300)):
        with TemporaryDirectory() as folder, painting(Path(folder)) as host:
            used(host, seed)
            point, known = host.machine("easel").point, host.done("easel")
            storage = dict(host.contents.blocks(host.contents.parts(point.machine)[0]))
        machine = bare(
            find("g3"),
            Storage(32, WORDS),
            standard(find("g3"), others=(Screen(32), Keys(Arrivals(known)))),
            engine="reference",
        )
        machine.load(paint())
        machine.run(point.steps - machine.steps)
        assert known and machine.steps == point.steps
        cells = machine.storage.cells.tobytes()
        assert all(cells[1024 * at :][:1024].startswith(block) for at, block in storage.items()), seed


def test_done_again_it_is_the_same() -> None:
    done_again_it_is_the_same()


def test_a_recording_goes_with_its_machine(tmp_path: Path) -> None:
    with painting(tmp_path) as host:
        host.press("easel", events(["a"]))
        host.run(STEPS)
        first = host.done("easel")
        host.snapshot("easel", "painted")
        host.clone("easel", "copy")
        host.press("easel", events(["b", "c"]))
        host.run(STEPS)
        assert [event for _, event in host.done("easel")] == [pressed(ord(k), d) for k in "abc" for d in (True, False)]
        assert host.done("copy") == first and len(first) == 2
        host.revert("easel", "painted")
        assert host.done("easel") == first
        host.reset("easel")
        assert host.done("easel") == ()


def test_another_host_shows_and_knows_the_same(tmp_path: Path) -> None:
    """What was pressed and has not arrived goes with a machine that moves."""
    with painting(tmp_path / "one") as one, opened(tmp_path / "other", storage=ROOM) as other:
        one.press("easel", events(STROKES[:2]))
        one.run(STEPS)
        painted = one.picture("easel")
        one.press("easel", events(STROKES[2:]))
        assert moved(one, other, Pace(2000, 100, 10, True), "easel").arrived
        assert one.machines() == [] and painted is not None
        other.run(STEPS)
        assert other.picture("easel") == on_bare_machine(STROKES) != painted
        assert [event for _, event in other.done("easel")] == split(events(STROKES))


def test_from_a_host_to_a_screen(tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    with painting(tmp_path / "servers") as host:
        host.press("easel", events(STROKES))
        host.run(STEPS)
    assert main(["host", "recording", "servers", "easel", "-o", "easel.events"]) == 0
    assert capfd.readouterr().out == "12 events of easel are in easel.events\n"
    words = ["--replay", "easel.events", "--steps", "600000", "--shot", "a.png", "--engine", "reference"]
    assert main(["screen", "paint", *words]) == 0
    assert Path("a.png").read_bytes() == png(on_bare_machine(STROKES))


@pytest.mark.parametrize("past", ["AAAA", "AAAAAAAAAAkAAAAEAAAA", "AAAAAAAAAAkAAAAA" * 2 + "AAAAAAAAAAEAAAAA"])
def test_damaged_pasts_are_refused(past: str) -> None:
    keys = Keys(Kept())
    saved = keys.save()
    inbound = saved["inbound"]
    assert isinstance(inbound, dict)
    with pytest.raises(MachineError, match="damaged"):
        keys.restore({**saved, "inbound": {**inbound, "past": past}})
    del inbound["past"]
    keys.restore({**saved, "inbound": inbound})
    assert isinstance(keys.inbound, Kept) and not keys.inbound.whole


bugs = Bugs()


@bugs.caught_by(done_again_it_is_the_same)
def what_was_done_before_it_was_saved_is_forgotten(patch: Patch) -> None:
    right = Kept.save
    patch.setattr(Kept, "save", lambda kept: {**right(kept), "past": ""})


@bugs.caught_by(done_again_it_is_the_same)
def events_are_known_without_their_steps(patch: Patch) -> None:
    right = saving.keys

    def keys(*words: object) -> Keys:
        found = right(*words)  # type: ignore[arg-type]
        known = [(70_000 + number, event) for number, (_, event) in enumerate(found.inbound.known)]
        found.inbound._known = known
        return found

    patch.setattr(saving, "keys", keys)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
