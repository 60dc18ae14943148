"""The page of a report in a browser: one browser for all of it. Its numbers are looked at in `test_report.py`."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.clients import client
from tests.trapline.test_report import HOSTILE, data_of
from trapline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.long]

WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = client("chromium", package="chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Opened:
    """A page, the data in it, and what it complained of or asked for."""

    page: Page
    data: Any
    told: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def opened(browser: Browser, path: Path, size: Any = WIDE, scheme: Any = "light") -> Opened:
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    found = Opened(page, data_of(path))
    page.on("console", lambda message: found.told.append(message.text))
    page.on("pageerror", lambda error: found.told.append(str(error)))
    page.on("request", lambda asked: found.told.append(asked.url) if asked.url != path.as_uri() else None)
    page.goto(path.as_uri())
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "os.html"
    assert main(["run", "os", "--monitor", "trap", "--report", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def os_page(browser: Browser, report: Path) -> Opened:
    return opened(browser, report)


def test_it_shows_the_run_without_a_complaint(os_page: Opened, tmp_path: Path) -> None:
    run = os_page.data["run"]
    os_page.page.screenshot(path=tmp_path / "os.png", full_page=True)
    assert (tmp_path / "os.png").stat().st_size > 50_000
    assert os_page.text("h1") == os_page.page.title() == "os: trapline report"
    summary = os_page.text("#summary").split("\n")
    shown = dict(zip(summary[::2], summary[1::2], strict=True))
    assert (shown["steps"], shown["emulated"]) == (f"{run['steps']:,}", f"{run['profile']['emulated']:,}")
    assert shown["exits"] == f"{sum(run['statistics']['decisions'].values()):,}"
    assert os_page.page.locator("#lanes .lane").count() == len(os_page.data["timeline"]["series"])
    assert os_page.text("#screen").rstrip("\n") == run["output"].rstrip("\n")  # at the end
    assert f" to {run['steps'] - 1:,}; " in os_page.text("#now")
    assert os_page.told == []


def test_any_moment_by_the_keyboard(os_page: Opened) -> None:
    line, console = os_page.data["timeline"], os_page.data["console"]
    os_page.page.focus("#moment")
    os_page.press("Home")
    assert os_page.text("#now").startswith(f"Steps 0 to {line['width'] - 1}; ")
    assert os_page.text("#screen") == ""
    os_page.press("ArrowRight", "ArrowRight")
    assert os_page.text("#now").startswith(f"Steps {2 * line['width']} to ")
    middle = console["at"][len(console["at"]) // 2]
    os_page.page.locator("#moment").fill(str(middle))
    expected = os_page.data["run"]["output"][: console["until"][len(console["at"]) // 2]]
    assert os_page.page.locator("#screen").text_content() == expected
    (emulated,) = (s for s in line["series"] if (s["kind"], s["name"]) == ("exit", "emulated"))
    assert f"exit emulated {emulated['count'][emulated['at'].index(middle)]:,}" in os_page.text("#now")


def rows(page: Page, section: str) -> list[list[str]]:
    table = page.locator(f"{section} tbody tr")
    return [row.split("\t") for row in table.all_inner_texts()]


def test_tables_are_sorted_by_any_column(os_page: Opened) -> None:
    page, exits = os_page.page, os_page.data["run"]["statistics"]["exits"]
    assert [row[0] for row in rows(page, "#exits")] == [f"{row['count']:,}" for row in exits[:200]]
    cause = page.get_by_role("button", name="cause", exact=True)
    cause.focus()
    os_page.press("Enter")
    assert [row[2] for row in rows(page, "#exits")] == sorted(row["cause"] for row in exits)
    assert page.locator("#exits th").nth(2).get_attribute("aria-sort") == "ascending"
    os_page.press("Enter")
    assert [row[2] for row in rows(page, "#exits")] == sorted((row["cause"] for row in exits), reverse=True)
    page.get_by_role("searchbox", name="Filter: Exits to the monitor").fill("injected")
    assert {row[1] for row in rows(page, "#exits")} == {"injected"}
    assert any(re.search(r"os/echo\.s:\d+: echo:", row[5]) for row in rows(page, "#exits"))


def test_shares_are_sorted_as_numbers(os_page: Opened) -> None:
    shares = [float(row[0].split()[0]) for row in rows(os_page.page, "#routines")]
    assert shares == sorted(shares, reverse=True) and 99 < sum(shares) < 101
    assert os_page.page.locator("#routines th").nth(0).get_attribute("aria-sort") == "descending"


def test_the_flame_graph_by_the_keyboard(os_page: Opened) -> None:
    page, decisions = os_page.page, os_page.data["run"]["statistics"]["decisions"]
    whole = sum(decisions.values())
    page.locator("#flame-tree > li").focus()
    assert os_page.text("#flame-now") == f"all: {whole:,} exits, 100.0 %"
    os_page.press("ArrowDown")
    assert os_page.text("#flame-now").startswith(f"emulated: {decisions['emulated']:,} exits")
    os_page.press("ArrowRight")
    assert os_page.text("#flame-now").startswith(f"injected: {decisions['injected']:,} exits")
    os_page.press("Enter")
    assert page.locator("#flame-tree > li").get_attribute("aria-label").startswith("injected: ")  # type: ignore[union-attr]
    os_page.press("Escape")
    assert os_page.text("#flame-now").startswith("all: ")
    page.get_by_role("radio", name="steps").check()
    assert "steps, 100.0 %" in os_page.text("#flame-now")


def test_the_source_has_counts_beside_it(os_page: Opened) -> None:
    os_page.page.get_by_role("combobox", name="File").select_option("os/devices.s")
    found = {row[0]: row for row in rows(os_page.page, "#listing")}
    lines = [row for row in os_page.data["run"]["profile"]["lines"] if row["file"] == "os/devices.s"]
    assert len(lines) > 20
    for row in lines:
        shown = found[str(row["line"])]
        assert shown[1] == (f"{row['direct']:,}" if row["direct"] else "")
        assert row["text"].split()[0] in shown[4]


def test_everything_has_a_name_for_screen_readers(os_page: Opened) -> None:
    tree = os_page.page.locator("body").aria_snapshot()
    assert '- slider "Moment"' in tree and '- tree "Flame graph"' in tree and '- table "Steps by routine"' in tree
    assert not re.search(r"- (button|slider|combobox|searchbox|treeitem|table|region|link|radio)(:| *$)", tree, re.M)


def test_it_fits_a_narrow_window_in_the_dark(browser: Browser, report: Path) -> None:
    found = opened(browser, report, NARROW, "dark")
    color = "getComputedStyle(document.documentElement).backgroundColor"
    assert found.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    dark = found.page.evaluate(color)
    found.page.locator("#theme").click()
    assert found.text("#theme") == "Theme: light" and found.page.evaluate(color) != dark
    found.page.locator("#theme").click()
    assert found.page.evaluate(color) == dark
    assert found.told == []


def test_what_a_guest_prints_stays_text(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "x.s").write_text(
        f"        .include <console.s>\n        .entry start\nstart:  la r1, text\n        jal ra, puts\n"
        f'        set r1, 0\n        halt\ntext:   .string "{HOSTILE}<img src=x onerror=alert(2)>"\n'
    )
    main(["run", str(tmp_path / "x.s"), "--report", str(tmp_path / "x.html")])
    found = opened(browser, tmp_path / "x.html")
    assert HOSTILE in found.text("#screen") and found.page.locator("img").count() == 0
    assert found.text("#exits .table") == "There are none."
    assert found.told == []


def test_a_long_run_is_a_small_page_that_answers_at_once(browser: Browser, report: Path, tmp_path: Path) -> None:
    """As large as a page becomes: every piece full, as many places as are told apart, a mebibyte on the console."""
    from trapline.profiling.report import MOST_ROWS, page
    from trapline.profiling.timeline import MOST

    data = data_of(report)
    data["timeline"]["pieces"] = MOST
    for series in data["timeline"]["series"]:
        series["at"], series["count"] = list(range(MOST)), [1_000_000 // MOST + n % 7 for n in range(MOST)]
    data["run"]["output"] = "x" * (1 << 20)
    exit_, line = data["run"]["statistics"]["exits"][0], data["run"]["profile"]["lines"][0]
    data["run"]["statistics"]["exits"] = [{**exit_, "pc": n, "place": n, "count": 50} for n in range(MOST_ROWS)]
    data["run"]["profile"]["lines"] = [{**line, "line": n, "direct": n} for n in range(MOST_ROWS)]
    data["where"] = [[line["file"], n, line["text"], "routine"] for n in range(MOST_ROWS)]
    data["places"] = [[n, n] for n in range(MOST_ROWS)]
    text = page(json.loads(json.dumps(data)))
    assert len(text) < 5_000_000
    (tmp_path / "large.html").write_text(text)
    found = opened(browser, tmp_path / "large.html")
    assert found.told == [] and found.page.locator("#exits tbody tr").count() == 200


@pytest.mark.nightly
def test_several_guests_have_lanes_by_the_clock(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "three.html"
    guests = ["os", "quicksort", "rogue"]
    assert main(["run", *guests, "--monitor", "trap", "--quantum", "700", "--report", str(path)]) == 0
    found = opened(browser, path)
    found.page.screenshot(path=tmp_path / "three.png", full_page=True)
    assert found.page.locator("#lanes h3").all_inner_texts() == guests
    assert found.page.locator("#lanes .lane.turn").count() == 3
    assert "quicksort: turn had its turn" in found.text("#now")
    assert found.text("#screen").rstrip("\n") == found.data["run"]["output"].rstrip("\n")
    assert any("swap" in row[-1] or "quicksort.s" in row[-1] for row in rows(found.page, "#lines"))
    assert found.told == []
