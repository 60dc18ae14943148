"""What may go wrong in a page, each with a clear message, nothing lost, and the page alive."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.clients import ROOT
from tests.page.opened import PATIENCE, Opened, opened
from trapline.page.site.warming import begin

pytestmark = pytest.mark.nightly
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
SHUT = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('shut', 'SecurityError'); } });"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Opened]:
    found = opened(browser, address)
    found.ready()
    yield found
    assert found.told == []
    found.page.context.close()


def alive(page: Opened) -> None:
    """It runs the program that it begins with."""
    page.tab("Run")
    page.page.locator("#program").select_option("first.s")
    page.press("Run")
    assert page.text("#run-result p.good").startswith("first on ")


def proving(page: Opened) -> None:
    """In the middle of a proof."""
    page.tab("Verify")
    page.press("Verify", wait=False)
    expect(page.page.locator("#progress")).to_contain_text("questions", timeout=PATIENCE)


def test_an_endless_guest_comes_to_its_end(page: Opened) -> None:
    page.write("first.s", "start:  addi r1, r1, 1\n        b start\n")
    page.page.locator("#steps").fill("20000")
    page.press("Run")
    assert "not finished after 20,000 steps" in page.text("#run-result .bad")
    page.page.locator("#steps").fill("100000000000")
    page.press("Run", wait=False)
    expect(page.page.locator("#progress")).to_contain_text("of at most", timeout=PATIENCE)
    page.press("Stop")
    assert "Stopped. Your files are as they were." in page.text("#run-result")
    page.write("first.s", begin()["first.s"])
    page.page.locator("#steps").fill("1000")
    alive(page)


def test_a_proof_says_how_far_it_is_and_can_be_stopped(page: Opened) -> None:
    proving(page)
    page.press("Stop")
    assert "Stopped." in page.text("#verify-result")
    alive(page)


def test_a_reload_in_the_middle_of_a_proof_loses_nothing(page: Opened) -> None:
    page.write("first.s", begin()["first.s"] + "# mine\n")
    proving(page)
    page.page.reload()
    page.ready()
    assert "left while `trapline verify g3 --json` was not done" in page.notes().inner_text()
    assert page.page.locator("#text").input_value().endswith("# mine\n")
    page.press("Say it in Commands", wait=False)
    assert page.page.locator("#command").input_value() == "verify g3 --json"
    alive(page)


def test_without_a_network_it_opens_again(page: Opened) -> None:
    page.page.evaluate("() => navigator.serviceWorker.ready")
    page.page.context.set_offline(True)
    page.page.reload()
    page.ready()
    alive(page)
    page.tab("Labs")  # needs the solver, which was never asked for
    expect(page.page.locator("#lab option")).to_have_count(9)


def test_what_is_too_large_or_no_text_is_refused(page: Opened) -> None:
    large = {"name": "large.s", "mimeType": "text/plain", "buffer": b"x" * (1 << 20 | 1)}
    bytes_ = {"name": "bytes.s", "mimeType": "text/plain", "buffer": b"\xff\xfe"}
    odd = {"name": "a b.s", "mimeType": "text/plain", "buffer": b"halt\n"}
    damaged = {"name": "lab.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04"}
    page.page.locator("#chosen").set_input_files([large, bytes_, odd, damaged])  # type: ignore[list-item]
    for said in ("large.s has 1,048,577 bytes", "bytes.s is not text", "a b.s is no name of a file", "it is damaged"):
        expect(page.notes()).to_contain_text(said, timeout=PATIENCE)
    assert set(page.kept()["folders"]["scratch"]["files"]) == {"first.s", "mine.isa"}
    alive(page)


def test_a_description_with_mistakes_is_told_with_its_place(page: Opened) -> None:
    page.write("mine.isa", begin()["mine.isa"].replace("bound", "bund"))
    page.page.locator("#machine").select_option("mine.isa")
    page.tab("Verify")
    page.press("Verify")
    assert "mine.isa:2:" in page.page.get_by_role("region", name="Error").inner_text()
    page.page.locator("#machine").select_option("")
    alive(page)


def test_what_no_solver_decides_stays_open_in_time(page: Opened) -> None:
    """No process is there to be ended; the solver's own limits do."""
    page.load(hostile_isa=(ROOT / "tests" / "machines" / "hostile.isa").read_text())
    page.tab("Commands")
    page.page.locator("#command").fill("verify hostile.isa --timeout 5")
    page.press("Say it")
    assert "Which monitor this machine admits stayed open." in page.text("#words-result")
    assert "exit code 4" in page.text("#words-result")
    alive(page)


def test_a_damaged_state_is_put_aside(browser: Browser, address: str) -> None:
    damaged = '{"folder": "scratch", "folders": {"scratch": {'
    first = opened(browser, address)
    first.page.evaluate("text => localStorage.setItem('trapline', text)", damaged)
    first.page.reload()
    first.ready()
    assert "What was kept here is damaged." in first.notes().inner_text()
    assert first.page.evaluate("() => localStorage.getItem('trapline-aside')") == damaged
    with first.page.expect_download() as waited:
        first.press("Save it as a file")
    assert Path(waited.value.path()).read_text() == damaged
    alive(first)


def test_a_page_that_is_open_twice_says_so(page: Opened, address: str) -> None:
    other = page.page.context.new_page()
    other.goto(address)
    other.locator("#text").fill("halt\n")
    expect(page.notes()).to_contain_text("This page is open twice", timeout=PATIENCE)
    other.close()


@pytest.mark.parametrize(
    ("begins", "said"), [(FULL, "has no more room for this page"), (SHUT, "keeps nothing")], ids=["full", "shut"]
)
def test_a_browser_that_keeps_nothing_says_so(browser: Browser, address: str, begins: str, said: str) -> None:
    page = opened(browser, address, begin=begins)
    page.ready()
    alive(page)  # to run something is to keep what is running
    assert said in page.notes().inner_text()


@pytest.mark.parametrize("lacks", ["Worker", "WebAssembly", "DecompressionStream"])
def test_a_browser_without_workers_says_so(browser: Browser, address: str, lacks: str) -> None:
    page = opened(browser, address, begin=f"delete window.{lacks};")
    expect(page.page.locator("#state")).to_contain_text("This browser has no workers or no WebAssembly")
    page.write("first.s", "halt\n")  # the files are there
    with page.page.expect_download() as waited:
        page.press("Save file", wait=False)
    assert Path(waited.value.path()).read_text() == "halt\n"
    page.press("Run")
    assert "This browser has no workers" in page.text("#run-result")
    assert page.told == []
