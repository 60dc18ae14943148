"""`trapline container`: from a recipe to containers that run; and skopeo, which nobody here wrote, between the two."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guests.catalogue import directory
from tests.clients import client
from tests.trapline.test_readme import commands, pattern
from trapline.cli import main
from trapline.containers.reading import read

pytestmark = [pytest.mark.slow, pytest.mark.long]

Capture = pytest.CaptureFixture[str]
VISITS = (directory() / "contained" / "visits.s").read_text()
BASE = """
command = "visits.bin"
[programs]
"visits.bin" = "visits.s"
[files]
motd = "motd.txt"
[limits]
processes = 2
"""
ABOVE = 'base = "base"\n[files]\nmotd = "above.txt"\n[limits]\nprocesses = 1\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a recipe, what it is made of, and another one that stands on it."""
    monkeypatch.chdir(tmp_path)
    Path("visits.s").write_text(VISITS)
    Path("motd.txt").write_text("from below\n")
    Path("above.txt").write_text("from above\n")
    Path("base.toml").write_text(BASE)
    Path("above.toml").write_text(ABOVE)
    yield tmp_path


def told(command: str, capfd: Capture, code: int = 0) -> dict[str, Any]:
    capfd.readouterr()
    assert main(["container", *command.split(), "--json"]) == code
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def lines(output: str, name: str) -> list[str]:
    return [line.removeprefix(f"{name}| ") for line in output.splitlines() if line.startswith(f"{name}| ")]


def test_a_recipe_becomes_an_image_and_that_runs(capfd: Capture) -> None:
    base, above = told("build base.toml -o base", capfd), told("build above.toml -o above.tar", capfd)
    assert len(base["layers"]) == 1 and above["layers"][0] == base["layers"][0]
    assert above["layers"][1]["files"] == {"motd": 11} and above["limits"]["processes"] == 1
    assert told("show above.tar", capfd) == {k: v for k, v in above.items() if k != "bytes"}
    run = told("run base=times:2 above.tar=name:mail", capfd)
    assert run["reason"] == "halt"
    assert [(one["name"], one["processes"], one["failed"]) for one in run["containers"]] == [
        ("base", 0, 0),
        ("base-2", 0, 0),
        ("mail", 0, 0),
    ]
    assert lines(run["output"], "base-2")[-1] == "process 1, visit 5"
    assert lines(run["output"], "mail")[:2] == ["from above", "process 1, visit 1"]


