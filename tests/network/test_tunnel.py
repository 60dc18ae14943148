"""Two switches joined by VXLAN: guests on either reach those on the other, Wireshark's tools see what it is, and Linux
can be the other end."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from selectors import DefaultSelector

import pytest

from tests.clients import client
from tests.network.namespace import Namespace, namespace
from tests.planting import Patch
from trapline.cli import main
from trapline.networking.doors import vxlan
from trapline.networking.doors.vxlan import Vxlan

pytestmark = pytest.mark.long

LAB = """
speed = 200000
[[guests]]
name = "{name}"
guest = "{guest}"
station = {station}
input = "{input}"
[[ports]]
name = "away"
tunnel = "10.1.0.{there}:4789"
here = "10.1.0.{here}:4789"
network = {network}
"""
FRAME = bytes(range(60))


def text(here: int, there: int, guest: str, input: str = "", network: int = 42) -> str:
    return LAB.format(name=guest, guest=guest, station=here, input=input, here=here, there=there, network=network)


def between(*datagrams: bytes, sender: str = "127.0.0.1") -> list[bytes]:
    """The frames that come in by a tunnel of the network 42, if these datagrams arrive, and then one frame."""
    entered: list[bytes] = []
    with ExitStack() as stack, DefaultSelector() as selector:
        other = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        other.bind((sender, 0))
        door = stack.enter_context(closing(Vxlan(("127.0.0.1", 0), ("127.0.0.1", 9), 42)))
        door.open(selector, entered.append)
        back = stack.enter_context(closing(Vxlan(("127.0.0.1", 0), door.here, 42)))
        for datagram in datagrams:
            other.sendto(datagram, door.here)
        back.leave(FRAME)
        while FRAME not in entered:
            assert selector.select(10)
            for key, _ in selector.select(0):
                key.data()
    return entered[: entered.index(FRAME)]


def takes_its_own_only() -> None:
    whole = b"\x08\0\0\0\0\0\x2a\0" + FRAME[::-1]
    assert between(whole) == [FRAME[::-1]]
    for wrong in (b"", whole[:7], whole[:21], b"\0" + whole[1:], whole[:6] + b"\x2b" + whole[7:], whole + bytes(1500)):
        assert between(wrong) == []
    assert between(whole, sender="127.0.0.2") == []
    random = Random(1)
    for size in range(0, 1600, 40):
        between(random.randbytes(size))


def test_it_takes_what_is_of_its_network_and_from_its_other_end() -> None:
    takes_its_own_only()


def of_any_network(self: Vxlan, datagram: bytes, host: str) -> bytes:
    return datagram[vxlan.HEAD.size :] if host == self.there[0] else b""


def from_anywhere(self: Vxlan, datagram: bytes, host: str) -> bytes:
    return RIGHT(self, datagram, self.there[0])


RIGHT = Vxlan._frame


@pytest.mark.parametrize("bug", [of_any_network, from_anywhere])
def test_planted_bugs_are_caught(bug: object, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Vxlan, "_frame", bug)
    with pytest.raises(AssertionError):
        takes_its_own_only()


@pytest.fixture
def hosts() -> Iterator[tuple[Namespace, Namespace]]:
    """Two hosts with a cable between them: 10.1.0.1 and 10.1.0.2."""
    with namespace("a") as one, namespace("b") as two:
        one.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", two.name)
        for number, host in enumerate((one, two), 1):
            host.run("ip", "address", "add", f"10.1.0.{number}/24", "dev", "cable")
            host.run("ip", "link", "set", "cable", "up")
        yield one, two


def test_guests_on_two_hosts_reach_each_other(hosts: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    one, two = hosts
    for number, plan in enumerate((text(1, 2, "web"), text(2, 1, "ping", "10.0.0.1\\n10.0.0.1\\n")), 1):
        (tmp_path / f"{number}.toml").write_text(plan)
    captured = tmp_path / "outer.pcapng"
    words = one.words(client("tshark", "tshark"), "-i", "cable", "-w", str(captured), "-f", "udp port 4789")
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as listening:
        assert listening.stderr is not None
        while "Capturing" not in listening.stderr.readline():
            pass
        with one.network(tmp_path / "1.toml"), two.network(tmp_path / "2.toml") as asks:
            assert asks.stdout is not None
            said = [asks.stdout.readline() for _ in range(2)]
        listening.terminate()
    assert all(line[:16] == "ping| 10.0.0.1: " and line[16] in "123" for line in said)  # the host may be slow
    shown = [
        "tshark",
        "-r",
        str(captured),
        "-o",
        "ip.check_checksum:TRUE",
        "-T",
        "fields",
        "-e",
        "vxlan.vni",
        "-e",
        "ip.src",
    ]
    rows = subprocess.run([*shown, "-Y", "icmp"], capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert rows.count("42") > 3 and {row for row in rows if row != "42"} == {"10.1.0.1,10.0.0.1", "10.1.0.2,10.0.0.2"}
    wrong = "_ws.malformed || ip.checksum.status == 0 || icmp.checksum.status == 0 || !vxlan"
    assert not subprocess.run([*shown, "-Y", wrong], capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.nightly  # by day one other end is enough
def test_linux_can_be_the_other_end(hosts: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    client("ping", "iputils-ping"), client("curl", "curl")
    one, two = hosts
    client("ethtool", "ethtool")
    two.run("ethtool", "-K", "cable", "tx", "off")  # or what is inside has no checksum, as a card would make it
    (tmp_path / "lab.toml").write_text(text(1, 2, "web"))
    with one.network(tmp_path / "lab.toml"):
        for network, reached in ((43, False), (42, True)):
            kind = ["type", "vxlan", "id", str(network), "remote", "10.1.0.1", "local", "10.1.0.2", "dstport", "4789"]
            two.run("ip", "link", "add", "tunnel", *kind)
            two.run("ip", "address", "add", "10.0.0.250/24", "dev", "tunnel")
            two.run("ip", "link", "set", "tunnel", "up")
            two.run("ping", "-c", "1", "-W", "10" if reached else "0.3", "10.0.0.1", fails=not reached)
            if reached:
                assert two.run("curl", "-s", "http://10.0.0.1/").endswith("</html>\n")
            two.run("ip", "link", "del", "tunnel")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("10.1.0.2:4789", "10.1.0.2"), "`10.1.0.2` is no address"),
        (("10.1.0.2:4789", "10.1.0.256:1"), "is no address"),
        (("10.1.0.2:4789", "10.1.0.2:65536"), "is no address"),
        (("network = 42", "network = 16777216"), "`network` must be from 0"),
        (("network = 42", "serve = 1"), "there is no `serve` here"),
        (("10.1.0.1:4789", "192.0.2.1:4789"), "cannot use 192.0.2.1:4789"),
    ],
)
def test_a_mistake_in_the_file_is_told(
    change: tuple[str, str], why: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.toml").write_text(text(1, 2, "web").replace(*change))
    assert main(["net", "run", str(tmp_path / "lab.toml")]) == 3
    assert why in capfd.readouterr().err
