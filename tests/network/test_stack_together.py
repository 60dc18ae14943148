"""Guests that speak to each other by the stack in assembly, while frames are lost, doubled, late or cut off; and
Wireshark's tools find nothing wrong with what they say."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from guests.catalogue import DIRECTORY
from tests.clients import client
from tests.planting import Patch
from tests.sizes import sized
from tests.trapline.test_monitors_doc import check
from trapline.cli import main

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]
ASKS = """
monitor = "{monitor}"
seed = {seed}
[[guests]]
name = "asks"
guest = "asks.s"
input = "set a 1\\nset b two words\\nget a\\nget b\\nget c\\n"
[[guests]]
name = "keeps"
guest = "keyvalue.s"
"""
ANSWERS = "".join(f"asks| {line}\n" for line in ("ok", "ok", "= 1", "= two words", "none"))
PINGS = """
[[guests]]
name = "ping"
guest = "ping"
input = "10.0.0.2\\n10.0.0.9\\n10.0.0.3\\n"
[[guests]]
name = "one"
guest = "ping"
input = "10.0.0.1\\n"
[[guests]]
name = "other"
guest = "web"
"""
ANYTHING = "[impairments]\nloss = 200000\nduplicate = 200000\ndelay = 500\njitter = 30000\n"
STEPS = "30000000"
CUT = '[[partitions]]\nstart = 190000\nend = {end}\nports = ["keeps"]\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: Patch) -> Path:
    for part in ("lib", "net"):
        shutil.copytree(Path(DIRECTORY) / part, tmp_path / part)
    for program in (Path(DIRECTORY) / "keyvalue.s", Path(__file__).parent / "asks.s"):
        shutil.copy(program, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(capfd: Capture, text: str, options: str = "") -> str:
    Path("lab.toml").write_text(text)
    assert main(["net", "run", "lab.toml", "--json", "--steps", STEPS, *options.split()]) == 0
    found: str = json.loads(capfd.readouterr().out)["output"]
    return found


def asked(capfd: Capture, more: str = "", seed: int = 0, monitor: str = "none", options: str = "") -> str:
    return ran(capfd, ASKS.format(seed=seed, monitor=monitor) + more, options)


@pytest.mark.parametrize("seed", range(sized(1, 100)))
def test_all_arrives_whatever_is_lost(seed: int, capfd: Capture) -> None:
    assert asked(capfd, ANYTHING, seed) == ANSWERS


def test_a_partition_that_heals_costs_nothing(capfd: Capture) -> None:
    assert asked(capfd) == asked(capfd, CUT.format(end=2_000_000)) == ANSWERS


@pytest.mark.nightly  # all that time is waited for
def test_a_partition_that_lasts_is_noticed(capfd: Capture) -> None:
    assert asked(capfd, CUT.format(end=30_000_000)) == "asks| given up\n"


def test_what_goes_wrong_is_the_same_again_under_a_monitor(capfd: Capture) -> None:
    runs = [asked(capfd, ANYTHING, 5, monitor, f"--capture {monitor}.pcapng") for monitor in ("none", "trap")]
    assert runs == [ANSWERS] * 2
    assert Path("none.pcapng").read_bytes() == Path("trap.pcapng").read_bytes()


def test_tshark_finds_nothing_wrong_with_it(capfd: Capture) -> None:
    asked(capfd, ANYTHING, 1, options="--capture tcp.pcapng")
    assert "ping| 10.0.0.9: 0 of 3 answered" in ran(capfd, PINGS, "--capture icmp.pcapng")
    checks = [word for protocol in ("ip", "tcp") for word in ("-o", f"{protocol}.check_checksum:TRUE")]
    fields = ["_ws.malformed", "ip.checksum.status", "tcp.checksum.status", "icmp.checksum.status"]
    for file, good in (("tcp", ["", "1", "1", ""]), ("icmp", ["", "1", "", "1"])):
        words = [client("tshark", "tshark"), "-r", f"{file}.pcapng", *checks, "-T", "fields"]
        words += [word for field in fields for word in ("-e", field)]
        lines = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
        rows = [line.split("\t") for line in lines]
        assert rows.count(good) > 30 and all(row in (good, ["", "", "", ""]) for row in rows)


def test_what_ping_says(capfd: Capture) -> None:
    said = ran(capfd, PINGS).splitlines()
    whole = "3 of 3 answered"
    assert [line for line in said if line[:4] == "ping"] == [
        f"ping| 10.0.0.2: {whole}",
        "ping| 10.0.0.9: 0 of 3 answered",
        f"ping| 10.0.0.3: {whole}",
    ]
    assert f"one| 10.0.0.1: {whole}" in said


def test_what_the_manual_shows(capfd: Capture) -> None:
    text = (Path(__file__).parents[2] / "docs" / "stack.md").read_text()
    for file, heading in (("lab", "Seen at work"), ("routed", "A router")):
        text = text.partition("```toml\n")[2]
        Path(f"{file}.toml").write_text(text.partition("```")[0])
        check("stack.md", heading, capfd)


def test_planted_bugs_are_caught(here: Path, capfd: Capture, monkeypatch: Patch) -> None:
    """What is lost is not sent again."""
    monkeypatch.setattr("tests.network.test_stack_together.STEPS", "3000000")
    text = (here / "net" / "tcp_out.s").read_text()
    (here / "net" / "tcp_out.s").write_text(
        text.replace("3:      call tcp_wait\n        call tcp_flight\n", "3:      call tcp_wait\n")
    )
    with pytest.raises(AssertionError):
        test_all_arrives_whatever_is_lost(0, capfd)
