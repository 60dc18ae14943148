"""What `bench` reports is complete; how fast anything is, no test says."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import trapline.bench
from guests.catalogue import directory
from isa.assembler import Image, assemble
from isa.engines.native.compiler import Compiler, Tier
from isa.errors import TraplineError
from isa.files.cache import digest
from isa.machine import Machine
from trapline.bench import exits, load, many
from trapline.bench.boot import GROUPS, ROUNDS, program
from trapline.bench.building import NATIVE, LeftOut
from trapline.bench.figures import Bench, Figure, at_least, at_most
from trapline.bench.footprint import executable
from trapline.bench.kernels import COMPUTE, KERNELS, ON_NARROW, ON_WIDE, RESULT, TRAPS, Kernel, image, machine
from trapline.bench.machines import Prepared, finish, monitored, unmonitored
from trapline.bench.rows import ROWS
from trapline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.long]

Capture = pytest.CaptureFixture[str]
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "bench.md").read_text().partition("## Two types")[0]
QUICK = ("bench", "--quick", "--repeat", "1", "--engine", "reference")
CALLS = [1, 2, 1, 4, 1, 1, 8, 2, 1, 3, 1, 24, 1, 2, 1, 5, 1, 1, 2, 1, 40, 1, 2, 4, 1, 1, 12, 1, 2, 1, 3, 60]


def reported(path: Path, only: str) -> dict[str, Any]:
    assert main([*QUICK, "--only", only, "--output", str(path)]) == 0
    report: dict[str, Any] = json.loads(path.read_text())
    return report


def test_the_report_has_every_key_that_is_documented(tmp_path: Path, capsys: Capture) -> None:
    rows = ["monitored", "hello", "trap", "emulated", "reflected", "cores", "machines", "scale"]
    report = reported(tmp_path / "bench.json", ",".join(rows))
    out = capsys.readouterr().out
    assert set(report) == set(re.findall(r"^\| `(\w+)` \|", DOCUMENTED.partition("## Rows")[0], re.MULTILINE))
    keys = set(re.findall(r"`(\w+)`", DOCUMENTED.partition("Each figure has")[2].partition(".")[0]))
    assert report["sizes"] == {kernel.name: kernel.quick for kernel in KERNELS}
    assert set(rows) == {figure["row"] for figure in report["figures"]}
    for figure in report["figures"]:
        assert set(figure) == keys
        assert figure["what"].split(":")[0][:30] in out
        assert figure["least"] <= figure["value"] <= figure["most"]
        assert (figure["met"] is None) == (figure["goal"] is None or bool(figure["disturbed"]))


def test_all_rows_are_documented() -> None:
    table = re.findall(r"^\| (`.*?`) \|", DOCUMENTED.partition("## Rows")[2], re.MULTILINE)
    assert [name for cell in table for name in re.findall(r"`([\w-]+)`", cell)] == list(ROWS)


def test_what_is_not_installed_is_named(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    report = reported(tmp_path / "bench.json", "gcc,qemu-icount,trap,interpreter,boot")
    assert report["left_out"]["gcc-O1"] == "gcc is not installed"
    assert {"qemu-icount", "qemu-user", "unicorn"} <= set(report["left_out"])
    assert [figure["row"] for figure in report["figures"]] == ["trap"]
    out = capsys.readouterr().out
    assert all(f"left out: {what}: {why}\n" in out for what, why in report["left_out"].items())


def test_a_row_that_does_not_exist_is_refused_with_those_that_do(capsys: Capture) -> None:
    assert main(["bench", "--only", "gcc,colour"]) == 2
    assert "there is no row `colour`; rows are gcc, " in capsys.readouterr().err


def test_compiled_c_is_beside_us(tmp_path: Path) -> None:
    report = reported(tmp_path / "bench.json", "gcc")
    if shutil.which(NATIVE):
        mean, least, _ = report["figures"]
        assert set(mean["detail"]["kernels"]) == {kernel.name for kernel in COMPUTE}
        assert least["value"] == min(ratio["median"] for ratio in mean["detail"]["kernels"].values())
        assert all(seconds > 0 for seconds in report["compile_seconds"].values())
        assert report["left_out"] == {}


def test_each_kernel_of_a_mean_is_shown_if_asked_for(capsys: Capture) -> None:
    assert main([*QUICK, "--only", "monitored,trap", "--each"]) == 0
    table = capsys.readouterr().out.splitlines()
    shown = [line.split() for line in table if re.match(r" +\w+ +[\d.]+ +[\d.]+ +[\d.]+ *$", line)]
    assert [name for name, *_ in shown] == [kernel.name for kernel in COMPUTE]
    assert all(float(least) <= float(median) <= float(most) for _, median, least, most in shown)
    assert not Figure("", "", [1.0], detail={"kernels": {"fib": {"empty": {"median": 1.0}}}}).kernels


def test_a_row_that_fails_takes_no_other_with_it(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one of another module, nor one that is measured in the same sitting, before or behind it."""

    def no_machines(bench: Bench) -> Iterator[Figure]:
        yield Figure("machines", "", [1.0])
        raise TraplineError("no more")

    def exit_of(bench: Bench, row: str, *_: Any) -> Figure:
        if row == "emulated":
            raise ValueError("odd")
        return Figure(row, "", [1.0])

    monkeypatch.setattr(many, "_machines", no_machines)
    monkeypatch.setattr(exits, "_exit", exit_of)
    path = tmp_path / "bench.json"
    assert main([*QUICK, "--only", "trap,emulated,reflected,cores,machines", "--output", str(path)]) == 1
    report, out = json.loads(path.read_text()), capsys.readouterr().out
    assert [figure["row"] for figure in report["figures"]] == ["trap", "reflected", "cores", "machines"]
    assert set(report["failed"]) == {"emulated", "machines"} and report["failed"]["machines"] == "no more"
    assert re.fullmatch(r"ValueError in test_bench.py:\d+: odd", report["failed"]["emulated"])
    assert all(f"failed: {row}: {why}\n" in out for row, why in report["failed"].items())


