"""The desktop: what one types and clicks is to be seen, the same from every engine and under every monitor; and what is
drawn because it changed is what drawing everything gives."""

import re
import struct
import zlib
from pathlib import Path
from random import Random

import pytest

from isa.devices import Ports, standard
from isa.devices.arrivals import Arrivals
from isa.devices.keys import Keys, pressed, split
from isa.devices.screen import Picture, Screen
from isa.machine import Reason
from monitor.screens import words as words_of
from monitor.screens.words import events
from proofs.runs.compare import Setup, compare
from tests.machines_to_test import G3
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.screens.desks import BOOT, PACE, WORDS, Desk, desk, read, seen
from tests.sizes import sized

SESSION = [
    *("=help", "Return", "=echo Hello, world", "Return", "=oops", "BackSpace", "BackSpace", "x", "Return"),
    *("240,90:1", "240,90:0", "252,84:1", "252,84:0", "222,100:1", "300,140:1", "300,140:0"),  # a colour, a line
    *("250,74:1", "150,110:1", "150,110:0", "260,8:1", "180,60:1", "180,60:0"),  # paint and clock are moved
]
ROOT = Path(__file__).parents[2]
CROP = """
2288889999aaaabbbbccccddddeeeeffff2222cccccccc22
2288889999aaaabbbbccccddddeeeeffff2222cccccccc22
220000000000900000000000000000000000000000000022
220000000000000000000000000000000000000000000022
220000000000000000000000000000000000000000000022
22000c000000000000000000000000000000000000000022
220000000c00000000000000000000000000000000000022
2200000000000c0000000000000000000000000000000022
22000000000000000c000000000000000000000000000022
220000000000000000000c00000000000000000000000022
220000000000000000000000c00000000000000000000022
2200000000000000000000000000c0000000000000000022
22000000000000000000000000000000c000000000000022
220000000000000000000000000000000000c00000000022
2200000000000000000000000000000000000000c0000022
220000000000000000000000000000000000000000000022
"""  # colours of the paint program, each for two pixels and four rows


def stored(data: bytes) -> Picture:
    """The picture of a PNG of ours, whoever has compressed it."""
    width, height = struct.unpack_from(">II", data, 16)
    at = data.index(b"PLTE") + 4
    rows = zlib.decompress(data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8])
    pixels = b"".join(rows[y * (width + 1) + 1 :][:width] for y in range(height))
    return Picture(width, height, pixels, data[at : at + 768])


def cut(picture: Picture, left: int, top: int, wide: int, high: int) -> list[str]:
    """A part of a picture, a digit for two pixels by four."""
    rows = (picture.pixels[row * 320 + left :][:wide:2] for row in range(top, top + high, 4))
    return ["".join(f"{pixel:x}" for pixel in row) for row in rows]


def test_a_session_looks_as_it_did() -> None:
    picture = seen(SESSION)
    assert read(picture)[:4] == ["TRY HELP.", "> HELP", "ECHO TEXT   CLEAR  EXIT", "TIME  TICK (OR STOP IT)"]
    assert cut(picture, 116, 118, 96, 64) == CROP.strip().split()
    assert stored((ROOT / "docs" / "screens-desk.png").read_bytes()) == picture


@pytest.mark.parametrize("monitors", [["trap"], ["trap", "trap"], ["hybrid"], ["interpret"]], ids="-".join)
def test_it_looks_the_same_under_monitors(monitors: list[str]) -> None:
    words = SESSION if monitors != ["interpret"] else SESSION[:2]
    assert seen(words, monitors=monitors) == seen(words)


@pytest.mark.parametrize("depth", [1, 2])
def test_no_exit_tells_it_that_it_is_watched(depth: int) -> None:
    """Bare against monitored at every exit: registers, storage, and so every pixel."""

    def ports() -> Ports:
        known = [(BOOT + PACE * at, event) for at, event in enumerate(split(events(SESSION)[:120]))]
        return standard(G3, others=(Screen(32), Keys(Arrivals(known))))

    assert compare(Setup(G3, desk(), WORDS, ports, depth, engine="native"), 4_000_000).equivalent


def test_it_looks_the_same_from_the_other_engine() -> None:
    assert seen(SESSION[:5], engine="reference") == seen(SESSION[:5])


