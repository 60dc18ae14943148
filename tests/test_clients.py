"""A client that is missing is a skipped test for a reader, and a failure where all of them are required."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.clients import client, module

ROOT = Path(__file__).parents[1]
NAME = "no-such-command-of-trapline"


def test_a_client_is_found() -> None:
    assert Path(client("sh", package="dash")).name == "sh"


def test_a_missing_client_skips_and_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAPLINE_CLIENTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{NAME} is missing: install the package some-package"):
        client(NAME, package="some-package")


def test_a_missing_client_fails_where_clients_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAPLINE_CLIENTS", "required")
    with pytest.raises(pytest.fail.Exception, match="some-package"):
        client(NAME, package="some-package")


def test_a_missing_module_of_npm_is_treated_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAPLINE_CLIENTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{NAME} is missing: run `make clients`"):
        module(NAME)
    monkeypatch.setenv("TRAPLINE_CLIENTS", "required")
    with pytest.raises(pytest.fail.Exception, match=NAME):
        module(NAME)


def test_the_gate_installs_clients_and_requires_them() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines.index("make clients") < lines.index("export TRAPLINE_CLIENTS=required") < lines.index("make check")


def installed(tmp_path: Path, *programs: str, asked: str = "some-package") -> subprocess.CompletedProcess[str]:
    """`.ci/clients` asked for a package that is not there, by somebody who is not root, with these programs alone."""
    tmp_path.mkdir(exist_ok=True)
    scripts = {"dpkg-query": "exit 1", "id": "echo 1000", "apt-get": "exit 9", "npm": 'echo "$@"', "mkdir": "exit 0"}
    for name, text in scripts.items():
        if name in programs:
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / name).chmod(0o755)
    for name in ("bash", "grep"):
        (tmp_path / name).symlink_to(client(name, package=name))
    command = [tmp_path / "bash", ROOT / ".ci" / "clients", asked]
    return subprocess.run(command, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True)


def test_installing_needs_root_and_says_so(tmp_path: Path) -> None:
    done = installed(tmp_path, "dpkg-query", "id", "apt-get")
    assert done.returncode == 1 and "sudo apt-get install --no-install-recommends some-package" in done.stderr


def test_installing_needs_apt_and_says_so(tmp_path: Path) -> None:
    done = installed(tmp_path, "dpkg-query", "id")
    assert done.returncode == 1 and "no apt-get here" in done.stderr and "some-package" in done.stderr


def test_a_module_is_asked_of_npm(tmp_path: Path) -> None:
    done = installed(tmp_path, "npm", "mkdir", asked="@scope/none@1.2.3")
    assert done.returncode == 0 and done.stdout.split()[-3:] == ["--prefix", "build/clients", "@scope/none@1.2.3"]
    done = installed(tmp_path / "without", asked="@scope/none@1.2.3")
    assert done.returncode == 1 and "no apt-get here; install what Debian calls: npm" in done.stderr
