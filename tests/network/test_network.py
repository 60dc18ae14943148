"""Guests on a switch: the same frames at the same steps whatever runs them, with losses from a seed; and Wireshark's
tools find nothing wrong with what was captured."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.network.impairments import Fate, Impairments, Partition
from monitor.network.network import Network
from tests.clients import client
from tests.planting import Patch
from tests.trapline.test_monitors_doc import check
from trapline.cli import main

Capture = pytest.CaptureFixture[str]
HERE = Path(__file__).parent
LAB = """
monitor = "{monitor}"
seed = {seed}
[[guests]]
name = "shouter"
guest = "shout.s"
[[guests]]
name = "one"
guest = "reflect.s"
[[guests]]
name = "two"
guest = "reflect.s"
[[guests]]
name = "other"
guest = "reflect.s"
vlans = [2]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: Patch) -> Path:
    for name in ("shout.s", "reflect.s"):
        shutil.copy(HERE / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(here: Path, capfd: Capture, more: str = "", monitor: str = "none", seed: int = 3, options: str = "") -> dict:  # type: ignore[type-arg]
    (here / "lab.toml").write_text(LAB.format(monitor=monitor, seed=seed) + more)
    assert main(["net", "run", "lab.toml", "--json", *options.split()]) == 0
    found: dict[str, object] = json.loads(capfd.readouterr().out)
    return found


def test_all_hear_a_broadcast_and_answers_go_to_who_asked(here: Path, capfd: Capture) -> None:
    found = ran(here, capfd)
    assert found["output"] == "".join(f"shouter| {one}:{n}\n" for one in (2, 3) for n in range(3))
    assert found["frames"]["other"] == {"sent": 0, "received": 0, "dropped": 0}
    assert set(found["guests"].values()) == {"waiting"}


def test_nothing_depends_on_what_runs_it(here: Path, capfd: Capture) -> None:
    impaired = "[impairments]\nloss = 200000\nduplicate = 200000\ndelay = 50\njitter = 900\n"
    runs = [
        ran(here, capfd, impaired, monitor, options=f"--engine {engine} --capture {monitor}-{engine}.pcapng")
        for monitor, engine in (("none", "native"), ("trap", "native"), ("hybrid", "native"), ("trap", "reference"))
    ]
    assert runs[1:] == runs[:-1]
    captures = [path.read_bytes() for path in sorted(here.glob("*.pcapng"))]
    assert captures[1:] == captures[:-1] and len(captures) == 4


def test_losses_come_from_the_seed(here: Path, capfd: Capture) -> None:
    seeds = [ran(here, capfd, "[impairments]\nloss = 300000\n", seed=seed)["output"] for seed in (1, 1, 2, 3, 4)]
    assert seeds[0] == seeds[1] and len(set(seeds)) > 2
    assert ran(here, capfd, "[impairments]\nloss = 1000000\n")["output"] == ""
    assert ran(here, capfd, "[impairments]\nduplicate = 1000000\n")["output"].count("\n") > 6


def test_a_partition_parts_and_heals(here: Path, capfd: Capture) -> None:
    cut = '[[partitions]]\nstart = 0\nend = 1000000\nports = ["one"]\n'
    assert "2:" not in ran(here, capfd, cut)["output"]
    healed = ran(here, capfd, cut.replace("1000000", "100"))["output"]
    assert "2:" in healed


def test_as_many_numbers_are_drawn_whatever_comes_of_them() -> None:
    def fates(**its: int) -> list[list[int]]:
        fate = Fate(Impairments(**its), 7)  # type: ignore[arg-type]
        return [fate.of(0, "a", "b") for _ in range(200)]

    plain, lossy = fates(jitter=100), fates(jitter=100, loss=100_000)
    assert all(b in ([], a) for a, b in zip(plain, lossy, strict=True)) and [] in lossy
    apart = Partition(0, 10, frozenset("a"))
    assert apart.parts(9, "a", "b") and not apart.parts(10, "a", "b") and not apart.parts(9, "c", "b")


def test_tshark_finds_nothing_wrong_with_a_capture(here: Path, capfd: Capture) -> None:
    ran(here, capfd, "[impairments]\ndelay = 500\n", options="--capture lab.pcapng")
    fields = ["frame.time_epoch", "frame.interface_name", "eth.src", "eth.type", "frame.comment", "frame.len"]
    words = [client("tshark", "tshark"), "-r", "lab.pcapng", "-T", "fields", *(w for f in fields for w in ("-e", f))]
    lines = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    assert len(rows) == 3 * 3 + 6 * 2 and {row[3] for row in rows} == {"0x88b5"}
    assert {row[1] for row in rows} == {"shouter", "one", "two"}
    times = [float(row[0]) for row in rows]
    assert times == sorted(times) and 0 < times[-1] < 0.001
    wrong = [client("tshark", "tshark"), "-r", "lab.pcapng", "-Y", "_ws.malformed || _ws.expert.severity >= 6000000"]
    assert subprocess.run(wrong, capture_output=True, text=True, check=True, timeout=60).stdout == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("reflect.s", "../reflect.s"), "does not lie beside this file"),
        (("reflect.s", "none"), "none"),
        (('"two"', '"one"'), "two ports are called `one`"),
        (("[2]", "[2, 3]"), "unless it is a trunk"),
        (("[2]", "[0]"), "from 1 to 4,094"),
        (("[2]", "[2]\nrat = 1"), "rat"),
        (('"none"', '"nothing"'), "`nothing` is not known"),
        (("seed = 3", "seed = -1"), "`seed` must be from 0"),
        (("seed = 3", 'seed = 3\n[[partitions]]\nstart = 0\nend = 1\nports = ["x"]'), "there is no port `x`"),
        (("[[guests]]", "[[guest]]"), "guest"),
    ],
)
def test_a_mistake_in_the_file_is_told(change: tuple[str, str], why: str, here: Path, capfd: Capture) -> None:
    (here / "lab.toml").write_text(LAB.format(monitor="none", seed=3).replace(*change))
    assert main(["net", "run", "lab.toml"]) in (2, 3)
    assert why in capfd.readouterr().err


def test_what_the_manual_says_of_the_switch(capfd: Capture) -> None:
    check("networks.md", "The switch", capfd)


def test_the_manuals_file_is_one(here: Path, capfd: Capture) -> None:
    text = (Path(__file__).parents[2] / "docs" / "networks.md").read_text()
    shown = text.partition("```toml\n")[2].partition("```")[0]
    (here / "lab.toml").write_text(shown.replace('guest = "ping"', 'guest = "reflect.s"'))
    assert main(["net", "run", "lab.toml"]) == 0


def test_planted_bugs_are_caught(here: Path, capfd: Capture, monkeypatch: Patch) -> None:
    """A clock that is the guest's own and not that of all: what leaves depends on who runs when."""
    monkeypatch.setattr(Network, "_left", lambda self, number, step, frame: self.arrive(number, frame, step))
    with pytest.raises(AssertionError):
        test_tshark_finds_nothing_wrong_with_a_capture(here, capfd)
