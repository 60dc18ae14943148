"""`trapline host migrate` and `receive`: between processes, over a socket and over TLS."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients import client
from tests.host.hosts import define, opened
from tests.planting import Patch
from tests.trapline.test_monitors_doc import blocks
from tests.trapline.test_readme import commands, pattern
from trapline.cli import main

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: Patch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with opened(tmp_path / "first") as host:
        define(host)
        host.start("web")
        host.send("web", b"ab")
        host.run(200)
    opened(tmp_path / "second").close()
    return tmp_path


@contextmanager
def receiving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that receives, and its address."""
    words = [sys.executable, "-m", "trapline", "host", "receive", "second", "--times", "1", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def test_as_the_manual_has_it(capfd: Capture) -> None:
    (start, told), (command, output) = (pair for text in blocks_of_the_page() for pair in commands(text))
    with receiving("--listen", "./second.sock") as (process, address):
        assert "host receive second --listen ./second.sock" in start and told.strip().endswith(address)
        assert main(command.split()[1:]) == 0
        assert re.fullmatch(pattern(output), capfd.readouterr().out)
        assert process.wait(20) == 0
    assert main(["host", "show", "second", "web", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["state"] in ("running", "idle")


def test_a_socket_that_was_left_is_no_hindrance_and_one_in_use_is(capfd: Capture) -> None:
    with receiving("--listen", "./second.sock") as (process, _):
        process.kill()
        process.wait()
    assert Path("second.sock").is_socket()
    with receiving("--listen", "./second.sock") as (process, address):
        assert main(["host", "receive", "first", "--listen", address]) == 3
        assert "cannot listen at ./second.sock" in capfd.readouterr().err
        assert main(["host", "migrate", "first", "web", address]) == 0
        assert process.wait(20) == 0


def blocks_of_the_page() -> list[str]:
    text = (ROOT / "docs" / "migration.md").read_text().replace("# Migration\n", "# M\n## Migration\n", 1)
    assert text and not blocks("migration.md", "Migration")
    return [text.partition("```console\n")[2].partition("```")[0]]


def certificates(folder: Path) -> None:
    """An authority, two who are known to it, and one who only says so."""

    def openssl(*words: str) -> None:
        subprocess.run([client("openssl", "openssl"), *words], cwd=folder, check=True, capture_output=True, timeout=60)

    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    for name in ("ca", "other"):
        openssl(*new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    for name, authority in (("a", "ca"), ("b", "ca"), ("x", "other")):
        of = ("-CA", f"{authority}.pem", "-CAkey", f"{authority}.key")
        given = ("-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE", *of)
        openssl(*new, "-subj", f"/CN={name}", *given, "-keyout", f"{name}.key", "-out", f"{name}.pem")


def shown(name: str, authority: str = "ca") -> list[str]:
    return ["--certificate", f"{name}.pem", "--key", f"{name}.key", "--authority", f"{authority}.pem"]


def test_over_a_network_both_sides_show_who_they_are(here: Path, capfd: Capture) -> None:
    certificates(here)
    with receiving("--listen", "127.0.0.1:0", *shown("b")) as (process, address):
        for wrong in (shown("x"), shown("a", "other")):
            assert main(["host", "migrate", "first", "web", address, *wrong]) == 3
        assert main(["host", "list", "first"]) == 0 and "web" in capfd.readouterr().out
        assert main(["host", "migrate", "first", "web", address, *shown("a"), "--json"]) == 0
        assert process.wait(20) == 0
    assert json.loads(capfd.readouterr().out)["arrived"] is True


@pytest.mark.parametrize(
    ("command", "code", "why"),
    [
        ("migrate first web ./none.sock", 3, "cannot reach the host at ./none.sock"),
        ("migrate first none ./none.sock", 2, "there is no machine 'none'"),
        ("migrate first web 127.0.0.1:1", 2, "under TLS alone"),
        ("migrate first web 127.0.0.1:99999", 2, "is no address"),
        ("receive second --listen no/s", 3, "cannot listen at no/s"),
        ("receive second --listen 127.0.0.1:0 --certificate a --key a --authority a", 3, "certificates cannot be used"),
        ("receive none --listen ./s", 3, "no host"),
    ],
)
def test_what_cannot_be_is_told(command: str, code: int, why: str, capfd: Capture) -> None:
    assert main(["host", *command.split()]) == code
    assert why in capfd.readouterr().err
