"""Watching: the same numbers in the terminal, a browser and Prometheus, none of which disturbs the host."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from monitor.host import Host
from monitor.host.life import State
from monitor.host.used import Passed
from tests.clients import client
from tests.host.test_served import folder as folder
from tests.host.test_served import served, until
from tests.planting import Patch
from tests.trapline.test_readme import commands, pattern
from trapline.cli import main
from trapline.hosting import metrics
from trapline.hosting.view import Row, rates, rows, seen, thousandths

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: Patch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "host.toml").write_text('policy = "shares"\nquantum = 1000\n')
    (tmp_path / "web.toml").write_text('guest = "echo"\nshares = 3\n')
    (tmp_path / "batch.toml").write_text('guest = "primes"\n')
    return tmp_path / "shop"


def test_what_the_manual_says(shop: Path, capfd: Capture) -> None:
    page = (ROOT / "docs" / "watching.md").read_text().partition("```console\n")[2].partition("```")[0]
    for command, output in commands(page):
        assert main(command.split()[1:]) == 0
        found = re.sub(r" +", " ", capfd.readouterr().out)
        assert re.fullmatch(pattern(re.sub(r" +", " ", output)), found), found


def test_it_fits_eighty_columns_and_is_json_too(shop: Path, capfd: Capture, monkeypatch: Patch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    main(["host", "define", "shop", "web.toml", "batch.toml"])
    main(["host", "start", "shop", "web"])
    main(["host", "run", "shop", "--steps", "1000"])
    capfd.readouterr()
    assert main(["host", "top", "shop", "--plain"]) == 0
    assert max(map(len, capfd.readouterr().out.splitlines())) <= 80
    assert main(["host", "top", "shop", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capfd.readouterr().out)["machines"]}
    assert found["web"]["direct"] + found["web"]["interpreted"] == found["web"]["steps"] == 9
    assert (found["batch"]["state"], found["batch"]["had"]) == ("defined", None)


def test_rates_are_of_what_passed_between(shop: Path) -> None:
    main(["host", "define", "shop", "batch.toml"])
    main(["host", "start", "shop", "batch"])
    before = rows(*seen(str(shop)))
    main(["host", "run", "shop", "--steps", "3000"])
    now = rows(*seen(str(shop)))
    assert rates(before, now, 2.0) == {"batch": ((now[0].steps) / 2, (now[0].exits) / 2)}
    assert rates(now, before, 2.0) == {} == rates(before, now, 0.0)  # it went back, no time passed
    assert isinstance(now[0], Row)


def devices() -> None:
    """A disk and a card that were used, in the terminal and in Prometheus's words."""
    Path("reads.toml").write_text('guest = "disk"\n')
    for name, typed in (("one", 'input = "two.txt"\n'), ("two", "")):
        Path(f"{name}.toml").write_text(f'guest = "ping"\n{typed}[[networks]]\nname = "lan"\n')
    Path("blocks.toml").write_text('guest = "blocks"\n')  # several at once, by a queue
    Path("two.txt").write_text("10.0.0.2\n")
    with open("shop/host.toml", "a") as file:
        file.write('[[networks]]\nname = "lan"\n')
    main(["host", "define", "shop", "reads.toml", "one.toml", "two.toml", "blocks.toml"])
    main(["host", "start", "shop", "reads", "blocks", "one", "two"])
    main(["host", "run", "shop"])
    found = rows(*seen("shop"))
    assert found.pop(0).read == 4 * 64  # all blocks, four times
    assert [(row.name, row.read > 0, row.written > 0, row.received, row.sent) for row in found] == [
        ("one", False, False, 4, 4), ("reads", True, True, 0, 0), ("two", False, False, 4, 4)]  # fmt: skip
    text = metrics.exposed(*seen("shop")).decode()
    told = numbers(text)
    for row in found:
        kinds = {"block_stats_read_requests": row.read, "block_stats_write_requests": row.written}
        name = f'{{vm="{row.name}"}}'
        if row.ports:
            kinds = {"interface_stats_receive_packets": row.received, "interface_stats_transmit_packets": row.sent}
            name = f'{{source_bridge="lan",vm="{row.name}"}}'
        assert all(told[f"libvirt_domain_{kind}_total{name}"] == number for kind, number in kinds.items())
    tool = client("promtool", "prometheus")
    checked = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_what_passes_disks_and_cards_is_told(shop: Path, capfd: Capture) -> None:
    devices()
    capfd.readouterr()
    assert main(["host", "top", "shop", "--plain"]) == 0
    words = [line.split() for line in capfd.readouterr().out.splitlines()[5:]]
    now = rows(*seen("shop"))
    for row, line in zip(now, words[1:], strict=True):
        steps = row.direct + row.interpreted + row.idle
        counts = [row.read, row.written, row.received, row.sent, row.dropped]
        there = [row.blocks] * 2 + [row.ports] * 3
        assert line[0] == row.name
        assert line[1:] == [f"{1000 * n / steps:.2f}" if has else "-" for n, has in zip(counts, there, strict=True)]
    assert thousandths(now[0], now[0]) == [0.0] * 5  # nothing since
    assert main(["host", "show", "shop", "one"]) == 0
    shown = capfd.readouterr().out
    assert "network     lan: station 1, VLAN 1\n  frames      4 received, 4 sent, 0 dropped" in shown


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("monitor.host.disks.Held.counted", lambda self, block: Passed()),
        ("monitor.host.segment.Cable.counted", lambda self: Passed()),
        ("trapline.hosting.metrics.FRAMES", {"receive_packets": ("sent_octets", "Something else.")}),
    ],
)
def test_what_is_not_counted_is_noticed(shop: Path, monkeypatch: Patch, place: str, wrong: object) -> None:
    monkeypatch.setattr(place, wrong)
    with pytest.raises((AssertionError, KeyError)):
        devices()


