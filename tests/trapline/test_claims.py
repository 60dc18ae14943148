"""Outputs never destroy inputs: whatever a command writes, it is no file that the command has to do with otherwise."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guests.contained import Limits
from isa.files import sources_read
from trapline import cli
from trapline.cli import main
from trapline.containers.writing import laid_out, write
from trapline.options import Written, read, updated, written
from trapline.running import claims

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]

# What writes something: the command that does it, without the option itself.
OUTPUTS = {
    ("asm", "--output"): "asm a.s",
    ("bench", "--output"): "bench --quick --only gcc",
    ("host consolidate", "--svg"): "host consolidate servers.toml",
    ("lab grade", "--csv"): "lab grade 1 . --key keys",
    ("lab grade", "--gradescope"): "lab grade 1 . --key keys",
    ("lab grade", "--html"): "lab grade 1 . --key keys",
    ("lab grade", "--junit"): "lab grade 1 . --key keys",
    ("lab grade", "--resume"): "lab grade 1 . --key keys",
    ("prove", "--difference"): "prove mine.isa:mine --properties",
    ("prove", "--export"): "prove mine.isa:mine",
    ("paravirt", "--output"): "paravirt a.s",
    ("repair", "--output"): "repair mine.isa:mine",
    ("run", "--disk"): "run a.s",
    ("compare", "--difference"): "compare a.s",
    ("compare", "--save"): "compare a.s --under vmm",
    ("debug", "--disk"): "debug a.s",
    ("gdb", "--disk"): "gdb a.s --port 0",
    ("run", "--events"): "run a.s --monitor trap",
    ("run", "--record"): "run a.s",
    ("run", "--report"): "run a.s",
    ("run", "--save"): "run a.s",
    ("run", "--trace"): "run a.s",
    ("sweep", "--csv"): "sweep space.toml",
    ("sweep", "--results"): "sweep space.toml",
    ("sweep", "--svg"): "sweep space.toml",
    ("techniques", "--chart"): "techniques a.s",
    ("verify", "--certificate"): "verify mine.isa:mine",
    ("verify", "--export"): "verify mine.isa:mine",
    ("verify", "--html"): "verify mine.isa:mine",
    ("host receive", "--listen"): "host receive a.s",
    ("host recording", "--output"): "host recording a.s web",
    ("host shot", "--output"): "host shot a.s web",
    ("machines", "--output"): "machines mine.isa:mine --draw trap",
    ("screen", "--record"): "screen a.s --steps 1 --shot s.png",
    ("screen", "--shot"): "screen a.s --steps 1",
    ("screen", "--socket"): "screen a.s",
    ("net run", "--capture"): "net run lab.toml",
    ("net run", "--record"): "net run lab.toml",
    ("vmm", "--output"): "vmm pack a.s",
    ("container build", "--output"): "container build recipe.toml",
    ("container pack", "--output"): "container pack image.tar",
    ("volume create", "--in"): "volume create a.qcow2 --on a.s",
    ("volume serve", "--socket"): "volume serve a.s",
    ("witness", "--difference"): "witness mine.isa:mine setie",
    ("witness", "--output"): "witness mine.isa:mine setie",
}
ABOUT = ("mine.isa", "space.toml", "servers.toml", "lab.toml", "recipe.toml", "image.tar", "keys")
FREE = {("lab quiz", "--output")}  # of a command that reads nothing
# What takes a value and is no file of its own: a name that a room of Trapline understands.
NAMES = {
    "ADDRESS",
    "POLICY",
    "POLICY|DIR",
    "MONITOR",
    "NAMES",
    "MACHINE",
    "GUEST",
    "SOURCE",
    "INSTRUCTION",
    "INSTR",
    "A",
    "B",
    "COMMAND",
    "CONTAINER",
    "WHERE",
    "WHERE[:END]",
}
FILES = {"FILE", "DIR", "IMAGE", "PATH"}


def every_action() -> Iterator[tuple[str, argparse.Action]]:
    """Every option of every command, and of what a command does by the name of an action: `lab grade`."""
    for name, module in cli.subcommands().items():
        parser = argparse.ArgumentParser()
        module.configure(parser)
        yield from _of(name, parser)


def _of(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for more, child in action.choices.items():
                yield from _of(f"{name} {more}", child)
        else:
            yield name, action


def _untyped(action: argparse.Action) -> bool:
    """Whether it takes a value that may be anything."""
    return action.nargs != 0 and action.type is None and not action.choices and action.metavar not in NAMES


def test_every_option_says_whether_it_names_a_file_to_read_or_to_write() -> None:
    """A new option with a value has a type, or is a known kind of name; one that writes has a line in `OUTPUTS`."""
    found, loose = set(), []
    for name, action in every_action():
        what = (name, (action.option_strings or [action.dest])[-1])
        if action.type in (written, updated):
            found.update([what] if action.option_strings else [])  # a name that stands alone is what an action is about
        elif action.type is not read and (action.metavar in FILES or _untyped(action)):
            loose.append(what)
    assert (found, loose) == (FREE.union(OUTPUTS), [])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program that includes another, for a machine that its header does not name, and a disk."""
    (tmp_path / "a.s").write_text('.include "b.s"\n        halt\n')
    (tmp_path / "b.s").write_text(".equ unused, 1\n")
    (tmp_path / "mine.isa").write_text('variant mine of g3_popf "Mine." {\n}\n')
    (tmp_path / "own.s").write_text("# On a machine of its own.\n# machine: mine.isa:mine\n        halt\n")
    (tmp_path / "space.toml").write_text('machine = "mine.isa:mine"\nguards = ["setie"]\n')
    (tmp_path / "servers.toml").write_text('[[servers]]\nname = "a"\nwithin = 9000\n[[servers.requests]]\nat = 1\n')
    (tmp_path / "keys").write_text("abc")
    (tmp_path / "lab.toml").write_text('[[guests]]\nname = "a"\nguest = "hello"\n')
    (tmp_path / "recipe.toml").write_text('command = "a"\n[programs]\na = "a.s"\n')
    write(laid_out([{"a": b"    "}], "a", Limits())[1], str(tmp_path / "image.tar"))
    (tmp_path / "disk").write_bytes(bytes(2048))
    os.link(tmp_path / "a.s", tmp_path / "hard")
    os.symlink("a.s", tmp_path / "soft")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.exists()}


