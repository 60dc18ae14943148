"""A run that was joined to the host, had again without it: the same frames at the same steps, whoever came."""

import io
import json
from pathlib import Path
from random import Random
from selectors import BaseSelector

import pytest

from isa.errors import SourceError
from monitor.network.capture import Capture
from monitor.network.impairments import Impairments
from monitor.network.network import Network
from tests.network import packets
from tests.network.lab import Lab
from tests.planting import Patch
from tests.sizes import sized
from trapline.cli import main
from trapline.networking.doors.door import Enter
from trapline.networking.live import Live
from trapline.networking.recording import Came, Recorder, load, replay

PORTS = {"test": 1}
STEPS = 3_000_000
ASKS = b"GET / HTTP/1.0\r\n\r\n"
LAB = '[[guests]]\nname = "web"\nguest = "web"\n[[ports]]\nname = "test"\ngateway = "web:80"\n'


class Crowd:
    """Somebody behind a door who sends when it comes to his mind, also in the middle of what guests do."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def open(self, selector: BaseSelector, enter: Enter) -> str:
        self.enter = enter
        return "a crowd"

    def leave(self, frame: bytes) -> None:
        if frame[12:14] == b"\x08\x00" and frame[23] == packets.TCP:
            segment = packets.read_segment(frame)
            after = segment.seq + len(segment.data) + bool(segment.flags & 3)
            text = ASKS if segment.flags & packets.SYN else b""
            self.enter(
                packets.segment(80, segment.ack, after, packets.ACK, text, mine=int.from_bytes(frame[36:38], "big"))
            )

    def due(self) -> float | None:
        return 0.0

    def look(self) -> None:
        if self.random.random() < 0.3:
            mine = self.random.randrange(4000, 4100)
            sends = packets.arp(), packets.echo(b"there?"), packets.segment(80, 1, 0, packets.SYN, mine=mine)
            self.enter(self.random.choice(sends))

    def close(self) -> None:
        pass


def lab(seed: int) -> tuple[Lab, io.BytesIO]:
    """A web server where frames are late and lost, and what is captured of it."""
    made, captured = Lab("web", seed=seed, wrong=Impairments(loss=50_000, delay=700, jitter=3000)), io.BytesIO()
    made.network.switch.told = Capture(captured, ["guest", "test"]).told
    return made, captured


def is_the_same_again(seed: int, folder: Path) -> None:
    live, captured = lab(seed)
    first = live.network.clock
    with (
        open(folder / "came", "wb") as file,
        Live(live.network, {1: Crowd(seed)}, 200_000_000, Recorder(file, ["", "test"])) as runs,
    ):
        runs.run(STEPS)
    again, found = lab(seed)
    assert again.network.clock == first
    replay(again.network, load(str(folder / "came"), PORTS), 1 << 62)
    assert found.getvalue().count(ASKS[:4]) > 3 and found.getvalue() == captured.getvalue()
    assert again.network.clock == live.network.clock and again.machine.steps == live.machine.steps


@pytest.mark.parametrize("seed", range(sized(2, 100)))
def test_it_is_the_same_again(seed: int, tmp_path: Path) -> None:
    is_the_same_again(seed, tmp_path)


def passes_over_frames(monkeypatch: Patch) -> None:
    """Time passes though some are on their way."""
    monkeypatch.setattr(Network, "busy", property(lambda self: False))


def too_late(monkeypatch: Patch) -> None:
    came = Recorder.came
    monkeypatch.setattr(Recorder, "came", lambda self, step, port, frame: came(self, step + 1, port, frame))


@pytest.mark.parametrize("plant", [passes_over_frames, too_late])
def test_planted_bugs_are_caught(plant: object, tmp_path: Path, monkeypatch: Patch) -> None:
    assert callable(plant)
    plant(monkeypatch)
    with pytest.raises((AssertionError, SourceError)):  # one that came after the end is refused as it is read
        is_the_same_again(0, tmp_path)


HEAD = '{"trapline": "frames", "version": 1}\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "this is no recording of frames"),
        ('{"trapline": "input", "version": 1}\n', "this is no recording of frames"),
        (HEAD + "x\n", "this is no arrival"),
        (HEAD + '{"step": 1, "port": "test", "frame": "0g"}\n', "this is no arrival"),
        (HEAD + '{"step": 1, "port": "else", "frame": "00"}\n', "this is no arrival"),
        (HEAD + '{"step": -1, "port": "test", "frame": "00"}\n', "this is no arrival"),
        (HEAD + '{"step": true, "end": true, "more": 1}\n', "this is no arrival"),
        (HEAD + '{"step": 1, "port": "test", "frame": "' + "00" * 1519 + '"}\n', "this is no arrival"),
        (HEAD + "[" * 5000 + "\n", "this is no arrival"),
        (HEAD + '{"step": 2, "end": true}\n{"step": 3, "end": true}\n', "in the order of their steps"),
        (
            HEAD + '{"step": 2, "port": "test", "frame": "00"}\n{"step": 1, "end": true}\n',
            "in the order of their steps",
        ),
    ],
)
def test_what_is_no_recording_is_refused(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "came").write_text(text)
    with pytest.raises(SourceError) as refused:
        load(str(tmp_path / "came"), PORTS)
    assert why in str(refused.value)


def test_a_recording_may_end_anywhere(tmp_path: Path) -> None:
    whole = HEAD + '{"step": 2, "port": "test", "frame": "00"}\n{"step": 5, "end": true}\n'
    counts = []
    for size in range(len(HEAD), len(whole) + 1):
        (tmp_path / "came").write_text(whole[:size])
        counts.append(len(load(str(tmp_path / "came"), PORTS)))
    assert counts == sorted(counts) and set(counts) == {0, 1, 2}
    assert load(str(tmp_path / "came"), PORTS) == [Came(2, 1, b"\0"), Came(5)]


def test_the_command_records_and_replays(tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lab.toml").write_text("speed = 1000000000\n" + LAB)
    run = ["net", "run", "lab.toml", "--json"]
    assert main([*run, "--steps", "100000", "--record", "came", "--capture", "one.pcapng"]) == 0
    first = json.loads(capfd.readouterr().out)
    assert main([*run, "--replay", "came", "--capture", "other.pcapng"]) == 0
    again = capfd.readouterr()
    assert json.loads(again.out) == first and again.err == ""
    assert Path("one.pcapng").read_bytes() == Path("other.pcapng").read_bytes()
    assert main([*run, "--replay", "came", "--record", "more"]) == 2
    assert "leave out `--record`" in capfd.readouterr().err
    assert main([*run, "--replay", "came", "--capture", "came"]) == 2 and not Path("more").exists()
