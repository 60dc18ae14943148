"""The report of a run: one page that needs nothing else, made of the files in `page/` and one block of data.

Its numbers are those of `--json`, in the same form. docs/report.md says what else is in the block.
"""

import json
import re
from base64 import b64encode
from codecs import getincrementaldecoder
from collections import Counter
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from guests import catalogue
from isa.assembler import Image
from isa.errors import TraplineError
from isa.files.writing import write_whole
from monitor.statistics import ELSEWHERE
from trapline.profiling.profile import where_of
from trapline.profiling.result import Result
from trapline.profiling.sources import sources
from trapline.profiling.timeline import Timeline
from trapline.profiling.watching import CONSOLE, Watch

MOST_ROWS = 10_000  # of exits and of lines that are told apart: bounds the page for a guest that traps everywhere
COUNTS = ("direct", "emulated", "trapped")


def write_report(path: str, result: Result, watch: Watch) -> None:
    """Raises TraplineError if the file cannot be written."""
    write_page(path, report_facts(result, watch))


def write_page(path: str, facts: dict[str, Any]) -> None:
    """The page of these facts, in a file. Raises TraplineError."""
    try:
        write_whole(path, page(facts).encode())
    except OSError as error:
        raise TraplineError(f"cannot write {path}: {error.strerror or error}", "give another file") from None


def page(facts: dict[str, Any]) -> str:
    """The whole page."""
    folder = files(__package__) / "page"
    style, script = ((folder / f"report.{kind}").read_text("utf-8") for kind in ("css", "js"))
    parts = {
        "title": escape(facts["title"]),
        "style": style,
        "script": script,
        "style-hash": _hash(style),
        "script-hash": _hash(script),
        "data": block(facts),
    }
    template = (folder / "report.html").read_text("utf-8")
    return re.sub(r"\{\{([a-z-]+)\}\}", lambda found: parts[found[1]], template)


def block(facts: dict[str, Any]) -> str:
    """Data as it may stand in a page: nothing in it, whatever a guest prints, can end the block."""
    text = json.dumps(facts, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def report_facts(result: Result, watch: Watch) -> dict[str, Any]:
    """All that the page shows."""
    launched, timeline = result.launched, watch.end()
    run = result.facts()
    run["profile"]["lines"] = fewer(run["profile"]["lines"], COUNTS, _elsewhere)
    if run["statistics"] is not None:
        run["statistics"]["exits"] = fewer(run["statistics"]["exits"], ("count",), _other_exit)
    return {
        "title": f"{launched.name}: trapline report",
        "headline": result.headline,
        "run": run,
        "machines": _machines(launched.rig.depth),
        "timeline": timeline.facts(),
        "console": _console(run["printed"], launched.rig.output, timeline, watch.level),
        "sources": sources(launched.image, launched.name in catalogue.names()),
        **_places(run, watch, launched.image),
    }


def fewer(rows: list[dict[str, Any]], counts: tuple[str, ...], other: Any) -> list[dict[str, Any]]:
    """The rows that come first; of what is left those that are alike but for where it was, in one."""
    found: dict[str, dict[str, Any]] = {}
    for row in map(other, rows[MOST_ROWS:]):
        key = json.dumps({name: value for name, value in row.items() if name not in counts})
        if key in found:
            found[key].update({name: found[key][name] + row[name] for name in counts})
        else:
            found[key] = row
    return [*rows[:MOST_ROWS], *found.values()]


def _elsewhere(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "file": "", "line": 0, "text": "", "place": None, "routine": ""}


def _other_exit(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "pc": ELSEWHERE, "place": None}


def _machines(depth: int) -> list[str]:
    """What the machines are called, by their level."""
    if not depth:
        return ["The machine"]
    below = [f"Virtual machine of monitor {level}" for level in range(1, depth)]
    return ["The real machine", *below, f"The guest's virtual machine, of monitor {depth}"]


def _places(run: dict[str, Any], watch: Watch, image: Image | None) -> dict[str, Any]:
    """The source lines of the places of exits: `places` has pairs of a place and an index into `where`."""
    exits = run["statistics"]["exits"] if run["statistics"] is not None else []
    where, numbers = where_of(watch.machine, image), dict[tuple[str, int, str, str], int]()
    found: list[tuple[int, int]] = []
    for place in dict.fromkeys(row["place"] for row in exits):
        if place is not None:
            line = where(place)
            found.append((place, numbers.setdefault((line.file, line.line, line.text, line.routine), len(numbers))))
    return {"places": found, "where": list(numbers)}


def _console(printed: int, output: bytes, timeline: Timeline, level: int) -> dict[str, Any]:
    """At the end of each piece of the timeline, up to which character `output` had come, as a browser counts them."""
    counts = Counter[int]()
    for series, found in timeline.series.items():
        if series.kind == "printed" and series.name == CONSOLE and series.level == level:
            counts += found
    decoder = getincrementaldecoder("utf-8")("backslashreplace")
    dropped = printed - len(output)
    at, until, past = list[int](), list[int](), printed - sum(counts.values())
    text = decoder.decode(output[: max(0, past - dropped)])
    length = units(text)
    for piece in sorted(counts):
        first, past = max(0, past - dropped), past + counts[piece]
        text = decoder.decode(output[first : max(0, past - dropped)])
        length += units(text)
        at.append(piece)
        until.append(length)
    return {"dropped": dropped, "at": at, "until": until}


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
