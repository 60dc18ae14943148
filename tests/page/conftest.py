"""One site and one browser for a module of tests of the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.page.opened import browsing, serving


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    with browsing() as found:
        yield found
