"""`trapline host`: every verb from the command line, with `--json`, and what is said of mistakes."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from monitor.host import Verb
from monitor.host.life import EVENTS
from tests.host.hosts import GUEST
from tests.host.test_life import LATER
from tests.trapline.test_readme import commands, execute, pattern
from trapline.cli import main
from trapline.hosting.verbs import VERBS

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / "host.toml").write_text('machine = "g3"\n')
    (tmp_path / "told.s").write_text(GUEST)
    (tmp_path / "web.img").write_bytes(bytes(1024))
    (tmp_path / "web.toml").write_text('image = "told.s"\nstorage = 1024\n[[disks]]\nfile = "web.img"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capfd: Capture, command: str, code: int = 0) -> str:
    assert main(["host", *command.split()]) == code, command
    out, err = capfd.readouterr()
    return err if code else out


def facts(capfd: Capture, command: str) -> Any:
    return json.loads(said(capfd, f"{command} --json"))


def test_every_verb_is_a_command() -> None:
    verbs = {verb.value for verb in set(Verb) - LATER - set(EVENTS)}
    assert verbs | {"define", "run", "forget", "press", "capture", "pool"} == set(VERBS)


def test_a_machine_has_a_life(here: Path, capfd: Capture) -> None:
    lines = {
        "define servers web.toml": "web: defined at step 0\n",
        "start servers web": "web: running at step 0\n",
        "run servers --steps 100": "web: idle at step 11\n",
        "snapshot servers web first": "web: idle at step 11\n",
        "send servers web hi": "web: running at step 11\n",
        "stop servers web": "web: running at step 11, asked to stop\n",
        "run servers": "web: halted at step 22\n",
        "resize servers web 2048": "web: defined at step 0\n",
        "revert servers web first": "web: running at step 11\n",
        "save servers web": "web: saved at step 11\n",
        "restore servers web": "web: running at step 11\n",
        "clone servers web web2": "web2: running at step 11\n",
        "pause servers web web2": "web: paused at step 11\nweb2: paused at step 11\n",
        "resume servers web2": "web2: running at step 11\n",
        "reset servers web2": "web2: running at step 0\n",
        "kill servers web2": "web2: defined at step 0\n",
        "undefine servers web2": "web2: defined at step 0\n",
        "forget servers web first": "web: paused at step 11\n",
        "run servers ": "no machine runs\n",
    }
    (here / "web.img").unlink()
    assert "there is no file `web.img` beside it" in said(capfd, "define servers web.toml", 3)
    (here / "web.img").write_bytes(bytes(1024))
    assert {command: said(capfd, command) for command in lines} == lines
    found = facts(capfd, "show servers web")
    assert (found["state"], found["storage"], found["disks"][0]["blocks"], found["snapshots"]) == (
        "paused",
        1024,
        2,
        [],
    )
    assert [machine["name"] for machine in facts(capfd, "list servers")["machines"]] == ["web"]
    assert facts(capfd, "console servers web") == {"name": "web", "output": ""}


def test_what_is_refused(here: Path, capfd: Capture) -> None:
    said(capfd, "define servers web.toml")
    assert said(capfd, "pause servers web", 1).startswith("error: web is defined, and cannot pause\nhelp: ")
    assert "there is no machine 'nobody'" in said(capfd, "start servers nobody", 2)
    assert "there is a machine web already" in said(capfd, "define servers web.toml", 3)
    assert "is no name" in said(capfd, "clone servers web ../out", 2)
    assert "servers/nothing is no host" in said(capfd, "list servers/nothing", 3)
    (here / "bad.toml").write_text('guest = "nothing"\n')
    assert "there is no guest 'nothing'" in said(capfd, "define servers bad.toml", 2)
    os.symlink("/etc/hostname", here / "out.s")
    (here / "bad.toml").write_text('image = "out.s"\n')
    assert "`out.s` leads out of" in said(capfd, "define servers bad.toml", 3)
    for text in ("x", "{}", '{"state": "flying"}', "[1]"):
        with closing(sqlite3.connect(here / "servers" / "host.db")) as file, file:
            file.execute("UPDATE machines SET point = ?", (text,))
        assert "servers/host.db is damaged: " in said(capfd, "list servers", 3)
        assert "servers/host.db is damaged: " in said(capfd, "start servers web", 3)
    (here / "servers" / "host.db").write_bytes(b"garbage" * 100)
    assert "servers/host.db: file is not a database" in said(capfd, "list servers", 3)


def test_a_host_tells_what_it_promises_and_what_each_had(here: Path, capfd: Capture) -> None:
    (here / "servers" / "host.toml").write_text('policy = "shares"\nquantum = 100\nperiod = 1000\n')
    (here / "db.toml").write_text('image = "told.s"\nstorage = 1024\nshares = 3\nreservation = 200\ncap = 600\n')
    (here / "big.toml").write_text('image = "told.s"\nstorage = 1024\nreservation = 801\n')
    said(capfd, "define servers web.toml db.toml big.toml")
    said(capfd, "start servers web db")
    refused = said(capfd, "start servers big", 3)
    assert refused.startswith(
        "error: big is not admitted: what it is promised cannot be kept beside the others\nhelp: "
    )
    said(capfd, "run servers --steps 500")
    listed = {machine["name"]: machine["account"] for machine in facts(capfd, "list servers")["machines"]}
    assert (listed["big"], listed["db"]["shares"]) == (None, 3)
    found = {machine["name"]: machine for machine in facts(capfd, "promise servers")["machines"]}
    assert set(found) == {"web", "db"}
    assert facts(capfd, "show servers db")["account"].items() <= found["db"].items()
    assert (found["db"]["reservation"], found["db"]["waited"] <= found["db"]["longest_wait"]) == (200, True)
    page = said(capfd, "show servers db")
    assert "promised    3 of 4 shares of processor 0, 200 steps in every 1,000, at most 600 in every 1,000" in page
    assert re.search(r"had         [\d,]+ of [\d,]+ steps in 1 turns, a turn within", page)
    assert re.search(r"exits       \d+ emulated: privileged", page)
    assert "charged  waited  processor" in said(capfd, "list servers")
    (here / "servers" / "host.toml").write_text('machine = "g3"\n')
    assert "servers has no policy, and promises nothing" in said(capfd, "promise servers", 3)
    assert facts(capfd, "show servers db")["account"] is None


def test_the_commands_of_the_documentation(here: Path, capfd: Capture) -> None:
    (here / "web.toml").write_text('guest = "echo"\n')
    for guest in ("token", "hello", "dice"):
        (here / f"{guest}.toml").write_text(f'guest = "{guest}"\n')
    for name, typed in (("one", 'input = "two.txt"\n'), ("two", "")):
        (here / f"{name}.toml").write_text(f'guest = "ping"\n{typed}[[networks]]\nname = "lan"\n')
    (here / "two.txt").write_text("10.0.0.2\n")
    (here / "office").mkdir()
    (here / "office" / "host.toml").write_text('[[networks]]\nname = "lan"\n')
    (here / "small").mkdir()
    (here / "small" / "host.toml").write_text('type = "vmm"\n')
    page = (Path(__file__).parents[2] / "docs" / "host.md").read_text()
    found = [pair for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL) for pair in commands(block)]
    assert len(found) > 8
    for command, output in found:
        said = execute(command, capfd)
        assert re.fullmatch(pattern(output), said), f"{command} says {said}"


def test_looking_does_not_wait_for_whoever_owns_the_folder(here: Path, capfd: Capture) -> None:
    from monitor.host import Host

    said(capfd, "define servers web.toml")
    with Host("servers"):
        assert facts(capfd, "show servers web")["state"] == "defined"
