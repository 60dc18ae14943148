"""A port joined to the kernel of the host: real clients reach the guests, and the clock keeps to the world's."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import client
from tests.network import packets
from tests.network.lab import Lab
from tests.network.namespace import Namespace, namespace
from tests.planting import Patch
from trapline.cli import main
from trapline.networking import live
from trapline.networking.doors.tap import Tap
from trapline.networking.live import Live

pytestmark = pytest.mark.long

LAB = """
[[guests]]
name = "web"
guest = "web"
[[guests]]
name = "keeps"
guest = "keyvalue"
[[guests]]
name = "ping"
guest = "ping"
input = "10.0.0.250\\n"
[[guests]]
name = "away"
guest = "ping"
input = ""
vlans = [2]
[[ports]]
name = "out"
tap = "tap0"
"""


@pytest.fixture
def place() -> Iterator[Namespace]:
    with namespace() as found:
        found.run("ip", "tuntap", "add", "dev", "tap0", "mode", "tap")
        found.run("ip", "address", "add", "10.0.0.250/24", "dev", "tap0")
        found.run("ip", "link", "set", "tap0", "up")
        yield found


def test_real_clients_reach_the_guests(place: Namespace, tmp_path: Path) -> None:
    client("ping", "iputils-ping"), client("curl", "curl"), client("nc", "netcat-openbsd"), client("tshark", "tshark")
    (tmp_path / "lab.toml").write_text(LAB)
    with place.network(tmp_path / "lab.toml", "--capture", str(tmp_path / "lab.pcapng")) as process:
        assert process.stdout is not None
        assert process.stdout.readline()[:19] in {f"ping| 10.0.0.250: {n}" for n in (1, 2, 3)}  # the host may be slow
        for size in ("0", "57", "1472"):
            said = place.run("ping", "-c", "1", "-s", size, "10.0.0.3")
            assert "1 received" in said and "DUP" not in said
        assert "0 received" in place.run("ping", "-c", "1", "-W", "0.2", "10.0.0.4", fails=True)  # of another VLAN
        assert place.run("curl", "-s", "http://10.0.0.1/").endswith("</html>\n")
        assert "404" in place.run("curl", "-s", "-i", "http://10.0.0.1/else")
        assert place.run("nc", "-N", "10.0.0.2", "7000", input="set a b\nget a\n") == "ok\n= b\n"
        assert place.run("nc", "-u", "-W", "1", "10.0.0.2", "7000", input="get a") == "= b\n"
        place.run("nc", "-z", "10.0.0.1", "7", fails=True)
    checks = [word for of in ("ip", "tcp", "udp") for word in ("-o", f"{of}.check_checksum:TRUE")]
    wrong = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0"
    for which, found in ((wrong, False), ("http.response.code == 200", True), ("udp.port == 7000", True)):
        words = ["tshark", "-r", str(tmp_path / "lab.pcapng"), *checks, "-Y", f"({which}) && eth.src[0:2] == 02:54"]
        said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
        assert bool(said) == found, said


class Mute:
    """A door behind which time passes as fast as it is waited for, and nobody is."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, patience: float | None) -> list[object]:
        assert patience is not None
        self.now += patience
        return []


def keeps_time(monkeypatch: Patch) -> None:
    lab, mute = Lab("keyvalue"), Mute()
    lab.network.arrive(1, packets.segment(7000, 1, 0, packets.SYN))  # nobody will acknowledge the answer
    running, before = Live(lab.network, {}, 1_000_000), lab.network.clock
    monkeypatch.setattr(running, "_selector", mute)
    monkeypatch.setattr(live, "monotonic", lambda: mute.now)
    running.run(2_000_000)
    assert lab.network.clock - before == 2_000_000 and 1.9 < mute.now < 2.001


def test_the_clock_is_not_faster_than_it_may_be(monkeypatch: Patch) -> None:
    keeps_time(monkeypatch)


def test_planted_bugs_are_caught(monkeypatch: Patch) -> None:
    """Guests that wait for the clock have it at once."""
    monkeypatch.setattr(Live, "_patience", lambda self, most: 0.0)
    with pytest.raises(AssertionError):
        keeps_time(monkeypatch)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("tap0", "a name that is too long"), "is no name of a device"),
        (("tap0", "a/b"), "is no name of a device"),
        (('tap = "tap0"', ""), "`tap` is missing"),
        (('"out"', '"web"'), "two ports are called `web`"),
        (("vlans = [2]", "station = 1"), "two are station 1"),
        (("vlans = [2]", "station = 0"), "`station` must be from 1"),
        (("vlans = [2]", "speed = 1"), "there is no `speed` here"),
    ],
)
def test_a_mistake_in_the_file_is_told(
    change: tuple[str, str], why: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.toml").write_text(LAB.replace(*change))
    assert main(["net", "run", str(tmp_path / "lab.toml")]) == 3
    assert why in capfd.readouterr().err


def test_a_device_that_cannot_be_had_is_told(
    tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.toml").write_text(LAB)
    monkeypatch.setattr("trapline.networking.doors.tap.PLACE", str(tmp_path / "none"))
    assert main(["net", "run", str(tmp_path / "lab.toml")]) == 3
    assert "cannot use the TAP device tap0: No such file" in capfd.readouterr().err
    Tap("tap0").leave(b"lost, as it is not open")
