"""One site and one browser for a module of tests of the page. At their end nobody elsewhere was asked for anything."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.page.opened import Elsewhere, browsing, listening, serving


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    with listening() as found:
        yield found
        assert found.heard == []


@pytest.fixture(scope="module")
def browser(address: str, elsewhere: Elsewhere) -> Iterator[Browser]:
    with browsing(elsewhere) as found:
        yield found
