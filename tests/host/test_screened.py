"""Machines of a host that have a screen: pictures as they lie in storage, wherever the machine is; keys that arrive
once; and everything that keeps a machine keeps its picture."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from guests import catalogue
from isa.assembler import Image
from isa.assembler.assembled import assembled
from isa.devices import arrivals, standard
from isa.devices.arrivals import Arrivals
from isa.devices.keys import Keys
from isa.devices.screen import Picture, Screen
from isa.engines.choice import bare
from isa.errors import TraplineError, UsageError
from isa.machine import Storage
from isa.machines.catalogue import find
from monitor.host import Definition, Host, Record, saving
from monitor.host.life import Refused
from monitor.host.living import Living
from monitor.screens.png import png
from monitor.screens.words import events
from tests.host.hosts import opened
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.trapline.test_readme import commands, execute, pattern
from trapline.cli import main

ROOT = Path(__file__).parents[2]
ROOM, WORDS, STEPS = 1 << 17, 20480, 300_000
STROKES = ["A", "100,50", "=bc", "10,10:1", "60,20:1", "60,20:0"]


def paint() -> Image:
    return assembled(find("g3"), catalogue.find("paint").file, catalogue.DIRECTORY, catalogue.LIBRARY)


def painting(path: Path) -> Host:
    """A host with a machine that has painted its bands, and waits."""
    host = opened(path, storage=ROOM)
    host.define(Definition("easel", "paint", storage=WORDS, screen=True), paint())
    host.start("easel")
    assert [record.state.value for record in host.run(STEPS)] == ["idle"]
    return host


def seen(host: Host, name: str = "easel") -> Picture:
    """The same whether the machine is here or was kept."""
    picture = host.picture(name)
    host.living._gather({})  # type: ignore[union-attr]
    assert picture is not None and host.picture(name) == picture
    return picture


def on_bare_machine(words: list[str]) -> Picture:
    """What a bare machine shows, to which the same is done."""
    screen, keys = Screen(32), Keys(Arrivals())
    machine = bare(find("g3"), Storage(32, WORDS), standard(find("g3"), others=(screen, keys)), engine="reference")
    machine.load(paint())
    machine.run(STEPS)
    for at in range(0, len(events(words)), 4):
        keys.inbound.feed(events(words)[at : at + 4])
    machine.run(STEPS)
    picture = screen.picture(machine.storage)
    assert picture is not None
    return picture


def strokes_are_seen() -> None:
    with TemporaryDirectory() as folder, painting(Path(folder)) as host:
        before = seen(host)
        host.press("easel", events(STROKES))
        host.run(STEPS)
        host.run(STEPS)
        assert before != seen(host) == on_bare_machine(STROKES)


def test_what_is_done_is_seen_as_on_a_bare_machine() -> None:
    strokes_are_seen()


def a_picture_is_kept() -> None:
    with TemporaryDirectory() as folder:
        a_picture_is_kept_in(Path(folder))


def a_picture_is_kept_in(path: Path) -> None:
    with painting(path) as host:
        empty = seen(host)
        host.press("easel", events(STROKES[:2]))
        host.save("easel")
        assert seen(host) == empty
        host.restore("easel")
        host.run(STEPS)
        painted = seen(host)
        host.snapshot("easel", "painted")
        assert host.clone("easel", "copy").definition.screen
        host.press("easel", events(STROKES[2:]))
        host.run(STEPS)
        assert seen(host, "copy") == painted != empty and painted != seen(host)
        host.revert("easel", "painted")
        assert seen(host) == painted
        host.press("copy", events(STROKES[2:]))
        host.run(STEPS)
        assert painted != seen(host, "copy") == on_bare_machine(STROKES)
        assert seen(host) == painted
    with opened(path, storage=ROOM) as host:
        assert seen(host) == painted


def test_a_picture_is_kept_with_its_machine() -> None:
    a_picture_is_kept()


def test_who_has_no_screen_says_so(tmp_path: Path) -> None:
    with opened(tmp_path, storage=ROOM) as host:
        host.define(Definition("blind", "paint", storage=WORDS), paint())
        host.define(Definition("easel", "paint", storage=WORDS, screen=True), paint())
        for ask in (host.picture, lambda name: host.press(name, events("a"))):
            with pytest.raises(UsageError, match="blind has no screen"):
                ask("blind")
        with pytest.raises(Refused, match="easel is defined"):
            host.press("easel", events("a"))
        assert host.picture("easel") is None
        host.start("easel")
        host.press("easel", events(["=" + "a" * 128]))
        with pytest.raises(TraplineError, match="has not taken what was pressed before"):
            host.press("easel", events("a"))


@pytest.mark.parametrize(
    ("machine", "type", "why"),
    [
        ("g3", "vmm", "guests of a monitor in assembly have no screen"),
        (str(ROOT / "tests/machines/m16.isa"), "trapline", "m16 has no room for a "),
    ],
)
def test_not_every_host_has_screens(machine: str, type: str, why: str, tmp_path: Path) -> None:
    with opened(tmp_path, type=type, machine=machine, storage=1 << 15) as host, pytest.raises(TraplineError, match=why):
        host.define(Definition("easel", "paint", storage=WORDS, screen=True), paint())


def test_events_do_not_heap_up(tmp_path: Path, monkeypatch: Patch) -> None:
    with painting(tmp_path) as host:
        for _ in range(20):
            host.press("easel", events(["100,50"]))
            host.run(1000)
        assert len(host.done("easel")) == 60
        monkeypatch.setattr(arrivals, "MOST_KEPT", 62)
        host.press("easel", events(["100,50"]))
        host.run(1000)
        running = host.living._running["easel"]  # type: ignore[union-attr]
        keys = running.vm.ports.find(Keys)
        assert keys is not None and keys.inbound.known == ()
        with pytest.raises(TraplineError, match="more was done at easel than is kept"):
            host.done("easel")


def test_from_the_command_line(tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    painting(tmp_path / "servers").close()
    assert main(["host", "press", "servers", "easel", *STROKES]) == 0
    assert main(["host", "run", "servers"]) == 0
    assert main(["host", "shot", "servers", "easel", "-o", "seen.png"]) == 0
    assert capfd.readouterr().out.endswith("easel is seen in seen.png\n")
    assert Path("seen.png").read_bytes() == png(on_bare_machine(STROKES))
    for words, why in (
        ("shot servers none -o a.png", "there is no machine 'none'"),
        ("press servers easel hello", "there is no key 'hello'"),
        ("press servers easel a:2", "there is no key 'a:2'"),
    ):
        assert main(["host", *words.split()]) == 2
        assert why in capfd.readouterr().err


def test_the_commands_of_the_page(tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("servers").mkdir()
    Path("servers/host.toml").write_text("")
    for name in ("paint", "desk"):
        Path(f"{name}.toml").write_text(f'guest = "{name}"\nscreen = true\n')
    page = (ROOT / "docs" / "screens.md").read_text()
    found = [pair for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL) for pair in commands(block)]
    assert len(found) > 5
    for command, output in found:
        said = execute(command, capfd)
        assert re.fullmatch(pattern(output), said), f"{command} says {said}"


def test_words_mean_what_is_done() -> None:
    assert events(["a"]) == events(["a:1", "a:0"]) == bytes.fromhex("10000061 20000061")
    assert events(["Return", "0xff0d"]) == events(["Return"]) * 2
    assert events(["3,4"]) == events(["3,4:0", "3,4:1", "3,4:0"])
    assert events(["=a:1"]) == events(["a", "colon", "1"])
    assert events([":", "€"]) == bytes.fromhex("1000003a 2000003a 110020ac 210020ac")


bugs = Bugs()


@bugs.caught_by(strokes_are_seen)
def a_place_is_that_of_the_row_below(patch: Patch) -> None:
    patch.setattr("monitor.host.stored.BLOCK", 512)


@bugs.caught_by(strokes_are_seen)
def what_was_pressed_arrives_again_and_again(patch: Patch) -> None:
    patch.setattr("monitor.host.living.split", lambda events: [events[:4]])


@bugs.caught_by(a_picture_is_kept)
def pictures_are_dark_when_the_machine_is_not_here(patch: Patch) -> None:
    patch.setattr(saving, "picture", lambda contents, digest, word: None)


@bugs.caught_by(a_picture_is_kept)
def a_clone_shows_what_its_source_does(patch: Patch) -> None:
    right = Living.picture

    def picture(living: Living, record: Record) -> Picture | None:
        running = living._running.get("easel")
        return right(living, running.record if running is not None else record)

    patch.setattr(Living, "picture", picture)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
