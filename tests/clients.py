"""Programs that tests call and no Python package brings: of the system, such as coqc, and of npm. `make clients`
installs them, the latter into build/clients. And the site of the page, which `make site` builds.

Where one is missing its tests are skipped, and say which package has it. With TRAPLINE_CLIENTS=required, as in
`.ci/run`, they fail.
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "build" / "clients" / "node_modules"


def client(command: str, package: str) -> str:
    """The path of a command that a Debian package brings."""
    path = shutil.which(command)
    if path is not None:
        return path
    missing(f"{command} is missing: install the package {package}, or run `make clients`")


def module(name: str) -> Path:
    """Where a package of npm lies, by its name."""
    path = MODULES / name
    if (path / "package.json").is_file():
        return path
    missing(f"{name} is missing: run `make clients`, which has npm install it")


def site() -> Path:
    """The site, if it has been built of what there is now."""
    from trapline.page.site.building import MADE_OF, made_of

    path = ROOT / "build" / "site"
    if not (path / MADE_OF).is_file():
        missing("the site is missing: run `make site`")
    if (path / MADE_OF).read_text() != made_of():
        missing("the site was made of something else: run `make site`")
    return path


def missing(reason: str) -> NoReturn:
    """Skip, or fail where all have to be there."""
    if os.environ.get("TRAPLINE_CLIENTS") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
