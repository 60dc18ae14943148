"""docs/datacentre.md is true: its files are written, its commands run in order, ours here and those of others as they
are, and each says what the page has."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import client
from tests.trapline.test_readme import BLOCK, ROOT, Capture, commands, pattern
from trapline.cli import main

pytestmark = pytest.mark.long

PAGE = (ROOT / "docs" / "datacentre.md").read_text()
NAMED = re.compile(r"`([\w./-]+\.(?:toml|html))`:\s*$")
QUOTED = re.compile(r"\$'([^']*)'")
OTHERS = {"tshark": "tshark", "qemu-img": "qemu-utils"}


def words(command: str) -> list[str]:
    """As a shell would have them: `$'a\\n'` is text with a newline."""
    return shlex.split(QUOTED.sub(lambda found: shlex.quote(found[1].replace("\\n", "\n")), command))


def shown(command: str, capfd: Capture, background: list[subprocess.Popen[str]]) -> str:
    name, *given = words(command)
    if given[-1] == "&":
        process = subprocess.Popen([sys.executable, "-m", name, *given[:-1]], stdout=subprocess.PIPE, text=True)
        background.append(process)
        assert process.stdout is not None
        return process.stdout.readline()
    if name in OTHERS:
        ran = [client(name, OTHERS[name]), *given]
        return subprocess.run(ran, capture_output=True, text=True, check=True, timeout=60).stdout
    assert name == "trapline"
    assert main(given) in (0, 1), capfd.readouterr().err
    return capfd.readouterr().out


def test_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    background: list[subprocess.Popen[str]] = []
    ran = 0
    try:
        for found in BLOCK.finditer(PAGE):
            if found[1] != "console":
                name = NAMED.search(PAGE[: found.start()].rstrip())
                assert name, "a file without a name"
                path = tmp_path / name[1]
                path.parent.mkdir(exist_ok=True)
                path.write_text(found[2])
                continue
            for command, expected in commands(found[2]):
                output = shown(command, capfd, background)
                assert re.fullmatch(pattern(expected), output), f"$ {command}\n{output}"
                ran += 1
        assert ran > 40 and [process.wait(30) for process in background] == [0]
    finally:
        for process in background:
            process.kill()
            process.communicate()
