"""The report of a run has the numbers of `--json`, and a timeline of all of it. `test_report_page.py` opens one."""

import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from isa.engines.native.counted import CountedCode, CountedLoop, CountedNative, CountedTranslation
from isa.engines.native.layered import Layered
from isa.engines.native.loop import Loop
from isa.engines.native.told import ToldCode, ToldLayered
from monitor import native
from monitor.native import NativeLevel
from tests.planting import Patch, Plant
from trapline.cli import main
from trapline.profiling import report
from trapline.profiling.timeline import MOST, Series, Timeline

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
NIGHTLY = pytest.mark.nightly
TOLD = ("mode", "trap", "device", "printed")  # what a guest's monitor must not change
HOSTILE = "</script><script>alert(1)</script><!--<script>"


class Scripts(HTMLParser):
    """The scripts of a page, as a browser finds them: their attributes and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.found.append((dict(attrs), ""))
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, text = self.found[-1]
            self.found[-1] = attributes, text + data


def data_of(path: Path) -> Any:
    """The block of data of a page."""
    (text,) = (text for attributes, text in Scripts(path.read_text()).found if attributes.get("id") == "data")
    return json.loads(text)


def reported(tmp_path: Path, capture: Capture, *arguments: str) -> tuple[Any, Any]:
    """The block of a report, and what `--json` said of the same run."""
    path = tmp_path / "report.html"
    main(["run", *arguments, "--report", str(path), "--json"])
    return data_of(path), json.loads(capture.readouterr().out)


def series(data: Any, level: int, *kinds: str) -> dict[tuple[str, str], tuple[list[int], list[int]]]:
    found = (s for s in data["timeline"]["series"] if s["level"] == level and s["kind"] in kinds)
    return {(s["kind"], s["name"]): (s["at"], s["count"]) for s in found}


@pytest.mark.parametrize("monitor", [pytest.param("none", marks=pytest.mark.nightly), "trap"])
def test_its_numbers_are_those_of_json(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    data, said = reported(tmp_path, capfd, "os", "--monitor", monitor)
    assert data["run"] == said
    main(["run", "os", "--monitor", monitor, "--profile", "--json"])
    assert json.loads(capfd.readouterr().out) == said  # and to be watched changes nothing


def test_the_timeline_is_the_same_bare_and_monitored(tmp_path: Path, capfd: Capture) -> None:
    bare, run = reported(tmp_path, capfd, "os")
    found = series(bare, 0, *TOLD)
    for monitors in ("trap", "trap:2", "interpret"):
        monitored, _ = reported(tmp_path, capfd, "os", "--monitor", monitors)
        assert series(monitored, 2 if monitors == "trap:2" else 1, *TOLD) == found
    assert sum(sum(count) for (kind, _), (_, count) in found.items() if kind == "mode") == run["steps"]
    assert sum(sum(count) for (kind, _), (_, count) in found.items() if kind == "trap") == run["steps"] - run["retired"]
    assert sum(found["printed", "console"][1]) == run["printed"]
    assert bare["timeline"]["end"] == run["steps"]


def test_exits_in_the_timeline_are_all_exits(tmp_path: Path, capfd: Capture) -> None:
    data, run = reported(tmp_path, capfd, "os", "--monitor", "trap:2")
    found = {name: sum(count) for (_, name), (_, count) in series(data, 2, "exit").items()}
    assert found == {name: count for name, count in run["statistics"]["decisions"].items() if count}
    assert set(series(data, 1, "exit")) >= {("exit", "reflected")}


def test_the_console_at_any_moment(tmp_path: Path, capfd: Capture) -> None:
    """What was printed by then: at the end all of it, as a browser counts characters."""
    (tmp_path / "x.s").write_text(
        "        .include <console.s>\n        .entry start\nstart:  la r1, text\n        jal ra, puts\n"
        '        set r1, 0\n        halt\ntext:   .string "a\\xF0\\x9F\\x99\\x82b"\n'
    )
    data, run = reported(tmp_path, capfd, str(tmp_path / "x.s"))
    console = data["console"]
    units = data["run"]["output"].encode("utf-16-le")
    shown = [units[: 2 * end].decode("utf-16-le") for end in console["until"]]
    assert shown[-1] == run["output"] == "a\N{SLIGHTLY SMILING FACE}b"
    assert shown[0] == "a" and shown == sorted(shown, key=len)


def test_nothing_that_a_guest_prints_becomes_part_of_the_page(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "x.s").write_text(
        f"        .include <console.s>\n        .entry start\nstart:  la r1, text  # {HOSTILE} {{{{script}}}}\n"
        f'        jal ra, puts\n        set r1, 0\n        halt\ntext:   .string "{HOSTILE}"\n'
    )
    data, run = reported(tmp_path, capfd, str(tmp_path / "x.s"))
    assert data["run"]["output"] == run["output"] == HOSTILE
    page = (tmp_path / "report.html").read_text()
    assert len(Scripts(page).found) == 2
    assert page.count("alert(1)") == 4  # as it was printed; twice in the source, and in a line of the profile
    assert "http:" not in page.replace("http://www.w3.org/2000/svg", "") and "https:" not in page


def test_a_guest_that_traps_everywhere_does_not_make_the_page_large(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "x.s").write_text("start: .rept 400\n rtim r6\n .endr\n set r1, 0\n halt\n")
    with Patch.context() as patch:
        patch.setattr(report, "MOST_ROWS", 30)
        data, run = reported(tmp_path, capfd, str(tmp_path / "x.s"), "--monitor", "trap")
    exits, whole = data["run"]["statistics"]["exits"], run["statistics"]["exits"]
    assert (len(whole), len(exits)) == (401, 31)
    assert exits[-1] == {"decision": "emulated", "cause": "privileged", "pc": -1, "place": None, "count": 371}
    lines = data["run"]["profile"]["lines"]
    assert len(lines) <= 31 and sum(row["emulated"] for row in lines) == 401


def no_engine_tells_otherwise(tmp_path: Path, capture: Capture, monitor: str) -> None:
    """`reference` stops for each exit; `native` writes exits down, and bare it notes when the mode changes."""
    found = [reported(tmp_path, capture, "os", "--monitor", monitor, "--engine", e) for e in ("reference", "native")]
    assert found[0][0]["timeline"] == found[1][0]["timeline"]


@pytest.mark.parametrize(
    "monitor", ("none", "trap", *(pytest.param(m, marks=NIGHTLY) for m in ("hybrid", "interpret")))
)
def test_no_engine_tells_otherwise(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    no_engine_tells_otherwise(tmp_path, capfd, monitor)


def traps_that_are_delivered_are_not_told(patch: Patch) -> None:
    patch.setattr(ToldCode, "layered", type("Deaf", (ToldLayered,), {"_entered": Layered._entered}))
    patch.setattr(native, "told_code", ToldCode)  # made for this, and not kept


def steps_of_the_log_begin_anew(patch: Patch) -> None:
    made = NativeLevel._tell
    patch.setattr(NativeLevel, "_tell", lambda self, first: made(self, 0))


def native_code_does_not_look_at_the_mode(patch: Patch) -> None:
    patch.setattr(CountedLoop, "_happened", Loop._happened)
    patch.setattr(CountedTranslation, "kind", "deaf")  # a name of its own for the code
    patch.setattr(CountedNative, "native", staticmethod(CountedCode))


@pytest.mark.parametrize(
    ("plant", "monitor"),
    [
        (traps_that_are_delivered_are_not_told, "trap"),
        (steps_of_the_log_begin_anew, "trap"),
        pytest.param(native_code_does_not_look_at_the_mode, "none", marks=pytest.mark.nightly),
    ],
)
def test_what_native_code_does_not_tell_is_missed(
    plant: Plant, monitor: str, tmp_path: Path, capfd: Capture, monkeypatch: Patch
) -> None:
    """Planted."""
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        no_engine_tells_otherwise(tmp_path, capfd, monitor)


def test_a_report_that_cannot_be_written_is_refused_before_the_run(capfd: Capture) -> None:
    assert main(["run", "hello", "--report", "nowhere/at/all.html"]) == 3
    out, err = capfd.readouterr()
    assert out == "" and "cannot write nowhere/at/all.html" in err


# ---- the timeline


def timeline_keeps_all_that_happens() -> None:
    line, counts, spans = Timeline(100), Counter[int](), Counter[int]()
    event, mode = Series(0, "exit", "emulated"), Series(0, "mode", "user")
    for n in range(9000):
        step = 100 + n * n // 7
        line.add(event, step, 1 + n % 3)
        counts[step] += 1 + n % 3
        if n % 50 == 0:
            line.span(mode, step, step + 33)
            spans.update(range(step, step + 33))
    facts = line.facts()
    assert MOST // 2 < facts["pieces"] <= MOST
    for series_, right in ((event, counts), (mode, spans)):
        (found,) = (s for s in facts["series"] if s["kind"] == series_.kind)
        pieces = Counter[int]()
        for step, count in right.items():
            pieces[(step - 100) // facts["width"]] += count
        assert dict(zip(found["at"], found["count"], strict=True)) == pieces


def test_a_timeline_keeps_all_that_happens() -> None:
    timeline_keeps_all_that_happens()


def test_an_event_that_makes_room_is_not_lost_unseen(monkeypatch: Patch) -> None:
    """Planted: the counts are looked up before there is room, and so are no longer those of the timeline."""

    def wrong(self: Timeline, series: Series, step: int, count: int = 1) -> None:
        self._of(series)[self._piece(step)] += count

    monkeypatch.setattr(Timeline, "add", wrong)
    with pytest.raises(AssertionError):
        timeline_keeps_all_that_happens()
