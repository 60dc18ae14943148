"""The screen is a function of storage; keys and pointer come in order, at their steps."""

import pytest

from isa.devices import Ports
from isa.devices.arrivals import Arrivals
from isa.devices.keys import WAITING, Keys, pointed, pressed
from isa.devices.screen import RED_GREEN_BLUE, Screen
from isa.errors import MachineError
from isa.machine import Storage
from tests.planting import Bugs, Patch, Planted, must_catch

AT, PIXELS, PALETTE, WORDS = 10, 100, 90_000, 100_000


def shown(mode: int, pixels: int = PIXELS, palette: int = 0, words: int = WORDS, width: int = 32) -> Screen:
    screen = Screen(width)
    screen.send(0, AT, 0)
    storage = Storage(width, words)
    storage.write(AT, [mode, pixels, palette])
    storage.write(PIXELS, [0x01020304, 0xFF000005])
    if palette:
        storage.write(palette, [0x00FF8001])
    picture = screen.picture(storage)
    assert (picture is not None) == (mode in (1, 2) and words == WORDS)
    if picture:
        assert len(picture.pixels) == picture.width * picture.height and len(picture.palette) == 768
        assert picture.pixels[:9] == bytes((1, 2, 3, 4, 255, 0, 0, 5, 0))
        assert picture.palette == (bytes((255, 128, 1)) + bytes(765) if palette else RED_GREEN_BLUE)
    return screen


def test_the_picture_is_what_lies_in_storage() -> None:
    shown(1), shown(2), shown(1, palette=PALETTE)


def test_what_makes_no_sense_shows_nothing() -> None:
    shown(0), shown(3), shown(1, words=1000)
    screen, storage = Screen(32), Storage(32, WORDS)
    storage.write(0, [1, PIXELS, 0])
    assert screen.picture(storage) is None  # it is off
    screen.send(0, WORDS - 1, 0)
    assert screen.picture(storage) is None
    assert (screen.recv(0, 0), screen.deadline()) == (WORDS - 1, None)


def test_a_screen_is_saved_and_goes_back() -> None:
    screen, other = Screen(32), Screen(16)
    screen.send(0, AT, 0)
    mark = screen.mark()
    screen.send(0, 70_000, 0)
    with pytest.raises(MachineError, match="damaged"):
        other.restore(screen.save())
    screen.rewind(mark)
    other.restore(screen.save())
    assert other.recv(0, 0) == AT


def arrive(*events: tuple[int, bytes], until: int = 1000) -> list[int]:
    """The words that a guest takes which looks once, at the end."""
    keys = Keys(Arrivals(events))
    ports, storage = Ports({14: keys}), Storage(32, 16)
    while (due := ports.deadline()) is not None and due <= until:
        assert ports.act(due, storage) == 1 << 14
    words = []
    while word := ports.recv(14, until):
        words.append(word)
    return words


def events_come_in_order() -> None:
    assert arrive((5, pressed(ord("a"))), (9, pressed(0xFF0D)), (7, pressed(ord("a"), False))) == [
        0x10000061,
        0x20000061,
        0x1000FF0D,
    ]


def test_events_come_in_order() -> None:
    events_come_in_order()


def moves_are_one_clicks_are_not() -> None:
    moves = (1, pointed(1, 2)), (2, pointed(3, 4)), (3, pointed(3, 4, 1)), (4, pointed(5, 4, 1)), (5, pointed(5, 4))
    assert arrive(*moves) == [0x30004003, 0x31004005, 0x30004005]


def test_moves_are_one_and_clicks_are_not() -> None:
    moves_are_one_clicks_are_not()


def test_of_too_many_events_the_newest_are_dropped() -> None:
    assert arrive(*((i, pressed(i)) for i in range(1, WAITING + 10))) == [1 << 28 | i for i in range(1, WAITING + 1)]


def keys_are_saved_and_go_back() -> None:
    keys = Keys(Arrivals([(1, pressed(1)), (5, pressed(5))]))
    keys.act(1, None)
    mark, saved = keys.mark(), keys.save()
    first = keys.recv(0, 1)
    keys.act(5, None)
    keys.rewind(mark)
    other = Keys()
    other.restore(saved)
    for each in (keys, other):
        assert each.deadline() == 5 and each.recv(0, 2) == first
        each.act(5, None)
        assert [each.recv(0, 6), each.recv(0, 6)] == [1 << 28 | 5, 0]
    with pytest.raises(MachineError, match="damaged"):
        other.restore({**saved, "waiting": [1 << 32]})


def test_keys_are_saved_and_go_back() -> None:
    keys_are_saved_and_go_back()


bugs = Bugs()


@bugs.caught_by(moves_are_one_clicks_are_not)
def a_click_is_taken_for_a_move(patch: Patch) -> None:
    patch.setattr(Keys, "_take", lambda self, event: setattr(self, "_waiting", (event,)))


@bugs.caught_by(events_come_in_order)
def events_as_they_are_listed(patch: Patch) -> None:
    patch.setattr(
        Arrivals,
        "__init__",
        lambda s, known=(), record=None: s.__dict__.update(_known=list(known), _next=0, _fed=[], record=record),
    )


@bugs.caught_by(keys_are_saved_and_go_back)
def what_waits_is_not_saved(patch: Patch) -> None:
    real = Keys.save
    patch.setattr(Keys, "save", lambda self: {**real(self), "waiting": []})


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
