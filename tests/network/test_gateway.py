"""Ports of guests on the host's loopback address: the gateway's side of TCP against guests, loss and nonsense."""

import json
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from monitor.network.impairments import Impairments, Partition
from tests.clients import client
from tests.network import packets
from tests.network.lab import Lab
from tests.network.test_stack import WRONG
from tests.planting import Patch
from tests.sizes import sized
from trapline.cli import main
from trapline.networking.doors import frames
from trapline.networking.doors.call import Call
from trapline.networking.doors.frames import ACK, Segment, Station

pytestmark = pytest.mark.long

LAB = """
[[guests]]
name = "web"
guest = "web"
[[guests]]
name = "keeps"
guest = "keyvalue"
[[ports]]
name = "door"
gateway = "web:80"
[[ports]]
name = "other"
gateway = "keeps:7000"
"""
US, GUEST = Station(packets.PEER), Station(packets.GUEST)
SAID = b"".join(b"set k%d value %d\nget k%d\n" % (i, i, i) for i in range(12))
ANSWERED = b"".join(b"ok\n= value %d\n" % i for i in range(12))


class Speaker:
    """Who speaks to a guest through a call, with a clock of its own; `room` is as little as may be."""

    def __init__(self, lab: Lab, port: int, room: int = 7) -> None:
        self.lab, self.port, self.heard, self.most, self.ended = lab, port, b"", room, False
        self.call = Call(self, self.send, Random(port).randrange(1 << 32))
        lab.network.stations[1].outside = self.arrived

    def send(self, seq: int, flags: int, text: bytes, options: bytes) -> None:
        ack = self.call.rcv if flags & ACK else 0
        segment = Segment(5000, self.port, seq, ack, flags, self.room(), text, options)
        self.lab.network.arrive(1, frames.made(US, GUEST, segment))

    def arrived(self, clock: int, frame: bytes) -> None:
        if (answer := frames.answered(frame, US)) is not None:
            self.lab.network.arrive(1, answer)
        if (segment := frames.read(frame, GUEST, US)) is not None:
            self.call.heard(segment)

    def room(self) -> int:
        return self.most

    def text(self, data: bytes) -> None:
        assert len(data) <= self.most
        self.heard += data

    def over(self) -> None:
        self.ended = True

    def speak(self, text: bytes) -> bytes:
        """Say a text and no more; all that is answered."""
        self.call.begin()
        self.call.say(text)
        self.call.close()
        for turn in range(400):
            self.call.look(turn * 0.3)
            self.lab.run(300_000)
            self.lab.network.wait(300_000)
            if self.call.gone:
                break
        assert self.ended and self.call.gone
        return self.heard


def arrives_whatever_is_lost(seed: int) -> None:
    wrong = Impairments(loss=80_000, duplicate=150_000, jitter=20_000)
    assert Speaker(Lab("keyvalue", seed=seed, wrong=wrong), 7000, room=40).speak(SAID) == ANSWERED


@pytest.mark.parametrize("seed", range(1, sized(2, 200)))
def test_all_arrives_whatever_is_lost(seed: int) -> None:
    arrives_whatever_is_lost(seed)


def gets_through_when_a_cut_heals() -> None:
    cut = Impairments(partitions=(Partition(0, 1_000_000, frozenset(["test"])),))
    assert Speaker(Lab("keyvalue", wrong=cut), 7000, room=40).speak(SAID) == ANSWERED


def test_it_gets_through_when_a_cut_heals() -> None:
    gets_through_when_a_cut_heals()


def test_who_takes_little_gets_all_of_it() -> None:
    assert Speaker(Lab("web"), 80).speak(b"GET / HTTP/1.0\r\n\r\n").endswith(b"</html>\n")


def test_where_nobody_listens_there_is_no_connection() -> None:
    speaker = Speaker(Lab("web"), 81)
    speaker.call.begin()
    speaker.lab.run()
    assert speaker.call.gone and not speaker.heard


def forgets_what_is_lost(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Call, "look", lambda self, now: None)


def takes_things_twice(monkeypatch: Patch) -> None:
    def taken(self: Call, segment: Segment) -> bool:
        self.told.text(segment.text[: self.told.room()])
        return bool(segment.text)

    monkeypatch.setattr(Call, "_taken", taken)


@pytest.mark.parametrize("plant", [forgets_what_is_lost, takes_things_twice])
def test_planted_bugs_are_caught(plant: object, monkeypatch: Patch) -> None:
    assert callable(plant)
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        gets_through_when_a_cut_heals()


@pytest.mark.parametrize("seed", range(sized(30, 3000)))
def test_no_guest_can_say_anything_that_harms(seed: int) -> None:
    """Whatever comes, no more is kept than was said, and nothing raises."""
    random, sent = Random(seed), []
    lab = Speaker.__new__(Speaker)
    lab.most, lab.heard, lab.ended = 100, b"", False
    call = lab.call = Call(lab, lambda *segment: sent.append(segment), random.randrange(1 << 32))
    call.begin()
    for turn in range(200):
        near = [
            (base + random.choice((0, 0, 1, -1, 5, random.randrange(1 << 32)))) % (1 << 32)
            for base in (call.rcv, call.nxt)
        ]
        flags = random.choice((packets.SYN | ACK, ACK, ACK, ACK | packets.FIN, random.randrange(64)))
        window, text = random.choice((0, 1, 512, 65535)), random.randbytes(random.choice((0, 1, 200)))
        call.heard(Segment(80, 5000, *near, flags, window, text))
        call.look(turn * 0.2)
        if random.random() < 0.2:
            call.say(b"x" * 50)
        if random.random() < 0.01:
            call.close()
        assert len(call.out) <= 200 * 50 and (call.nxt - call.una) % (1 << 32) <= 1461 and len(sent) <= 5 * (turn + 2)


