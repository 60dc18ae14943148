"""Recordings of live input: the round trip, the line that was cut off, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.devices.recording import Arrival, Recorder, load_recording, parse_recording
from isa.errors import SourceError, TraplineError

HEADER = '{"trapline": "input", "version": 1}\n'


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 255)), max_size=20), st.booleans())
def test_what_is_recorded_is_read_back(pairs: list[tuple[int, int]], ends: bool) -> None:
    arrivals = tuple(Arrival(step, character) for step, character in sorted(pairs))
    arrivals += (Arrival(2**63 - 1, None),) if ends else ()
    assert parse_recording(HEADER + "".join(a.line() for a in arrivals)) == arrivals


def test_the_format_on_file(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "r"))
    recorder.record(Arrival(1200, 104))
    recorder.record(Arrival(5000, None))
    recorder.close()
    text = (tmp_path / "r").read_text()
    assert text == HEADER + '{"step": 1200, "char": 104}\n{"step": 5000, "end": true}\n'
    assert load_recording(str(tmp_path / "r")) == (Arrival(1200, 104), Arrival(5000, None))


def test_a_line_that_was_cut_off_is_left_out() -> None:
    assert parse_recording(HEADER + '{"step": 1, "char": 1}\n{"step": 2, "ch') == (Arrival(1, 1),)


REFUSED = {
    "": "not a recording",
    "garbage\n": "not a recording",
    '{"trapline": "input", "version": 2}\n': "not a recording",
    HEADER + "\n": "not an arrival",
    HEADER + '{"step": 1}\n': "not an arrival",
    HEADER + '{"step": -1, "char": 1}\n': "not an arrival",
    HEADER + '{"step": true, "char": 1}\n': "not an arrival",
    HEADER + '{"step": 1, "char": 256}\n': "not an arrival",
    HEADER + '{"step": 1, "char": 1, "x": 1}\n': "not an arrival",
    HEADER + '{"step": 1, "end": false}\n': "not an arrival",
    HEADER + '{"step": 9223372036854775808, "char": 1}\n': "not an arrival",
    HEADER + "[" * 100_000 + "\n": "not an arrival",
    HEADER + "9" * 190 + "\n": "not an arrival",
    HEADER + '{"step": 2, "char": 1}\n{"step": 1, "char": 1}\n': "step 1 comes after step 2",
    HEADER + '{"step": 2, "end": true}\n{"step": 3, "char": 1}\n': "nothing arrives after the end",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_damaged_recording_is_refused_at_its_line(text: str) -> None:
    with pytest.raises(SourceError, match=REFUSED[text]) as caught:
        parse_recording(text, "r")
    assert caught.value.render().startswith(f"r:{max(1, text.count(chr(10)))}:1: error: ")


def test_the_diagnostic_shows_line_rule_and_help() -> None:
    with pytest.raises(SourceError) as caught:
        parse_recording(HEADER + '{"step": 2, "char": 1}\n{"step": 1, "char": 1}\n', "session.input")
    assert caught.value.render() == (
        "session.input:3:1: error: step 1 comes after step 2\n"
        '    3 | {"step": 1, "char": 1}\n'
        "      | ^^^^^^^^^^^^^^^^^^^^^^\n"
        "help: arrivals stand in the order of their steps"
    )


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(TraplineError, match=r"cannot read the recording .*No such file"):
        load_recording(str(tmp_path / "missing"))
    with pytest.raises(TraplineError, match=r"cannot write the recording .*Is a directory"):
        Recorder(str(tmp_path))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(SourceError, match="not a recording"):
        load_recording(str(tmp_path / "binary"))