def refused(here: Path, capfd: Capture, command: str) -> str:
    """What is said of it; nothing was written anywhere."""
    before = contents(here)
    code = main(command.split())
    err = capfd.readouterr().err
    assert (code, contents(here)) == (2, before), err
    return err


@pytest.mark.parametrize(("of", "option"), OUTPUTS)
@pytest.mark.parametrize("name", ["{}", "./{}", "hard", "soft", "../{folder}/{}"])
def test_no_output_is_the_file_that_the_command_is_about(
    of: str, option: str, name: str, here: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = OUTPUTS[of, option]
    about = next((file for file in ABOUT if file in command), "a.s")
    if name in ("hard", "soft"):
        (here / name).unlink()
        (os.link if name == "hard" else os.symlink)(about, name)
    place = name.format(about, folder=here.name)
    if of == "bench":
        monkeypatch.setattr("isa.machines.catalogue.files", lambda: ["a.s"])
    assert "give each output a file of its own" in refused(here, capfd, f"{command} {option} {place}")


@pytest.mark.parametrize(("of", "option"), [o for o in OUTPUTS if o[0] in ("asm", "run")])
@pytest.mark.parametrize(
    ("about", "place"),
    [("a.s", "b.s"), ("own.s", "mine.isa"), ("a.s --isa mine.isa:mine", "mine.isa")],
    ids=["an include", "the machine of a header", "the machine of an option"],
)
def test_no_output_is_a_file_that_is_read_on_the_way(
    of: str, option: str, about: str, place: str, here: Path, capfd: Capture
) -> None:
    command = OUTPUTS[of, option].replace("a.s", about)
    if of == "asm" and "machine" in about:
        return
    assert f"overwrite `{place}`" in refused(here, capfd, f"{command} {option} {place}")


@pytest.mark.parametrize("option", ["--save", "--trace", "--events", "--record"])
@pytest.mark.parametrize("other", ["--input keys", "--disk disk", "--disk disk --read-only"])
def test_no_output_is_what_a_device_reads(option: str, other: str, here: Path, capfd: Capture) -> None:
    place = other.split()[1]
    refused(here, capfd, f"run a.s --monitor trap {other} {option} ./{place}")


def test_two_outputs_are_two_files(here: Path, capfd: Capture) -> None:
    assert "both write" in refused(here, capfd, "run a.s --trace new --save ./new")
    assert "both write" in refused(here, capfd, f"run a.s --trace new --monitor trap --events ../{here.name}/new")
    os.symlink("not-there", here / "dangling")
    assert "both write" in refused(here, capfd, "run a.s --trace dangling --save not-there")
    assert "lie one in the other" in refused(here, capfd, "verify g3 --export out --certificate out/g3")


def test_a_saved_machine_is_not_written_over(here: Path, capfd: Capture) -> None:
    assert main(["run", "hello", "--steps", "10", "--save", "half"]) == 1
    assert "read as `--resume`" in refused(here, capfd, "run --resume half --save half")
    assert main(["run", "--resume", "half", "--save", "rest"]) == 0


def test_an_output_may_be_the_null_device_and_a_file_that_was_there(here: Path) -> None:
    assert main(["run", "a.s", "--trace", "/dev/null", "--save", "/dev/null", "--input", "/dev/null"]) == 0
    (here / "old").write_text("old")
    assert main(["run", "a.s", "--trace", "old", "--disk", "disk"]) == 0
    assert (here / "old").read_text() != "old"
    assert main(["asm", "a.s"]) == 0
    assert main(["run", "a.image", "--trace", "old", "--read-only", "--disk", "disk"]) == 0


def shell(command: str, here: Path) -> tuple[int, str]:
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=here, env=path, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("redirected", "what"),
    [
        ("run hello --input - --trace keys < keys", "read as `--input`"),
        ("run hello --input /dev/stdin --trace keys < keys", "read as `--input`"),
        ("run hello --trace out > out", "where stdout goes"),
        ("run hello --trace /dev/stdout > out", "where stdout goes"),
        ("run hello --save err 2> err; cat err >&2; test $? = 1", "where stderr goes"),
    ],
)
def test_streams_are_files_too(redirected: str, what: str, here: Path) -> None:
    code, err = shell(f"{sys.executable} -m trapline {redirected}", here)
    assert code in (1, 2) and what in err
    assert (here / "keys").read_text() == "abc"


def test_a_trace_may_go_down_a_pipe(here: Path) -> None:
    assert shell(f"{sys.executable} -m trapline run hello --trace /dev/stdout | grep -q Hello", here)[0] == 0


def test_planted_a_reader_that_does_not_say_what_it_reads(
    here: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then an include is lost, and the test above would see it."""
    monkeypatch.setattr("isa.assembler.includes.noted", lambda file, name: None)
    assert main(["run", "a.s", "--trace", "b.s"]) == 0
    assert (here / "b.s").read_text().startswith("0 ")


def test_what_a_run_saves_by_itself_never_replaces_anything(here: Path) -> None:
    arguments = argparse.Namespace(trace=Written("hello.2.saved"))
    free = cli.subcommands()["run"]._free
    assert free("hello", arguments) == "hello.saved"
    (here / "hello.saved").touch()
    assert free("hello", arguments) == "hello.3.saved"
    assert claims.used("a.s", arguments) is False
    with sources_read.noting():
        sources_read.noted("a.s", "a.s")
        assert claims.used("soft", arguments) is True
