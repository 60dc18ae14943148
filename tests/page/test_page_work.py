"""What somebody does in the page: proofs, history, files in and out, links, the keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.clients import ROOT
from tests.page.opened import PATIENCE, Opened, opened
from trapline.page.site.warming import begin

pytestmark = pytest.mark.nightly


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Opened]:
    found = opened(browser, address)
    found.ready()
    yield found
    assert found.told == []
    found.page.context.close()


def test_a_designer_gets_verdict_witness_and_repair(page: Opened) -> None:
    page.page.locator("#machine").select_option("mine.isa")
    page.tab("Verify")
    page.press("Verify")
    assert "Theorem 1 is broken by rrel." in page.text("#verify-result .bad")
    page.press("Witness of rrel")
    page.press("Keep it as rrel.s", wait=False)
    assert "culprit: rrel" in page.page.locator("#text").input_value()
    page.tab("Run")
    page.press("Compare bare and monitored")
    assert "NOT equivalent" in page.text("#run-result .bad")
    page.press("Open both sides in the history")
    assert "rrel" in page.text("#history-now")
    page.tab("Verify")
    page.press("Repair")
    page.press("Keep it as mended.isa", wait=False)
    page.page.locator("#machine").select_option("mended.isa:peek_guarded")
    page.press("Verify")
    assert "This machine admits a trap-and-emulate monitor." in page.text("#verify-result .good")


def test_a_description_is_pasted_and_judged(page: Opened) -> None:
    page.tab("Verify")
    page.press("New description", wait=False)
    assert page.page.evaluate("() => document.activeElement.id") == "text"
    page.page.keyboard.insert_text((ROOT / "tests" / "machines" / "small.isa").read_text())
    page.press("Verify")
    assert "Theorem 1: holds" in page.text("#verify-result")


def test_a_link_holds_the_description(page: Opened, browser: Browser, address: str) -> None:
    text = begin()["mine.isa"].replace("peek", "päek".replace("ä", "a")) + "# ä\n"
    page.write("mine.isa", text)
    page.page.locator("#machine").select_option("mine.isa")
    page.tab("Verify")
    page.press("Link to the description", wait=False)
    link = page.page.locator("#link").input_value()
    other = browser.new_context().new_page()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(link)
    expect(other.locator("#text")).to_have_value(text)
    expect(other.locator("#tab-verify")).to_have_attribute("aria-selected", "true")
    assert other.locator("#machine").input_value() == "linked.isa"
    other.goto(f"{link[:-9]}!")
    expect(other.locator("#notes")).to_contain_text("The description in the link is damaged")
    other.context.close()


def test_history_by_buttons_and_words(page: Opened) -> None:
    page.tab("History")
    page.press("Open the program at its first step")
    page.press("To the end")
    assert "halted" in page.text("#history-now")
    page.press("Back to an exit")
    page.page.locator("#line").fill("last r2")
    page.press("Do it")
    assert page.text("#history-now").startswith("step 4 of 8")
    page.page.locator("#line").fill("set r2 = 33")
    page.press("Do it")
    assert "would give up the 4 steps" in page.notes().inner_text()
    page.press("Give them up")
    assert page.page.get_by_role("region", name="registers").inner_text().splitlines()[2].split() == ["r2", "0x21"]
    page.page.locator("#line").fill("fly")
    page.press("Do it")
    assert "there is no word `fly`" in page.notes().inner_text()


def test_files_go_out_and_come_in_again(page: Opened, browser: Browser, address: str, tmp_path: Path) -> None:
    page.write("first.s", "start:  halt\n")
    with page.page.expect_download() as waited:
        page.press("Save folder")
    waited.value.save_as(tmp_path / "mine.zip")
    page.page.reload()
    page.ready()
    assert page.page.locator("#text").input_value() == "start:  halt\n"
    other = opened(browser, address)
    other.ready()
    other.page.locator("#chosen").set_input_files(str(tmp_path / "mine.zip"))
    expect(other.page.locator("#folder")).to_have_value("mine", timeout=PATIENCE)
    assert other.kept()["folders"]["mine"]["files"] == page.kept()["folders"]["scratch"]["files"]


def test_a_folder_is_dropped_on_the_page(page: Opened, tmp_path: Path) -> None:
    (tmp_path / "my lab").mkdir()
    (tmp_path / "my lab" / "a.s").write_text("halt\n")
    session = page.page.context.new_cdp_session(page.page)
    data = {"items": [], "files": [str(tmp_path / "my lab")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 500, "data": data})
    expect(page.page.locator("#folder")).to_have_value("my-lab", timeout=PATIENCE)
    assert page.kept()["folders"]["my-lab"]["files"] == {"a.s": "halt\n"}


def test_what_is_shipped_is_opened_as_a_copy(page: Opened) -> None:
    page.page.locator("#shelf").select_option("hello")
    expect(page.page.locator("#file")).to_have_value("hello.s", timeout=PATIENCE)
    assert "Hello" in page.page.locator("#text").input_value()


def test_commands_are_said_and_listed(page: Opened) -> None:
    page.tab("Commands")
    page.page.locator("#command").fill("explain g3 'add'")
    page.page.keyboard.press("Enter")
    page.done()
    assert "trapline explain g3 add" in page.text("#words-result")
    page.page.locator("#command").fill("host list")
    page.press("Say it")
    assert "`host` keeps machines in folders of this host" in page.text("#words-result")


def test_by_the_keyboard_alone(page: Opened) -> None:
    keys = page.page.keyboard
    page.page.locator("body").press("Tab")
    keys.press("Enter")  # skip to the tools
    for _ in range(40):
        keys.press("Tab")
        if page.page.evaluate("() => document.activeElement.id") == "tab-run":
            break
    keys.press("ArrowRight")
    assert page.page.evaluate("() => document.activeElement.id") == "tab-verify"
    keys.press("Home")
    keys.press("Tab")
    assert page.page.evaluate("() => document.activeElement.id") == "do-run"
    keys.press("Enter")
    page.done()
    assert "halted after 8 steps" in page.text("#run-result .good")
    page.page.locator("#text").focus()
    keys.press("Tab")  # the editor lets go of the keyboard
    assert page.page.evaluate("() => document.activeElement.id") != "text"
