"""`trapline bench --types` counts both types of monitor, and says of the folklore only what was counted."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from isa.errors import MachineError
from proofs.under.accounts import account
from trapline.bench.types import report as report_of_types
from trapline.bench.types.crashes import CRASHES, happen
from trapline.bench.types.folklore import SAYINGS, Found
from trapline.bench.types.report import _kinds, _rows, count, facts
from trapline.bench.types.systems import SHARED, TYPE1, TYPE2, tenant
from trapline.cli import main

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]


@cache
def found() -> Found:
    return count("auto", False)


def test_a_run_is_accounted_for_to_the_step() -> None:
    """What the guest took itself, and what each of its exits cost, is all there is."""
    for both in found().accounts.values():
        for one in both.values():
            costs = sum(steps * times for found in one.costs.values() for steps, times in found.items())
            assert one.direct + costs == one.steps
    alone = found().accounts["exits"][TYPE1.name]
    assert alone.costs["rtim"].total() == 1000


def test_a_crash_is_worse_the_more_lies_above_it() -> None:
    spared = {(crash.system.name, crash.part): (crash.spared, crash.all) for crash in found().crashes}
    assert (
        spared["type 1", "a guest"] == (1, 1) and spared["type 2", "a guest"][0] == spared["type 2", "a guest"][1] > 0
    )
    assert spared["type 1", "the monitor"] == (0, 1)
    assert spared["type 2", "the monitor"] == spared["type 2", "a guest"]
    assert spared["type 2", "the kernel below it"][0] == 0


def test_a_crash_of_nothing_spares_everybody() -> None:
    """The same with a label that nothing executes any more."""
    harmless = happen(replace(CRASHES[3], label="monitor"), "auto")
    assert harmless.system is SHARED and harmless.spared == harmless.all > 0


def test_the_folklore_is_held_against_the_counts() -> None:
    """Were the types exchanged, most of it would be found to be otherwise."""
    exchanged = {name: {"type 1": both["type 2"], "type 2": both["type 1"]} for name, both in found().accounts.items()}
    lines = {"type 1": found().lines["type 2"], "type 2": found().lines["type 1"]}
    other = Found(exchanged, lines, [replace(c, spared=c.all - c.spared) for c in found().crashes])
    held = [saying.holds(found()) for saying in SAYINGS]
    assert {*held} == {True, False}  # some of what is said the counts confirm, some they do not
    assert sum(a is not saying.holds(other) for a, saying in zip(held, SAYINGS, strict=True)) >= 5


def test_a_guest_that_does_not_end_is_an_error() -> None:
    forever = replace(tenant("hello"), words=(0x3000_FFFF,) * 17)  # a branch to itself
    with pytest.raises(MachineError, match="the guest has not ended"):
        account(TYPE1.boot("auto", forever), TYPE1.image, 100_000)
    with pytest.raises(MachineError, match="the monitor has not come back"):
        account(TYPE2.boot("auto", replace(forever, words=(0x8B00_0000,) * 17)), TYPE2.image)  # it waits for ever


def test_what_is_printed_and_what_is_written_is_the_same(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_of_types, "count", lambda engine, quick, show: found())
    path = tmp_path / "types.json"
    assert main(["bench", "--types", "--quick", "--output", str(path)]) == 0
    out = capsys.readouterr().out
    report: dict[str, Any] = json.loads(path.read_text())
    assert report == json.loads(json.dumps(facts(found())))
    for name, both in report["guests"].items():
        assert f"{name} (" in out and all(f"{of['steps']:,}" in out for of in both.values())
    assert [f["confirmed"] for f in report["folklore"]] == [not no for no in re.findall(r"(NOT )?confirmed", out)]


def test_what_is_about_time_is_refused(capsys: Capture) -> None:
    assert main(["bench", "--types", "--only", "os"]) == 2
    assert "`--only` is about time" in capsys.readouterr().err


def test_the_manual_shows_what_it_counts() -> None:
    """Within a tenth: a line more in either monitor moves every number a little."""
    manual = (Path(__file__).parents[2] / "docs" / "monitors-in-assembly.md").read_text("utf-8")
    shown = manual.partition("## Type 1 against type 2")[2].partition("```text\n")[2].partition("```")[0]
    rows = [(row[0].strip(), row[1:]) for row in (*_rows(found()), *_kinds(found()))]
    numbers = re.findall(r"^ *(\S.*?)  +([\d,.%]+) +([\d,.%]+)$", shown, re.MULTILINE)
    assert [what for what, _, _ in numbers] == [what for what, _ in rows]
    for (what, *theirs), (_, mine) in zip(numbers, rows, strict=True):
        assert list(map(_number, theirs)) == pytest.approx(list(map(_number, mine)), rel=0.1), what
    verdicts = re.findall(r"(NOT )?confirmed", shown)
    assert [not verdict for verdict in verdicts] == [saying.holds(found()) for saying in SAYINGS]


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("%", ""))
