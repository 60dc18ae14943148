"""The labs, done in the page as a student would: begun, checked as they are, mended, checked again, handed in."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.labs.test_labs import GIVEN, HERE
from tests.page.opened import PATIENCE, Opened, opened
from trapline.cli import main
from trapline.labs.reading import find, names

pytestmark = pytest.mark.nightly
STUDENT = "alice"  # for whom the right answers are


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Opened:
    found = opened(browser, address)
    found.ready()
    found.tab("Labs")
    found.page.locator("#student").fill(STUDENT)
    return found


def right(name: str) -> dict[str, Path]:
    """The files of the first right answer."""
    answer = sorted((HERE / name / "right").glob("*"))[0]
    files = {path.name: path for path in answer.iterdir()} if answer.is_dir() else {find(name).files[0]: answer}
    return {**GIVEN.get(name, {}), **files}


def begin(page: Opened, name: str) -> None:
    page.page.locator("#lab").select_option(name)
    page.press("Begin")
    expect(page.page.locator("#folder")).to_have_value(f"lab-{name}")


def points(page: Opened) -> str:
    page.press("Check")
    return page.text("#labs-result > p")


@pytest.mark.parametrize("name", names())
def test_a_lab_from_its_beginning_to_all_points(page: Opened, name: str, tmp_path: Path) -> None:
    of = find(name).points
    begin(page, name)
    assert find(name).title.lower() in page.text("#handout h3").lower()
    begun = points(page)
    assert begun.endswith(f" of {of} points") and begun != f"{of} of {of} points"
    assert page.page.locator("#labs-result .bad").count() > 1
    for file, path in right(name).items():
        shutil.copyfile(path, tmp_path / file)
    page.page.locator("#chosen").set_input_files([str(tmp_path / file) for file in right(name)])
    expect(page.page.locator("#file")).to_have_value(next(iter(right(name))), timeout=PATIENCE)
    assert points(page) == f"{of} of {of} points"
    assert page.told == []


def test_a_counterexample_opens_in_the_history_and_goes_back(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    page.ready()
    page.tab("Labs")
    begin(page, "01-guest")
    page.press("Check")
    page.page.get_by_role("button", name="Open counts in the history").click()
    page.done()
    now = page.text("#history-now")
    page.press("Back")
    before = page.text("#history-now")

    def step(text: str) -> int:
        return int(text.split()[1].strip(":").replace(",", ""))

    assert step(before) == step(now) - 1 and "letters.s:" in before
    assert page.page.locator("#history tr[aria-current=step]").count() == 1


def test_a_lab_is_begun_anew_when_its_folder_is_deleted(page: Opened) -> None:
    begin(page, "00-warm-up")
    page.write("hello.s", "halt\n")
    page.page.once("dialog", lambda dialog: dialog.accept())
    page.press("Delete folder")
    assert "lab-00-warm-up" not in page.kept()["folders"]
    begin(page, "00-warm-up")
    assert page.page.locator("#text").input_value() != "halt\n"


def test_what_is_handed_in_is_graded(page: Opened, tmp_path: Path) -> None:
    begin(page, "01-guest")
    with page.page.expect_download() as waited:
        page.press("Hand in")
    assert waited.value.suggested_filename == f"{STUDENT}-lab-01-guest.zip"
    waited.value.save_as(tmp_path / waited.value.suggested_filename)
    assert main(["lab", "grade", "1", str(tmp_path / waited.value.suggested_filename)]) in (0, 1)
    assert main(["lab", "grade", "1", str(tmp_path)]) in (0, 1)