def test_it_can_be_used() -> None:
    """Commands answer, and what is erased is gone."""
    typed = ["=echo a b", "Return", "=ec", "BackSpace", "=cho", "Return", "=echoes", "Return", "=", "Return", "=time"]
    text = read(seen([*typed, "Return"]))
    assert text[:6] == ["A B", "> ECHO", "", "> ECHOES", "WHAT? TRY HELP.", ">"]
    assert text[6] == "> TIME" and re.fullmatch(r"00:00:[0-3]\d", text[7]) and text[8] == ">"
    assert read(seen(["=clear", "Return"])) == [""] * 8 + [">"]
    assert read(seen(["=" + "x" * 40]))[-1] == "> " + "X" * 21


def test_keys_are_for_the_window_in_front() -> None:
    assert read(seen(["=ab", "260,8", "=cd"]))[-1] == "> AB"
    assert read(seen(["=ab", "260,8", "=cd", "40,40", "=ef"]))[-1] == "> ABEF"


def test_a_window_goes_where_it_is_moved() -> None:
    moved = seen(["40,10:1", "80,60:1", "80,60:0"])
    assert read(moved, (52, 68))[-1] == ">"
    far = seen(["40,10:1", "4000,4000:1", "0,0:1", "0,0:0"])
    assert read(far, (4, 10))[-1] == ">"


def test_lines_are_painted() -> None:
    """From where the button went down to where the pointer came, in the colour that was chosen, and not outside."""
    first = seen([])
    line = seen(["252,84", "230,100:1", "400,100:1", "400,100:0"])
    changed = [at for at, (a, b) in enumerate(zip(first.pixels, line.pixels, strict=True)) if a != b]
    row = [100 * 320 + column for column in range(230, 220 + 88)]
    assert [at for at in changed if at in row] == row
    assert {line.pixels[at] for at in row} == {12}
    assert all(at // 320 < 100 for at in changed if at not in row)  # titles, the clock, the chosen colour
    assert seen(["252,84", "230,100:1", "400,100:1", "400,100:0", "c"]).pixels[row[0]] == 0


def test_the_clock_ticks_when_it_is_told_to() -> None:
    one = Desk(["=tick", "Return"], desk())
    assert one.run(30_000_000).reason is Reason.BUDGET
    shown = read(one.picture, (236, 15), 8, 1)[0]
    minutes, seconds = int(shown[3:5]), int(shown[6:])
    assert 285 <= 60 * minutes + seconds <= 300  # but for what it waited before
    still = Desk(["=tick", "Return", "=tick", "Return"], desk())
    assert still.run(30_000_000).reason is Reason.IDLE


def test_it_ends_when_it_is_told_to() -> None:
    one = Desk(["=exit", "Return"], desk())
    assert one.run().reason is Reason.HALT


# ---- only what changed is drawn, and that is enough

F5 = 0xFFC2
TYPED = [*"abc", "Return", "BackSpace", "=help", "=tick", "=clear"]


def strokes(seed: int) -> list[str]:
    """What somebody may do who knows nothing."""
    random = Random(seed)
    done = []
    for _ in range(12):
        if random.random() < 0.3:
            done.append(random.choice(TYPED))
        else:
            places = [(random.randrange(330), random.randrange(210)) for _ in range(random.randint(1, 4))]
            done += [f"{x},{y}:1" for x, y in places] + [f"{places[-1][0]},{places[-1][1]}:0"]
    return done


def what_is_drawn_is_all_that_changed(*mistakes: str) -> None:
    for seed in range(sized(6, 600)):
        one = Desk(strokes(seed), desk(*mistakes))
        one.run()
        one.settle()
        before = but_the_clock(one)
        one.keys.inbound.feed(pressed(F5))
        one.settle()
        assert before == but_the_clock(one), seed


def but_the_clock(one: Desk) -> bytes:
    """The pixels outside of the clock's window, which may show another time soon."""
    left, top, wide, high = one.machine.storage.read(desk().symbols["clock"], 4)
    pixels = bytearray(one.picture.pixels)
    for row in range(top, top + high):
        pixels[320 * row + 4 * left : 320 * row + 4 * (left + wide)] = bytes(4 * wide)
    return bytes(pixels)


def test_what_is_drawn_is_all_that_changed() -> None:
    what_is_drawn_is_all_that_changed()


bugs = Bugs()


@bugs.caught_by(what_is_drawn_is_all_that_changed)
def a_window_stays_where_it_was(patch: Patch) -> None:
    """The mistake that the guest has in itself, for `trapline debug desk --define FORGET_OLD`."""
    right = desk
    patch.setitem(globals(), "desk", lambda: right("FORGET_OLD"))


@bugs.caught_by(test_lines_are_painted)
def a_drag_is_many_clicks(patch: Patch) -> None:
    right = words_of.events
    patch.setattr("tests.screens.desks.events", lambda words: right([word.replace(":1", "") for word in words]))


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
