"""Programs of the system that tests call, such as coqc. `make clients` installs them.

Where one is missing its tests are skipped, and say which package has it. With TRAPLINE_CLIENTS=required, as in
`.ci/run`, they fail.
"""

import os
import shutil

import pytest


def client(command: str, package: str) -> str:
    """The path of a command that a Debian package brings."""
    path = shutil.which(command)
    if path is not None:
        return path
    reason = f"{command} is missing: install the package {package}, or run `make clients`"
    if os.environ.get("TRAPLINE_CLIENTS") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