def test_what_is_packed_runs_as_any_guest(capfd: Capture) -> None:
    told("build base.toml -o base", capfd)
    packed, run = told("pack base -o disk", capfd), told("run base", capfd)
    storage = ["--storage", str(packed["storage"])]
    assert main(["run", "containers", "--disk", "disk", *storage, "--monitor", "trap", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["output"], found["steps"]) == (run["output"], run["steps"])


def test_a_recipe_that_is_shipped_may_give_an_image_of_its_name(capfd: Capture) -> None:
    assert told("build keeper -o keeper", capfd)["digest"] == told("build keeper -o keeper.tar", capfd)["digest"]


def test_a_machine_of_a_host_has_containers(capfd: Capture) -> None:
    told("build keeper -o keeper.tar", capfd)
    told("pack keeper.tar=times:2 -o boxes.img", capfd)
    Path("boxes.toml").write_text('guest = "containers"\n[[disks]]\nfile = "boxes.img"\n')
    Path("host").mkdir()
    Path("host/host.toml").write_text('machine = "g3"\n')
    for command in ("define host boxes.toml", "start host boxes", "run host"):
        assert main(["host", *command.split()]) == 0
    capfd.readouterr()
    assert main(["host", "console", "host", "boxes"]) == 0
    assert lines(capfd.readouterr().out, "keeper-2")[-1] == "nobody has asked for my secret"


def test_a_container_that_fails_is_told(capfd: Capture) -> None:
    Path("visits.s").write_text("        lw   r1, -1(r0)\n")
    told("build base.toml -o base", capfd)
    run = told("run base", capfd, 1)
    assert run["containers"][0]["failed"] == 1 and "killed: address out of bounds" in run["output"]
    assert main(["container", "run", "base"]) == 1
    assert "base: has ended, 1 failed" in capfd.readouterr().out


def test_one_recipe_gives_one_digest(capfd: Capture) -> None:
    first, second = told("build base.toml -o one", capfd), told("build base.toml -o two.tar", capfd)
    assert first["digest"] == second["digest"]
    Path("motd.txt").write_text("from elsewhere\n")
    assert told("build base.toml -o three", capfd)["digest"] != first["digest"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('command = "a"\n', "no file `a`"),
        ("[files]\n", "`command` is missing"),
        ('command = "a"\n[files]\na = "../motd.txt"\n', "does not lie beside"),
        ('command = "a"\n[files]\na = "/etc/passwd"\n', "does not lie beside"),
        ('command = "a"\n[files]\n"../a" = "motd.txt"\n', "not a name"),
        ('command = "a"\n[files]\n".wh.a" = "motd.txt"\n', "hides another"),
        ('command = "a"\n[files]\na = "nothing"\n', "cannot read"),
        ('command = "a"\n[programs]\na = "wrong.s"\n', "wrong.s"),
        ('command = "a"\n[programs]\na = "at16.s"\n', "begins at word 16"),
        ('command = "a"\n[programs]\na = "visits.s"\n[limits]\nwindow = 300\n', "write `window = 416`"),
        ('command = "a"\n[programs]\na = "visits.s"\n[limits]\nblocks = 33\n', "from 0 to 32"),
        ('command = "a"\n[programs]\na = "visits.s"\n[files]\na = "motd.txt"\n', "is a program already"),
        ('command = "a"\nremove = ["b"]\n', "there is no base"),
        ('base = "nothing"\n', "nothing"),
        ('base = "motd.txt"\n', "no image"),
        ('colour = "red"\ncommand = "a"\n', "no `colour`"),
        ("command =", "no TOML"),
    ],
)
def test_a_recipe_that_is_wrong_is_told(text: str, says: str, capfd: Capture) -> None:
    Path("wrong.s").write_text("nonsense\n")
    Path("at16.s").write_text("        .org 16\n        halt\n")
    Path("wrong.toml").write_text(text)
    assert main(["container", "build", "wrong.toml", "-o", "out"]) in (2, 3)
    assert says in capfd.readouterr().err and not Path("out").exists()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("run nothing", "nothing"),
        ("run base=colour:red", "no option `colour:red`"),
        ("run base=times:0", "no option `times:0`"),
        ("run base=console,times:2", "only one container"),
        ("run base=name:much-too-long-a-name", "1 to 12 letters"),
        ("run base=times:999", "more than the 1000"),
        ("build base.toml -o base", "is there already"),
        ("pack base -o base/index.json", "overwrite"),
    ],
)
def test_a_command_that_is_wrong_is_told(command: str, says: str, capfd: Capture) -> None:
    told("build base.toml -o base", capfd)
    assert main(["container", *command.split()]) in (2, 3)
    assert says in capfd.readouterr().err


def test_skopeo_inspects_and_copies_an_image(capfd: Capture) -> None:
    skopeo = [client("skopeo", package="skopeo"), "--override-arch", "g3", "--override-os", "trapline"]
    told("build base.toml -o base", capfd)
    built = told("build above.toml -o above", capfd)

    def run(*arguments: str) -> str:
        done = subprocess.run([*skopeo, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    seen = json.loads(run("inspect", "oci:above:latest"))
    assert (seen["Architecture"], seen["Os"], seen["Digest"]) == ("g3", "trapline", built["digest"])
    assert len(seen["Layers"]) == 2 and seen["Labels"]["trapline.limits.processes"] == "1"
    run("copy", "oci:above:latest", "oci:copied:other")
    run("copy", "oci:above:latest", "oci-archive:copied.tar")
    assert read("copied") == read("copied.tar") == read("above")
    run("copy", "oci:above:latest", "dir:plain")  # every blob as it is
    assert {p.name for p in Path("plain").iterdir()} > {layer.removeprefix("sha256:") for layer in seen["Layers"]}
    lines_of = told("run copied", capfd)["output"].replace("copied", "above")
    assert lines_of == told("run above", capfd)["output"]


def test_the_commands_of_the_documentation(capfd: Capture) -> None:
    page = (Path(__file__).parents[2] / "docs" / "containers.md").read_text()
    for name, text in re.findall(r"`(\w+\.\w+)`:\n\n```\w+\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        Path(name).write_text(text)
    ran = 0
    for text in re.findall(r"^```console\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        for command, expected in commands(text):
            capfd.readouterr()
            code = main(command.split()[1:])
            out, err = capfd.readouterr()
            assert code in (0, 1) and re.fullmatch(pattern(expected), out + err), f"$ {command}\n{out}{err}"
            ran += 1
    assert ran >= 5