def test_an_interrupted_bench_has_written_what_it_found(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Figure:
        raise KeyboardInterrupt

    monkeypatch.setattr(many, "_cores", interrupted)
    path = tmp_path / "bench.json"
    assert main([*QUICK, "--only", "trap,cores", "--output", str(path)]) == 130
    assert [figure["row"] for figure in json.loads(path.read_text())["figures"]] == ["trap"]
    assert "a trap taken and returned from" in capsys.readouterr().out


@pytest.mark.nightly
def test_every_row(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--repeat", "2", "--output", str(path)]) == 0
    report = json.loads(path.read_text())
    rows = {figure["row"] for figure in report["figures"]}
    assert len(rows) + len(report["left_out"]) >= len(ROWS)


def test_a_goal_is_a_bound() -> None:
    values = [3.0, 1.0, 2.0]
    assert Figure("", "", values, "", at_least(2)).met and not Figure("", "", values, "", at_least(2.1)).met
    assert Figure("", "", values, "", at_most(2)).met and not Figure("", "", values, "", at_most(1.9)).met
    assert Figure("", "", values).met is None


def test_what_was_disturbed_may_have_kept_its_goal_and_has_not_missed_it() -> None:
    assert Figure("", "", [2.0], "", at_least(1), disturbed="others were busy").met is True
    assert Figure("", "", [2.0], "", at_least(3), disturbed="others were busy").met is None
    assert Figure("", "", [2.0], "", at_least(3)).met is False


def test_other_load_on_the_cores_that_one_may_use_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    lines = ("cpu 9 9 9 9 9 9 9 9 9 9", "cpu0 {} 0 100 7000 400 0 0 0 900 0", "cpu1 50 0 0 0 0 0 0 {} 0 0", "cpu2 {}")
    monkeypatch.setattr(load, "STAT", str(stat))
    monkeypatch.setattr(load, "mine", lambda: {0, 1})
    second = os.sysconf("SC_CLK_TCK")
    stat.write_text("\n".join(lines).format(0, 0, 0))
    with load.Watch() as watch:
        stat.write_text("\n".join(lines).format(3 * second, second, 50 * second))
    assert watch.busy == 4 and watch.others > 0
    watch.elapsed, watch.own = 4, 2
    assert watch.others == 0.5 and watch.disturbed(2) == "others kept 0.5 cores busy"
    assert watch.disturbed(3) == "2 cores for 3 threads"
    watch.own = 3.9
    assert watch.disturbed(2) == ""
    monkeypatch.setattr(load, "STAT", str(tmp_path / "none"))
    with load.Watch() as blind:
        pass
    assert blind.busy is None and blind.disturbed(2) == ""


def test_of_an_object_only_code_is_counted() -> None:
    text = "define i64 @f(i64 %x) {\n  ret i64 %x\n}\n"
    data = "@table = constant [512 x i64] zeroinitializer\n"
    other = text.replace("@f", "@g").replace("ret i64 %x", "%y = mul i64 %x, 7777777777777777777\n  ret i64 %y")
    sizes = [
        executable(Compiler().object(made, Tier.QUICK, digest(made))) for made in (text, data + text, text + other)
    ]
    assert 1 <= sizes[0] < 16 and sizes[1] == sizes[0] and sizes[2] > sizes[0]
    with pytest.raises(LeftOut, match="not of ELF"):
        executable(b"\xcf\xfa\xed\xfe" + bytes(100))


def test_a_program_runs_again_from_its_beginning() -> None:
    kernel = next(k for k in COMPUTE if k.name == "matmul")  # it changes its own data
    prepared = Prepared(unmonitored("reference"), image(kernel, kernel.quick))
    checksums = set()
    for _ in range(3):
        prepared.machine.storage.write(RESULT, [0])
        prepared.run()
        checksums.add(prepared.machine.storage.load(RESULT))
    assert len(checksums) == 1 and 0 not in checksums


def booted(virtual: bool, boot: Image) -> Machine:
    made = monitored("reference") if virtual else unmonitored("reference")
    made.load(boot)
    finish(made)
    return made


def test_every_guest_of_the_bench_assembles_at_its_full_sizes() -> None:
    named = [*COMPUTE, *ON_WIDE, *ON_NARROW, *TRAPS.values()]
    named += (one for module in iter_modules(trapline.bench.__path__) for one in kernels(module.name))
    for kernel in named:
        assert image(kernel, kernel.full).top
    for path in (directory() / "bench").glob("*.s"):
        if path.stem not in {kernel.name for kernel in named}:
            assert assemble(machine(), path.read_text(), str(path)).top
    assert program(GROUPS, ROUNDS).top > 256 * GROUPS  # words of 16 routines and more


def kernels(module: str) -> list[Kernel]:
    return [value for value in vars(import_module(f"trapline.bench.{module}")).values() if isinstance(value, Kernel)]


def test_the_boot_calls_every_routine_as_often_as_it_says() -> None:
    boot = program(2, 3)
    plain, virtual = booted(False, boot), booted(True, boot)
    assert plain.storage.load(RESULT) == 3 * sum(CALLS)
    assert plain.storage.read(0, 1024) == virtual.storage.read(0, 1024) and plain.steps == virtual.steps
    assert len(boot.segments[-1].words) - len(program(1, 1).segments[-1].words) > 16 * 20