def numbers(text: str) -> dict[str, float]:
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[:1] != "#"}


def exits_are_all_there(shop: Path) -> None:
    main(["host", "define", "shop", "web.toml", "batch.toml"])
    main(["host", "start", "shop", "web", "batch"])
    main(["host", "run", "shop", "--steps", "3000"])
    found = numbers(metrics.exposed(*seen(str(shop))).decode())
    with Host(str(shop)) as host:
        for name in ("web", "batch"):
            mine = {key: value for key, value in found.items() if f'vm="{name}"' in key}
            counted = sum(value for key, value in mine.items() if key.startswith("kvm_exits_total"))
            assert counted == sum(host.counters(name).values()) > 0
            steps = sum(value for key, value in mine.items() if key.startswith("trapline_steps_total"))
            assert steps == host.machine(name).point.steps
    assert not [key for key in found if 'cause=""' in key or "other" in key]


def test_promtool_takes_it_and_every_exit_is_in_it(shop: Path, capfd: Capture) -> None:
    exits_are_all_there(shop)
    capfd.readouterr()
    assert main(["host", "metrics", "shop"]) == 0
    text = capfd.readouterr().out
    tool = client("promtool", "prometheus")
    checked = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_an_exit_that_is_left_out_is_noticed(shop: Path, monkeypatch: Patch) -> None:
    real = metrics._Collector._exits

    def some(self: metrics._Collector) -> object:
        found = real(self)
        found.samples.pop()
        return found

    monkeypatch.setattr(metrics._Collector, "_exits", some)
    with pytest.raises(AssertionError):
        exits_are_all_there(shop)


@pytest.mark.nightly
def test_a_real_prometheus_scrapes_it(folder: Path, tmp_path: Path) -> None:
    with served(folder, "--http", "0") as (_, said):
        main(["host", "define", "s", "web.toml"])
        port, token = re.fullmatch(r"http://127.0.0.1:(\d+)/(\S+)/\n", said[1]).groups()  # type: ignore[union-attr]
        target = {"job_name": "t", "authorization": {"credentials": token}, "scrape_interval": "1s"}
        target["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]  # type: ignore[assignment]
        (tmp_path / "p.yml").write_text(json.dumps({"scrape_configs": [target]}))
        words = [client("prometheus", "prometheus"), "--config.file=p.yml", "--web.listen-address=127.0.0.1:19090"]
        with subprocess.Popen([*words, "--storage.tsdb.path=data"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
            try:
                for _ in range(200):
                    time.sleep(0.1)
                    try:
                        ask = "http://127.0.0.1:19090/api/v1/query?query=libvirt_domain_info_vstate"
                        found = json.load(urllib.request.urlopen(ask))["data"]["result"]
                    except OSError:
                        continue
                    if found:
                        break
                assert found[0]["metric"]["vm"] == "web" and found[0]["value"][1] == "5"
            finally:
                process.terminate()


def test_a_browser_shows_it_and_types_on_a_console(folder: Path) -> None:
    chromium = client("chromium", "chromium")
    with served(folder, "--http", "0") as (_, said):
        Path("reads.toml").write_text('guest = "disk"\n')
        main(["host", "define", "s", "web.toml", "reads.toml"])
        main(["host", "start", "s", "web"])
        until(folder, "web", State.IDLE)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page, asked, wrong = browser.new_page(), [], []
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
            page.goto(said[1].strip())
            page.get_by_role("button", name="web").click()
            page.get_by_label("Type a line").fill("stressed")
            page.get_by_label("Type a line").press("Enter")
            expect(page.locator("#console")).to_have_text("desserts\n")
            assert "idle" in page.locator("#rows").inner_text()
            cells = page.locator("#rows tr").first.locator("td").all_inner_texts()
            assert cells[0] == "reads" and re.fullmatch(r"\d\.\d\d \d\.\d\d - - -", " ".join(cells[-5:]))
            assert page.locator("#rows td").all_inner_texts()[-5:] == ["-"] * 5  # it has no disk, and no card
            browser.close()
        assert wrong == [] and all(url.startswith(said[1].strip()) for url in asked)


def heard(terminal: int, wanted: bytes) -> None:
    """Read until something was printed, for so long as anybody would wait."""
    shown, end = b"", time.monotonic() + 30
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, shown
        shown += os.read(terminal, 1000)


def test_one_attaches_to_a_console_and_detaches(folder: Path) -> None:
    with served(folder):
        main(["host", "define", "s", "web.toml"])
        main(["host", "start", "s", "web"])
        until(folder, "web", State.IDLE)
        ours, theirs = pty.openpty()
        words = [sys.executable, "-m", "trapline", "host", "attach", "s", "web"]
        with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            heard(ours, b"detaches")
            os.write(ours, b"star\r")
            heard(ours, b"rats\r\n")
            os.write(ours, b"\x1d")
            assert process.wait(20) == 0
        os.close(ours)
        until(folder, "web", State.IDLE)


def test_who_is_not_served_has_no_console(folder: Path, capfd: Capture) -> None:
    main(["host", "define", "s", "web.toml"])
    assert main(["host", "attach", "s", "web"]) == 2
    assert "nobody serves s" in capfd.readouterr().err
