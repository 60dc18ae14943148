"""Commands that make, show and run programs, called as the shell would call them."""

import json
import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from guests.catalogue import find as guest
from trapline.cli import main

Capture = pytest.CaptureFixture[str]


def result(capfd: Capture, *arguments: str) -> tuple[int, Any]:
    """Exit code and the JSON of a command."""
    code = main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


LOOP = "start: addi r1, r1, 1\n b start\n"
FAILS = "start: set r1, 7\n halt\n"
WAITS = "start: idle\n halt\n"


def test_a_guest_prints_to_stdout_and_nothing_else_does(capfd: Capture) -> None:
    assert main(["run", "hello"]) == 0
    out, err = capfd.readouterr()
    assert out == guest("hello").prints
    assert "halted after" in err and "exit code 0" in err


@pytest.mark.parametrize("depth", [1, 2])
def test_monitored_it_prints_the_same_and_says_what_trapped(depth: int, capfd: Capture) -> None:
    assert main(["run", "hello", "--monitor", f"trap:{depth}", "--exits"]) == 0
    out, err = capfd.readouterr()
    assert out == guest("hello").prints
    assert "ran directly" in err and "emulated" in err and "hello.s:11: out  r1, r0" in err


@pytest.mark.parametrize(
    ("text", "options", "code", "reason"),
    [
        (FAILS, [], 1, "halt"),
        (LOOP, ["--steps", "1000"], 1, "budget"),
        (WAITS, [], 1, "idle"),
    ],
)
def test_a_guest_that_fails_is_exit_code_1(
    text: str, options: list[str], code: int, reason: str, tmp_path: Path, capfd: Capture
) -> None:
    got, facts = result(capfd, "run", write(tmp_path / "x.s", text), *options)
    assert (got, facts["reason"]) == (code, reason)


def test_an_image_runs_like_its_source(tmp_path: Path, capfd: Capture) -> None:
    image = str(tmp_path / "hello.image")
    assert main(["asm", "hello", "-o", image]) == 0
    capfd.readouterr()
    _, from_image = result(capfd, "run", image)
    _, from_source = result(capfd, "run", "hello")
    assert from_image["output"] == from_source["output"]
    assert from_image["steps"] == from_source["steps"]


def test_asm_writes_beside_its_source(tmp_path: Path, capfd: Capture) -> None:
    source = write(tmp_path / "x.s", FAILS)
    code, facts = result(capfd, "asm", source)
    assert (code, facts["image"], facts["words"]) == (0, str(tmp_path / "x.image"), 2)
    assert (tmp_path / "x.image").exists()


def test_a_listing_writes_no_image(tmp_path: Path, capfd: Capture) -> None:
    assert main(["asm", write(tmp_path / "x.s", FAILS), "--listing"]) == 0
    assert "set r1, 7" in capfd.readouterr().out
    assert not list(tmp_path.glob("*.image"))


def test_dis_gives_text_that_assembles_to_the_same_words(tmp_path: Path, capfd: Capture) -> None:
    assert main(["dis", "fib"]) == 0
    text = capfd.readouterr().out
    _, again = result(capfd, "asm", write(tmp_path / "again.s", text))
    _, original = result(capfd, "asm", "fib", "-o", str(tmp_path / "fib.image"))
    assert again["segments"] == original["segments"]
    assert again["entry"] == original["entry"]


def test_no_image_knows_where_the_guests_are_installed(tmp_path: Path) -> None:
    main(["asm", "os", "-o", str(tmp_path / "os.image")])
    assert str(Path(__file__).parents[2]).encode() not in (tmp_path / "os.image").read_bytes()


def test_a_trace_has_a_line_for_every_step_and_is_the_same_monitored(tmp_path: Path, capfd: Capture) -> None:
    traces = []
    for monitor in ("none", "trap", "trap:2"):
        path = tmp_path / f"{monitor.replace(':', '')}.trace"
        _, facts = result(capfd, "run", "hello", "--trace", str(path), "--monitor", monitor)
        traces.append(path.read_text())
        assert len(traces[-1].splitlines()) == facts["steps"]
    assert len(set(traces)) == 1


def test_the_seed_decides_what_is_random(tmp_path: Path, capfd: Capture) -> None:
    source = write(tmp_path / "x.s", "start: set r2, 5\n in r1, r2\n halt\n")
    codes = [result(capfd, "run", source, "--seed", seed)[1]["exit_code"] for seed in ("1", "1", "2")]
    assert codes[0] == codes[1] != codes[2]


def test_input_from_a_file(tmp_path: Path, capfd: Capture) -> None:
    text = tmp_path / "words"
    text.write_text("one line\n")
    code, facts = result(capfd, "run", "os", "--input", str(text))
    assert code == 0
    assert "ONE LINE" in facts["output"] and "GOOD MORNING" not in facts["output"]


