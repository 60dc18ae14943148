"""Output beyond a mebibyte: the end is kept, the rest counts, and nothing that was printed is lost on a comparison."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.devices import Console, Ports
from isa.devices import transcript as module
from isa.devices.difference import differences
from isa.devices.saved import packed
from isa.devices.transcript import KEPT, PIECE, Transcript
from isa.errors import MachineError

LONG = bytes(range(251)) * (3 * KEPT // 251)


def printed(data: bytes) -> Console:
    console = Console()
    console.transcript.append(data)
    return console


def told(ours: Console, theirs: Console) -> dict[str, tuple[str, str]]:
    return {name: (a, b) for name, a, b in differences(Ports({0: ours}), Ports({0: theirs}))}


@given(st.lists(st.integers(1, 3 * PIECE), max_size=6))
def test_how_it_was_printed_makes_no_difference(cuts: list[int]) -> None:
    whole, pieces, rest = Transcript(), Transcript(), LONG[: KEPT + 3 * PIECE]
    whole.append(rest)
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    pieces.append(rest)
    assert pieces.save() == whole.save() and pieces.length == whole.length == KEPT + 3 * PIECE


def test_the_end_is_kept_and_all_of_it_up_to_a_mebibyte() -> None:
    console = printed(LONG)
    assert KEPT - PIECE < len(console.output) <= KEPT and LONG.endswith(console.output)
    assert console.transcript.length == len(LONG)
    assert console.printed(-1) == LONG[-1:] and console.printed(len(LONG) - 5) == LONG[-5:]
    assert console.printed(0) == console.output
    assert printed(LONG[:KEPT]).output == LONG[:KEPT]


@pytest.mark.parametrize("at", [0, PIECE, len(LONG) - KEPT, len(LONG) - 1])
def test_a_byte_that_differs_is_found_wherever_it_was(at: int) -> None:
    other = LONG[:at] + bytes([LONG[at] ^ 1]) + LONG[at + 1 :]
    assert told(printed(LONG), printed(LONG)) == {}
    assert set(told(printed(LONG), printed(other))) in ({"console.digest"}, {"console.output"})


def test_a_byte_more_is_found() -> None:
    assert "console.output" in told(printed(LONG), printed(LONG + b"x"))
    assert {"console.dropped", "console.digest"} <= set(told(printed(LONG), printed(LONG[:KEPT])))


def test_planted_a_digest_that_is_never_made_misses_a_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above rests on the digest, not on what is kept."""

    class Lazy:
        def __init__(self, data: bytes) -> None: ...

        def hexdigest(self) -> str:
            return "0" * 64

    monkeypatch.setattr(module, "sha256", Lazy)
    assert told(printed(LONG), printed(b"x" + LONG[1:])) == {}


def test_a_saved_transcript_goes_on_as_if_nothing_had_happened() -> None:
    half, whole = printed(LONG[: 2 * KEPT + 5]), printed(LONG)
    again = Console()
    again.restore(half.save())
    again.transcript.append(LONG[2 * KEPT + 5 :])
    assert again.save() == whole.save()


def test_a_state_that_was_saved_before_is_readable_whatever_was_printed() -> None:
    old = {**Console().save(), "output": packed(LONG)}
    console = Console()
    console.restore(old)
    assert console.save() == printed(LONG).save()
    short = printed(b"abc").save()
    assert short["output"] == packed(b"abc") and "dropped" not in short


@pytest.mark.parametrize("damage", [{"digest": "00"}, {"digest": "x" * 64}, {"dropped": -1}, {"digest": 5}])
def test_a_damaged_digest_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(MachineError, match="is damaged"):
        Console().restore({**printed(LONG).save(), **damage})


def test_an_endless_printer_takes_constant_memory() -> None:
    console, line = printed(LONG), b"all work and no play\n" * 1000
    tracemalloc.start()
    try:
        for _ in range(200):
            console.transcript.append(line)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * KEPT and console.transcript.length == len(LONG) + 200 * len(line)
    assert len(str(console.save())) < 2 * KEPT
