"""The page in headless Chromium, served from the loopback address, with all that it complains of and asks for."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.clients import client, module, site
from trapline.page.site.serving import served

PATIENCE = 120_000  # milliseconds, for a host that is busy
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 800}


@contextmanager
def serving() -> Iterator[str]:
    """The address of the site."""
    with served(site()) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


BROWSERS_OWN = b"google"  # in the name of every host that Chromium asks by itself


class Elsewhere(socketserver.ThreadingTCPServer):
    """All other hosts that there are: `heard` has the beginning of what anybody asked of them, workers included. In one
    that is enciphered the name of the host can be read."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.StreamRequestHandler)
        self.heard: list[bytes] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        said = request.recv(4096)
        if BROWSERS_OWN not in said:
            self.heard.append(said)


@contextmanager
def browsing(elsewhere: Elsewhere) -> Iterator[Browser]:
    """A browser for which every other host is `elsewhere`."""
    program = client("chromium", "chromium")
    rules = f"MAP * 127.0.0.1:{elsewhere.server_address[1]}, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", f"--host-resolver-rules={rules}"]
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@contextmanager
def listening() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Opened:
    """A page that is open; `told` has what it complained of, and what it asked of elsewhere."""

    page: Page
    address: str
    told: list[str] = field(default_factory=list)

    def listen(self) -> None:
        ours = (self.address, "data:", f"blob:{self.address}", "about:")
        self.page.on("console", lambda message: self.told.append(message.text))
        self.page.on("pageerror", lambda error: self.told.append(str(error)))
        self.page.context.on("request", lambda r: None if r.url.startswith(ours) else self.told.append(r.url))

    def ready(self) -> None:
        expect(self.page.locator("#state")).to_have_text("Ready", timeout=PATIENCE)
        expect(self.page.locator("#program option[value=hello]")).to_have_count(1, timeout=PATIENCE)

    def press(self, name: str, wait: bool = True) -> None:
        """Press a button, and wait until what it asks for has come."""
        self.page.get_by_role("button", name=name, exact=True).click()
        if wait:
            self.done()

    def done(self) -> None:
        expect(self.page.locator("#stop")).to_be_disabled(timeout=PATIENCE)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name, exact=True).click()
        self.done()

    def write(self, name: str, text: str) -> None:
        """Have this text in a file of the folder, in place of what it had."""
        self.page.locator("#file").select_option(name)
        self.page.locator("#text").fill(text)

    def load(self, **files: str) -> None:
        """Load files from the disk."""
        given = [
            {"name": n.replace("_", "."), "mimeType": "text/plain", "buffer": t.encode()} for n, t in files.items()
        ]
        self.page.locator("#chosen").set_input_files(given)  # type: ignore[arg-type]

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def notes(self) -> Locator:
        return self.page.locator("#notes")

    def kept(self) -> Any:
        """The work, as the browser has it."""
        return json.loads(self.page.evaluate("() => localStorage.getItem('trapline')"))


def opened(browser: Browser, address: str, size: Any = WIDE, scheme: Any = "light", begin: str = "") -> Opened:
    """The page in a browser that has never seen it; `begin` runs before anything of the page."""
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    found = Opened(page, address)
    found.listen()
    if begin:
        page.add_init_script(begin)
    page.goto(address)
    return found


def violations(page: Page) -> list[str]:
    """What axe-core has to say of the page."""
    script = (module("axe-core") / "axe.min.js").read_text("utf-8")
    page.evaluate(f"() => {{ {script} }}")
    found = page.evaluate("() => axe.run(document, {iframes: false})")
    return [f"{v['id']}: {v['help']}: {[n['target'] for n in v['nodes']][:4]}" for v in found["violations"]]
