"""The page in a browser: by day that it starts, runs and compares, and names everything; test_labs_in_page.py and
test_page_troubles.py have the rest of it, by night."""

from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.page.opened import NARROW, PATIENCE, Elsewhere, Opened, opened, violations

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Opened:
    found = opened(browser, address)
    found.ready()
    return found


def test_it_runs_and_compares_and_asks_nobody(page: Opened) -> None:
    page.press("Run")
    assert page.text("#run-result .good").startswith("first on g3, under trap: halted after 8 steps")
    assert page.page.get_by_role("region", name="What it printed").inner_text() == ".\n"
    assert "4 exits" in page.text("#run-result")
    page.page.get_by_role("button", name="first.s:10").click()
    assert page.page.evaluate("() => document.activeElement.id") == "text"
    frame = page.page.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("first: trapline report", timeout=PATIENCE)
    page.page.locator("#machine").select_option("mine.isa")
    page.press("Compare bare and monitored")
    assert page.text("#run-result .bad") == "first on peek: NOT equivalent"
    assert "step 0, pc 0x0: rrel r3, r4" in page.text("#run-result")
    assert page.told == []


def test_problems_are_shown_in_place(page: Opened) -> None:
    text = page.page.locator("#text").input_value()
    page.write("first.s", text.replace("halt", "hold"))
    problem = page.page.locator("#problems button")
    expect(problem).to_have_text("first.s:10:9", timeout=PATIENCE)
    assert page.text("#marks mark.error") == "hold"
    problem.click()
    chosen = page.page.evaluate(
        "() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd); }"
    )
    assert chosen == "hold"
    page.write("first.s", text)
    expect(page.page.locator("#problem-count")).to_have_text("No problems", timeout=PATIENCE)


def test_everything_has_a_name_and_enough_contrast(page: Opened) -> None:
    page.page.set_viewport_size(NARROW)
    assert page.page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    for scheme in ("light", "dark"):
        page.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(page.page) == []
    page.page.evaluate("() => document.querySelector('main').append(document.createElement('input'))")
    assert [found.partition(":")[0] for found in violations(page.page)] == ["label"]  # so it does find something
    page.page.evaluate("() => document.querySelector('main').lastChild.remove()")


@pytest.mark.nightly
@pytest.mark.parametrize("tab", ["Verify", "History", "Labs", "Commands"])
def test_every_tool_has_names_and_fits_a_narrow_window(page: Opened, tab: str) -> None:
    page.page.set_viewport_size(NARROW)
    page.tab(tab)
    if tab == "Labs":
        page.press("Begin")
    if tab == "History":
        page.press("Open the program at its first step")
    assert page.page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    assert violations(page.page) == []


@pytest.mark.parametrize("asker", ["page", "worker"])
def test_whoever_asks_elsewhere_is_refused(page: Opened, elsewhere: Elsewhere, asker: str) -> None:
    place = page.page if asker == "page" else page.page.workers[0]
    assert place.evaluate("() => fetch('http://elsewhere.example/x').then(() => false, () => true)")
    assert elsewhere.heard == []
    page.told.clear()


def test_whoever_is_not_refused_is_heard(browser: Browser, elsewhere: Elsewhere) -> None:
    """So the tests that nobody was asked would fail if somebody were."""
    other = browser.new_page()
    with suppress(Error):
        other.goto("http://elsewhere.example/x")
    assert elsewhere.heard[0].startswith(b"GET /x ")
    elsewhere.heard.clear()
    other.close()
