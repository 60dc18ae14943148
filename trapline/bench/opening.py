"""The page (`make site`): how large the site is, and how long it takes from opening it to the end of the first run, in
headless Chromium on this machine: in a browser that has nothing of it, and from what the browser has kept."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trapline.bench.building import LeftOut, require
from trapline.bench.figures import Bench, Figure, at_most

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

ROWS = ("page",)
SITE = Path(__file__).parents[2] / "build" / "site"
BROWSER = "chromium"
PATIENCE = 300_000  # milliseconds
TURNS = ("nothing kept", "from the browser's cache")


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    if "page" not in rows:
        return
    try:
        yield from _figures(bench)
    except LeftOut as left_out:
        bench.leave_out(left_out)


def _figures(bench: Bench) -> Iterator[Figure]:
    if not (SITE / "index.html").is_file():
        raise LeftOut("page", "there is no site: `make site` builds it")
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    found: dict[str, list[tuple[float, float]]] = {turn: [] for turn in TURNS}
    with _served() as address, _browser() as browser:
        for number in range(bench.repeat):
            bench.show(f"page, turn {number + 1}")
            context = browser.new_context()
            for turn in TURNS:
                found[turn].append(_opened(context, address))
            context.close()
    yield Figure("page", "the site, all files", [size / 1e6], "MB")
    for turn in TURNS:
        what = f"from opening the page to the end of the first run, {turn}"
        yield Figure("page", what, [whole for whole, _ in found[turn]], "s")
    runs = [run for turn in TURNS for _, run in found[turn]]
    yield Figure("page", "of that, a shipped guest once the page is loaded", runs, "s", at_most(2))


def _opened(context: "BrowserContext", address: str) -> tuple[float, float]:
    """Seconds until a shipped guest has run, and of those the run's own."""
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address)
    page.locator("#program option[value=hello]").wait_for(state="attached", timeout=PATIENCE)
    page.locator("#program").select_option("hello")
    loaded = time.perf_counter()
    page.locator("#do-run").click()
    page.locator("#run-result .good").wait_for(timeout=PATIENCE)
    ended = time.perf_counter()
    page.evaluate("() => navigator.serviceWorker.ready")  # it has kept all of the site then
    page.close()
    return ended - began, ended - loaded


@contextmanager
def _served() -> Iterator[str]:
    """The address of the site, in a process of its own."""
    command = [sys.executable, "-m", "trapline.page.site.serving", str(SITE), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split(" ")[0]
        finally:
            process.terminate()


@contextmanager
def _browser() -> Iterator["Browser"]:
    require("page", BROWSER)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise LeftOut("page", "the Python package playwright is not installed") from None
    import shutil

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which(BROWSER), args=["--no-sandbox"])
        yield started
        started.close()