@pytest.mark.parametrize("monitor", ["none", "trap:2"])
def test_a_saved_machine_goes_on_where_it_stopped(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    """Saved under no monitor or two, it goes on under one, and does what an unbroken run does."""
    saved = str(tmp_path / "os.saved")
    _, whole = result(capfd, "run", "os")
    code, first = result(capfd, "run", "os", "--steps", "9000", "--save", saved, "--monitor", monitor)
    assert (code, first["reason"], first["saved"]) == (1, "budget", saved)
    code, rest = result(capfd, "run", "--resume", saved, "--monitor", "trap")
    assert (code, rest["reason"]) == (0, "halt")
    assert rest["total_steps"] == whole["steps"]
    assert rest["output"] == whole["output"]
    assert first["output"] and whole["output"].startswith(first["output"])


def test_a_guest_on_its_own_machine_is_equivalent(capfd: Capture) -> None:
    code, facts = result(capfd, "compare", "hello", "--monitor", "trap:2")
    assert code == 0
    assert facts["equivalent"] and facts["divergence"] is None and facts["exits"] > 0


@pytest.mark.parametrize("name", ["sgdt", "jrst", "popf"])
def test_compare_shows_the_first_instruction_that_differs(name: str, capfd: Capture) -> None:
    assert main(["compare", name]) == 1
    out = capfd.readouterr().out
    code, facts = result(capfd, "compare", name)
    assert code == 1
    found = facts["divergence"]
    assert found["instruction"] in out and found["source"] in out and "NOT equivalent" in out
    assert found["differences"][0]["name"] in out


def test_nothing_to_compare_is_wrong_usage(capfd: Capture) -> None:
    assert main(["compare", "hello", "--monitor", "none"]) == 2
    assert "nothing to compare" in capfd.readouterr().err


def test_every_exit_is_an_event(tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "events"
    _, facts = result(capfd, "run", "os", "--monitor", "trap", "--events", str(path))
    events = [json.loads(line) for line in path.read_text().splitlines()]
    counted = {name: n for name, n in facts["statistics"]["decisions"].items() if n}
    assert Counter(event["decision"] for event in events) == counted
    assert all(event["cause"] for event in events if event["decision"] in ("emulated", "reflected", "injected"))
    assert [event["step"] for event in events] == sorted(event["step"] for event in events)
    assert any("os/" in event["source"] for event in events)


def test_a_bare_machine_has_no_events(tmp_path: Path, capfd: Capture) -> None:
    assert main(["run", "hello", "--events", str(tmp_path / "events")]) == 2
    assert "--monitor trap" in capfd.readouterr().err


@pytest.mark.parametrize("quantum", ["1", "37", "100000"])
def test_the_quantum_changes_nothing_that_a_guest_can_see(quantum: str, capfd: Capture) -> None:
    for monitor in ("none", "trap"):
        _, facts = result(capfd, "run", "traps", "--monitor", monitor, "--quantum", quantum)
        assert facts["output"] == guest("traps").prints
        assert facts["steps"] == result(capfd, "run", "traps")[1]["steps"]


@pytest.mark.parametrize("quantum", [1, 10])
def test_a_monitored_machine_runs_as_many_steps_at_a_time_as_the_quantum_says(quantum: int, capfd: Capture) -> None:
    """Also late in the run: the slices do not grow."""
    _, facts = result(capfd, "run", "fib", "--monitor", "trap", "--quantum", str(quantum))
    decisions = facts["statistics"]["decisions"]
    assert facts["steps"] // quantum <= sum(decisions.values()) <= facts["steps"] // quantum + 16
    assert decisions["scheduled"] > 0.9 * facts["steps"] / quantum


def test_the_quantum_of_a_comparison_is_how_often_it_looks(capfd: Capture) -> None:
    """Fibonacci traps rarely, so it is the quantum that ends most direct runs."""
    _, seldom = result(capfd, "compare", "fib")
    _, often = result(capfd, "compare", "fib", "--quantum", "500")
    assert seldom["equivalent"] and often["equivalent"]
    assert often["compared"] > seldom["compared"] + 40


def test_the_command_to_go_on_is_one_that_works(tmp_path: Path, capfd: Capture) -> None:
    """For a machine that is not shipped, and a file with a blank in its name."""
    machine = str(Path(__file__).parents[1] / "machines" / "m16.isa")
    kernel, saved = machine.replace("m16.isa", "m16_kernel.s"), str(tmp_path / "a machine")
    assert main(["run", kernel, "--isa", machine, "--steps", "200", "--save", saved]) == 1
    command = re.search(r"go on with `trapline (.*)`", capfd.readouterr().err)
    assert command and main(shlex.split(command[1])) == 0


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_disk_in_memory_can_be_read_only_too(command: str, capfd: Capture) -> None:
    _, whole = result(capfd, command, "disk")
    _, refused = result(capfd, command, "disk", "--read-only")
    assert refused["steps"] < whole["steps"]  # the guest finds out at its first write, and gives up
