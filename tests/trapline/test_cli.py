"""The command line as a whole: what every subcommand owes its user, whatever it does."""

import argparse
import gc
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from guests import catalogue
from isa.errors import MachineError, TraplineError, UsageError
from trapline import cli, output
from trapline.__main__ import start

pytestmark = pytest.mark.slow


def test_no_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: trapline" in capsys.readouterr().err


def test_help_is_fine_and_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    assert "exit codes" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(cli.subcommands()))
def test_every_subcommand_has_help_and_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (TraplineError("the disk is full", "make room"), 3, "error: the disk is full\nhelp: make room\n"),
        (MachineError("storage is too small"), 3, "error: storage is too small\n"),
        (UsageError("no such guest"), 2, "error: no such guest\n"),
        (PermissionError(13, "Permission denied", "x.s"), 3, "error: x.s: permission denied\n"),
        (KeyboardInterrupt(), 130, "\ninterrupted\n"),
    ],
)
def test_errors_are_text_and_a_code(
    error: BaseException, code: int, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(arguments: argparse.Namespace) -> int:
        raise error

    parser = argparse.ArgumentParser()
    parser.set_defaults(perform=fail, json=False)
    monkeypatch.setattr(cli, "build_parser", lambda chosen: parser)
    assert cli.main([]) == code
    assert capsys.readouterr().err == text


def imported(code: str) -> set[str]:
    """The modules that a fresh process loads for this code."""
    code = f"import sys; {code}; sys.stdout.flush(); print(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=os.getcwd())
    return set(done.stdout.splitlines()[-1].split())


def test_starting_up_imports_nothing_heavy() -> None:
    loaded = imported("from trapline.cli import build_parser, subcommands; build_parser(subcommands())")
    assert not {"lark", "rich", "hypothesis", "isa.language", "monitor", "proofs"} & loaded


def test_a_second_run_loads_only_what_runs() -> None:
    """Not what reads descriptions and programs, nor other ways to run, nor what only looks small."""
    first, second = (imported("from trapline.cli import main; main(['run', 'hello'])") for _ in range(2))
    heavy = {"lark", "rich", "z3", "llvmlite", "numpy", "pathlib", "shutil", "hashlib", "difflib", "monitor", "proofs"}
    heavy |= {"isa.language.checker", "isa.language.parser", "isa.language.syntax", "isa.assembler.emission"}
    assert not heavy & second, second & heavy
    assert "isa.engines.reference.engine" in first & second


def test_a_command_is_parsed_without_the_others() -> None:
    """And nothing can tell: not its help, nor what is said to its arguments."""
    assert set(cli.asked(["run", "hello"])) == {"run"}
    for arguments in ([], ["--json", "run"], [""]):
        assert set(cli.asked(arguments)) == set(cli.subcommands())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("rnu hello", "trapline: there is no command `rnu`: did you mean `run`?"),
        ("comparee x", "trapline: there is no command `comparee`: did you mean `compare`?"),
        (
            "run hello --step-count 5",
            "trapline run: there is no option `--step-count`: did you mean `--steps` or `--report`?",
        ),
        ("run hello --trcae=x", "trapline run: there is no option `--trcae`: did you mean `--trace` or `--storage`?"),
        ("run hello --qqq", "trapline run: there is no option `--qqq`; see `trapline run --help`"),
        ("run hello x", "several guests need a monitor, which gives each a machine"),
        ("dis hello x", "trapline dis: there is one argument too many: `x`; see `trapline dis --help`"),
        ("asm", "trapline asm: what is missing: SOURCE; see `trapline asm --help`"),
        ("run hello --steps 0", "trapline run: --steps: `0` must be at least 1; see `trapline run --help`"),
        ("run hello --define 1", "`1=1` is not a definition"),
        ("run hello --define X=y", "trapline run: --define: `X=y` is not NAME=VALUE with a number as its value; see"),
    ],
)
def test_wrong_usage_is_one_line(arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("error: ")) == ("", 1) and err.startswith(f"error: {complaint}")
    assert err.count("\n") == 1 + ("help: " in err)
    assert cli.main([*arguments.split(), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 2


@pytest.mark.parametrize("name", ["__init__", "run.x", "import", "..", "zzz"])
def test_what_is_no_command(name: str) -> None:
    with pytest.raises(UsageError, match="there is no command"):
        cli.asked([name])


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert re.fullmatch(r"trapline \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_the_shipped_guests(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["guests", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["guests"]
    assert [guest["name"] for guest in listed] == catalogue.names()
    assert cli.main(["guests"]) == 0
    assert all(guest["summary"].split()[0] in capsys.readouterr().out for guest in listed[:1])


@pytest.mark.parametrize("name", ["", *sorted(cli.subcommands())])
def test_help_fits_80_columns_with_all_its_words(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = []
    for columns in ("80", "1000"):
        monkeypatch.setenv("COLUMNS", columns)
        assert cli.main([*([name] if name else []), "--help"]) == 0
        text = capsys.readouterr().out
        words.append(sorted(text.split()))
        assert columns != "80" or all(len(line) <= 80 for line in text.splitlines())
    assert words[0] == words[1]


@pytest.mark.parametrize(
    "command", ["guests", "machines", "machines g3", "run exits --monitor trap --exits", "compare sgdt --isa g3_sgdt"]
)
def test_tables_of_80_columns_keep_all_their_words(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = []
    for columns in (80, 20, 1000):
        monkeypatch.setattr(output, "PIPE_WIDTH", columns)
        cli.main(command.split())
        words.append(sorted("".join(capsys.readouterr()).split()))
    assert words[0] == words[1] == words[2]


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGINT, 130, marks=pytest.mark.nightly), (signal.SIGTERM, 143)]
)
def test_a_signal_saves_the_run(number: int, code: int, tmp_path: Path) -> None:
    """It is sent by the guest's own output: once something is printed, the run is under way."""
    (tmp_path / "busy.s").write_text("start: addi r1, r0, 65\n out r1, r0\n1: addi r2, r2, 1\n b 1b")
    command = [sys.executable, "-m", "trapline", "run", "busy.s", "--engine", "reference"]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=-1, stderr=-1) as process:
        assert process.stdout is not None and process.stdout.read(1) == b"A"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert b"interrupted after" in said and b"saved in busy.saved" in said
    assert (tmp_path / "busy.saved").exists()


@pytest.mark.parametrize(
    "arguments", ["run --help", "run", "run --nope", "run a b", "run --steps 0 x", "asm", "compare x"]
)
def test_what_is_said_does_not_depend_on_which_commands_are_known(
    arguments: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = cli.main(arguments.split()), capsys.readouterr()
    monkeypatch.setattr(cli, "asked", lambda arguments: cli.subcommands())
    assert alone == (cli.main(arguments.split()), capsys.readouterr())


@pytest.mark.parametrize("columns", ["", "0", "43", "200", "x", "-4"])
def test_help_is_as_wide_as_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert cli.Help("trapline")._width == argparse.HelpFormatter("trapline")._width


def trapline(arguments: str, redirections: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A command with its streams as a shell sets them."""
    command = f"{sys.executable} -m trapline {arguments} {redirections}"
    settings = {**os.environ, **environment}
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=settings, timeout=60)


def test_closed_streams_are_no_reason_to_fail(tmp_path: Path) -> None:
    done = trapline("run hello --json", ">&- <&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = trapline(f"run os --input - --trace {tmp_path}/trace", ">&- <&- 2>&-")
    assert done.returncode == 0
    assert "boot" not in (tmp_path / "trace").read_text()


@pytest.mark.parametrize("arguments", ["explain g3 lw --json", "machines nope --json"])
def test_a_full_disk_is_no_reason_for_a_traceback(arguments: str) -> None:
    done = trapline(arguments, ">/dev/full")
    assert done.returncode in (2, 3)
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr


def test_nobody_reads_what_rich_prints() -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        output.console(Closed()).print("text")


@pytest.mark.parametrize("option", ["isa", "disk", "input"])
def test_an_empty_name_is_wrong_usage(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "hello", f"--{option}", ""]) == 2
    assert "an empty name names nothing" in capsys.readouterr().err


class Interrupted(ModuleType):
    """A module during whose loading the user presses Ctrl-C."""

    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_ctrl_c_while_modules_are_loaded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "trapline.cli", Interrupted("trapline.cli"))
    for name in ("set_threshold", "freeze"):  # what a process does that ends soon, and this one does not
        monkeypatch.setattr(gc, name, lambda *_: None)
    assert start() == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_a_mistake_of_ours_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(arguments: object) -> int:
        return 1 // 0

    monkeypatch.setattr("trapline.commands.guests.run", wrong)
    for name in ("set_threshold", "freeze"):
        monkeypatch.setattr(gc, name, lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["trapline", "guests"])
    assert start() == 70
    said = capsys.readouterr().err
    assert said.startswith(
        "error: a mistake in Trapline: ZeroDivisionError: integer division or modulo by zero (tests/"
    )
    assert "test_cli.py" in said and "Traceback" not in said


def test_a_character_that_cannot_be_shown_is_spelled_out(tmp_path: Path) -> None:
    (tmp_path / "x.isa").write_text('variant x of g3 "Naïve."  { override def privileged() "" { } }')
    done = trapline(f"machines {tmp_path}/x.isa", "", PYTHONIOENCODING="ascii")
    assert (done.returncode, "Na\\xefve" in done.stdout) == (0, True), done.stderr
