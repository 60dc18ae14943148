"""Programs that tests call and no Python package brings: of the system, such as coqc, and of npm. `make clients`
installs them, the latter into build/clients.

Where one is missing its tests are skipped, and say which package has it. With TRAPLINE_CLIENTS=required, as in
`.ci/run`, they fail.
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

MODULES = Path(__file__).parents[1] / "build" / "clients" / "node_modules"


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


def missing(reason: str) -> NoReturn:
    """Skip, or fail where all have to be there."""
    if os.environ.get("TRAPLINE_CLIENTS") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