def test_frames_are_as_others_make_and_read_them() -> None:
    segment = Segment(5000, 80, 1 << 31, 7, 24, 512, b"abcde", b"\x02\x04\x05\xb4")
    there = frames.read(packets.segment(80, 1 << 31, 7, 24, b"abcde", 512, b"\x02\x04\x05\xb4", 5000), US, GUEST)
    assert there == segment
    assert frames.read(frames.made(US, GUEST, segment), US, GUEST) == segment
    assert packets.read_segment(frames.made(GUEST, US, segment)).data == b"abcde"
    assert frames.answered(packets.arp(), GUEST) == packets.arp_answer()[:42]
    assert all(
        frames.read(frame, US, GUEST) is None and frames.answered(frame, GUEST) is None for frame in WRONG.values()
    )


# ---- all of it, with real clients


@contextmanager
def served(file: Path) -> Iterator[list[int]]:
    """The ports of the host at which a network's gateways listen."""
    words = [sys.executable, "-m", "trapline", "net", "run", str(file)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = [process.stderr.readline() for _ in range(file.read_text().count("gateway"))]
            yield [int(re.fullmatch(r"\w+:\d+ is served at 127\.0\.0\.1:(\d+)\n", line)[1]) for line in said]  # type: ignore[index]
        finally:
            process.terminate()
            process.wait(60)


def told(port: int, text: bytes) -> bytes:
    """What is answered to a text at a port, over one connection."""
    with socket.create_connection(("127.0.0.1", port), 60) as near:
        near.sendall(text)
        near.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: near.recv(100), b""))


def test_curl_gets_the_page_and_others_their_answers(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(LAB)
    with served(tmp_path / "lab.toml") as (web, keeps):
        pages = [f"http://127.0.0.1:{web}/{name}" for name in ("", "", "", "a", "b", "c")]
        words = [client("curl", "curl"), "-s", "-m", "60", *pages]
        said = subprocess.run(words, capture_output=True, timeout=120, check=True).stdout
        assert said.count(b"</html>") == 3 and said.count(b"There is one page here") == 3
        with socket.create_connection(("127.0.0.1", keeps)):  # says nothing, and does not disturb
            assert told(keeps, SAID) == ANSWERED and told(keeps, b"get k3\n") == b"= value 3\n"


def rude(port: int, random: Random) -> socket.socket:
    """Connect, and do what one should not: nothing, nonsense, or leave in the middle."""
    near, how = socket.create_connection(("127.0.0.1", port), 60), random.randrange(4)
    with suppress(OSError):
        if how % 2:
            near.sendall(random.randbytes(3000) if how == 1 else b"set a b\n" * 50)
        if how < 3:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", how > 0, 0))
            near.close()
    return near


@pytest.mark.parametrize("count", [sized(30, 1000)])
def test_nobody_disturbs_others_for_long(count: int, tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(LAB)
    random = Random(4)
    with served(tmp_path / "lab.toml") as (web, keeps):
        for near in [rude(random.choice((web, keeps)), random) for _ in range(count)]:
            near.close()
        assert told(keeps, SAID) == ANSWERED and told(keeps, b"get k3\n") == b"= value 3\n"
        assert told(web, b"GET / HTTP/1.0\r\n\r\n").endswith(b"</html>\n")


@pytest.mark.nightly  # a browser takes longer than all else here
def test_a_browser_shows_the_page(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    chromium = client("chromium", package="chromium")
    (tmp_path / "lab.toml").write_text(LAB)
    with served(tmp_path / "lab.toml") as (web, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{web}/")
        assert page.title() == "Trapline" and page.inner_text("h1") == "A page from a virtual machine"
        answer = page.goto(f"http://127.0.0.1:{web}/else")
        assert answer is not None and answer.status == 404
        page.click("text=this one")
        page.wait_for_selector("h1")
        browser.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("web:80", "web"), "`web` is no port of a guest"),
        (("web:80", "nobody:80"), "is no port of a guest"),
        (("web:80", "web:0"), "is no port of a guest"),
        (("web:80", "web:65536"), "is no port of a guest"),
        (('"web:80"', '"web:80"\nvlans = [2]'), "web is of another VLAN"),
        (('"web:80"', '"web:80"\ntap = "tap0"'), "a port is joined to one thing"),
        (('"web:80"', '"web:80"\nserve = 65536'), "`serve` must be from 0"),
        (('"web:80"', '"web:80"\nstation = 2'), "two are station 2"),
    ],
)
def test_a_mistake_in_the_file_is_told(
    change: tuple[str, str], why: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.toml").write_text(LAB.replace(*change))
    assert main(["net", "run", str(tmp_path / "lab.toml")]) == 3
    assert why in capfd.readouterr().err


def test_it_ends_after_its_steps_and_says_what_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lab.toml").write_text(
        "speed = 1000000000\n" + LAB.replace('"web"', '"ping"', 2).replace("web:", "ping:")
    )
    assert main(["net", "run", str(tmp_path / "lab.toml"), "--json", "--steps", "200000"]) == 0
    told = capfd.readouterr()
    assert json.loads(told.out)["steps"] >= 200_000 and told.err.count("is served at 127.0.0.1:") == 2
