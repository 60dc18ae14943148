"""Options that mean nothing together are refused with the fix, and a recording replays its own run only."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from isa.devices import read_input
from isa.devices.recording import Arrival, Origin, Recorder, parse_recording
from isa.errors import UsageError
from isa.machines.catalogue import find
from trapline.cli import main
from trapline.combinations import Usual, given
from trapline.running.launch import origin_of
from trapline.running.programs import find as program

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("command", "rule", "fix"),
    [
        ("run --resume half --seed 77", "brings its own seed", "do not give both"),
        ("run --resume half --seed 0", "brings its own seed", "do not give both"),
        ("run --resume half --storage 4096", "brings its own storage", "do not give both"),
        ("run --resume half --input half", "brings its own input", "do not give both"),
        ("run hello --resume half", "brings its own guest", "do not give both"),
        ("run --resume half --record new", "begins where a run begins", "without `--resume`"),
        ("run --resume half --read-only", "there is none", "with `--disk FILE`"),
        ("run hello --read-only", "there is none", "with `--disk FILE`"),
        ("run hello --queue", "there is none", "with `--disk FILE`"),
        ("compare hello --read-only", "there is none", "with `--disk FILE`"),
        ("run hello --exits", "a bare machine has no exits", "add `--monitor trap`"),
        ("run hello --events new", "a bare machine has no exits", "add `--monitor trap`"),
        ("run", "what shall be run?", "name a guest"),
        ("prove g3 --seed 0", "a proof draws nothing", "add `--sample N`"),
        ("prove g3 --guests 3", "how many guests run", "add `--properties`"),
        ("prove --mutants --sample 3", "about one machine", "give it alone"),
        ("prove --mutants --export new", "about one machine", "give it alone"),
        ("machines g3 --timeout 120", "bounds what is verified", "add `--published`"),
        ("machines --workers 2", "bounds what is verified", "add `--published`"),
        ("explain g3 li --asm", "has none of its own", "that it expands to"),
        ("explain g3 li --region hello", "has none of its own", "that it expands to"),
        ("explain g3", "which instruction", "ask for `--cost`"),
        ("explain g3 add --cost", "not of an instruction", "leave `add` away"),
        ("explain g3 --cost --asm", "is about one instruction", "away with `--cost`"),
    ],
)
def test_what_has_no_meaning_is_refused(
    command: str, rule: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    if "half" in command:
        assert main(["run", "dice", "--seed", "1", "--steps", "5", "--save", "half"]) == 1
    assert main(command.split()) == 2
    err = capfd.readouterr().err
    assert rule in err and fix in err.rpartition("help: ")[2]
    assert not (tmp_path / "new").exists()


def test_an_input_for_a_machine_without_a_console_is_refused(tmp_path: Path, capfd: Capture) -> None:
    machine = str(Path(__file__).parents[1] / "machines" / "hostile.isa")
    (tmp_path / "m.s").write_text("        plus r0, r0\n")
    assert main(["run", str(tmp_path / "m.s"), "--isa", machine, "--steps", "1", "--input", "/dev/null"]) == 3
    assert "has no room for a console" in capfd.readouterr().err


def test_a_number_that_is_given_is_no_default() -> None:
    import argparse

    arguments = argparse.Namespace(seed=Usual(0), steps=0, read_only=False, guest=None)
    assert [given(arguments, name) for name in ("seed", "steps", "read_only", "guest")] == [False, True, False, False]
    assert json.dumps(Usual(3)) == "3" and str(Usual(3)) == "3"


# ---- recordings


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., str]:
    """Makes a recording of a run of `dice`; what is named differently is another run."""

    def make(**changes: object) -> str:
        seed = changes.pop("seed", 0)
        assert isinstance(seed, int)
        origin = origin_of(program("dice", None), seed)
        parts = {name: changes.get(name, getattr(origin, name)) for name in Origin.__slots__}
        recorder = Recorder(str(tmp_path / "keys"), Origin(**parts))  # type: ignore[arg-type]
        recorder.record(Arrival(3, 65))
        recorder.close()
        return recorder.path

    return make


def test_a_recording_names_its_run_and_replays_it(recorded: Callable[..., str], capfd: Capture) -> None:
    path = recorded(seed=7)
    text = Path(path).read_text()
    first = json.loads(text.partition("\n")[0])
    assert (first["version"], first["machine"], first["seed"], len(first["image"])) == (2, "g3", 7, 64)
    assert parse_recording(text) == (Arrival(3, 65),)
    assert main(["run", "dice", "--seed", "7", "--input", path]) == 0
    assert main(["compare", "dice", "--seed", "7", "--input", path]) == 0


@pytest.mark.parametrize("command", ["run", "compare"])
@pytest.mark.parametrize(
    ("changes", "guest", "said"),
    [
        ({"seed": 7}, "dice", "made with the seed 7, not 0\nhelp: give `--seed 7`"),
        ({}, "hello", "made of another program\n"),
        ({}, "dice --seed 1", "made with the seed 0, not 1\nhelp: give `--seed 0`"),
        ({}, "dice --isa g3_popf", "made on g3, not on g3_popf\n"),
        ({"meaning": "0"}, "dice", "made on another g3\n"),
    ],
)
def test_a_recording_of_another_run_is_refused(
    command: str, changes: dict[str, object], guest: str, said: str, recorded: Callable[..., str], capfd: Capture
) -> None:
    path = recorded(**changes)
    assert main([command, *guest.split(), "--input", path]) == 2
    assert f"the recording {path} was {said}" in capfd.readouterr().err


def test_an_old_recording_is_taken_for_any_run(tmp_path: Path) -> None:
    path = str(tmp_path / "old")
    recorder = Recorder(path)
    recorder.record(Arrival(1, 2))
    recorder.close()
    assert main(["run", "hello", "--input", path]) == 0


def test_a_word_more_is_another_program() -> None:
    """Planted: two programs that differ in where a word stands have different names."""
    g3 = find("g3")
    origins = [origin_of(program(name, None), 0) for name in ("hello", "fib")]
    assert origins[0].image != origins[1].image and origins[0].meaning == origins[1].meaning
    with pytest.raises(UsageError, match="of another program"):
        origins[0].check(origins[1], "keys")
    assert g3.name == origins[0].machine
    assert read_input.__doc__


@pytest.mark.parametrize("command", ["prove g3 --sample 5", "prove g3 --properties", "witness g3_popf setie"])
@pytest.mark.parametrize("technique", ["patch", "paravirtual"])
def test_what_is_about_any_guest_takes_no_technique_that_rests_on_one(
    command: str, technique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "--monitor", technique]) == 2
    assert f"`trapline compare GUEST --monitor {technique}` tries it" in capsys.readouterr().err
