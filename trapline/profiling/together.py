"""What several guests under one monitor come to: `trapline run A B --monitor trap`, for people, as data, as a page."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from isa.errors import UsageError
from isa.machine import Exit, Reason
from monitor.schedule import Schedule
from monitor.statistics import ELSEWHERE
from trapline.output import emit_json
from trapline.profiling.profile import Profile, profile, where_of
from trapline.profiling.report import COUNTS, fewer, units, write_page
from trapline.profiling.shown import profile_facts
from trapline.profiling.sources import sources
from trapline.profiling.turns import Turns
from trapline.reports.exits import exit_table, share_line, statistics_facts
from trapline.running import session
from trapline.running.neighbours import Neighbour, Neighbours, neighbours
from trapline.running.places import check_place
from trapline.running.verdict import Verdict, verdict

NOWHERE = {"file": "", "line": 0, "text": "", "place": None}  # where the rest of many rows was


@dataclass(frozen=True, slots=True)
class Come:
    """What one of them has come to."""

    one: Neighbour
    end: Exit
    found: Verdict

    @property
    def headline(self) -> str:
        return f"{self.one.name}, monitored on {self.one.rig.isa.name}: {self.found.text}"

    def facts(self) -> dict[str, Any]:
        rig = self.one.rig
        return {
            "guest": self.one.name,
            "reason": self.end.reason.value,
            "detail": self.end.detail,
            "verdict": self.found.text,
            "exit_code": rig.exit_code if self.end.reason is Reason.HALT else None,
            "steps": self.end.steps,
            "retired": self.end.retired,
            "output": rig.output.decode("utf-8", "backslashreplace"),
            "printed": rig.printed,
            "statistics": statistics_facts(self.one.machine.statistics),
        }


def run(arguments: argparse.Namespace) -> int:
    """The exit code is the first that is not 0."""
    if arguments.report and arguments.monitor.depth > 1:
        raise UsageError("a report of several guests is of one monitor", "write `--monitor trap`")
    check_place(arguments.report)
    with (
        neighbours(arguments, counting=bool(arguments.report)) as found,
        session.interruptible() as interruption,
        session.counting(found.steps * len(found.all)) as progress,
    ):
        turns = Turns(found) if arguments.report else None
        schedule = turns.schedule if turns else found.schedule()
        failed = _run(schedule, interruption, progress)
    if found.log.broken:
        raise BrokenPipeError
    pairs = zip(found.all, schedule.shares, strict=True)
    come = [_come(one, share.end or failed, 0 if share.end else interruption.asked) for one, share in pairs]
    if turns is not None:
        write_page(arguments.report, _page(arguments, found, turns, come))
    if arguments.json:
        emit_json(_facts(arguments, found, schedule) | {"guests": [each.facts() for each in come]})
    else:
        _say(come, arguments.exits)
    return next((each.found.code for each in come if each.found.code), 0)


def _run(schedule: Schedule, interruption: session.Interruption, progress: session.Progress) -> Exit:
    """In slices. Whose device the host has failed ends it for all."""
    end = Exit(Reason.BUDGET, 0, 0)
    while schedule.waiting and not interruption.asked and end.reason is not Reason.DEVICE:
        end = schedule.run(session.SLICE * len(schedule.guests))
        progress.show(schedule.steps)
    return end if schedule.waiting else Exit(Reason.BUDGET, 0, 0)


def _come(one: Neighbour, end: Exit, interrupted: int) -> Come:
    whole = Exit(end.reason, one.machine.steps, one.machine.retired, None, end.detail)
    return Come(one, whole, verdict(one.rig, whole, interrupted))


def _say(come: list[Come], exits: bool) -> None:
    for each in come:
        print(each.headline, file=sys.stderr)
        print(share_line(each.one.machine.statistics), file=sys.stderr)
        if exits:
            exit_table(each.one.machine.statistics, each.one.program.image, sys.stderr)


def _facts(arguments: argparse.Namespace, found: Neighbours, schedule: Schedule) -> dict[str, Any]:
    rig = found.all[0].rig
    return {
        "machine": rig.isa.name,
        "depth": rig.depth,
        "engine": rig.engine,
        "seed": int(arguments.seed),
        "quantum": found.quantum,
        "steps": schedule.steps,
        "retired": schedule.retired,
    }


# ---- the page


def _page(arguments: argparse.Namespace, found: Neighbours, turns: Turns, come: list[Come]) -> dict[str, Any]:
    """That of one guest, with what all of them did, and the clock in place of its steps."""
    timeline, names = turns.end(), ", ".join(one.name for one in found.all)
    output = found.log.data.decode("utf-8", "backslashreplace")
    run = _facts(arguments, found, turns.schedule) | {"output": output, "printed": found.log.length}
    run |= {"profile": _profile(found), "statistics": _statistics(found, come)}
    read = {file["file"]: file for one in found.all for file in sources(one.program.image, one.program.shipped)}
    return {
        "title": f"{names}: trapline report",
        "headline": "; ".join(each.headline for each in come),
        "run": run,
        "machines": turns.machines,
        "timeline": timeline.facts(),
        "console": _console(found, turns),
        "sources": list(read.values()),
        "places": [],
        "where": [],
    }


def _profile(found: Neighbours) -> dict[str, Any]:
    """Of all; a routine is named behind its guest."""
    each = [(one, profile(one.machine, one.program.image)) for one in found.all]
    lines = [(w._replace(routine=_behind(one, w.routine)), share) for one, made in each for w, share in made.lines]
    lines.sort(key=lambda line: -line[1].steps)
    facts = profile_facts(Profile(tuple(lines), sum(made.idle for _, made in each)))
    return facts | {"lines": fewer(facts["lines"], COUNTS, lambda row: row | NOWHERE)}


def _behind(one: Neighbour, routine: str) -> str:
    return f"{one.name}: {routine}" if routine else one.name


def _statistics(found: Neighbours, come: list[Come]) -> dict[str, Any]:
    all_of_them = [one.machine.statistics for one in found.all]
    direct, interpreted = (sum(getattr(s, name) for s in all_of_them) for name in ("direct", "interpreted"))
    decisions = Counter[str]()
    for each in all_of_them:
        decisions.update({decision.value: count for decision, count in each.by_decision().items()})
    rows = [row for one in found.all for row in _exits(one)]
    rows.sort(key=lambda row: -row["count"])
    share = direct / (direct + interpreted) if direct + interpreted else 1.0
    return {
        "direct": direct,
        "interpreted": interpreted,
        "share_direct": share,
        "decisions": dict(decisions),
        "exits": fewer(rows, ("count",), lambda row: row | NOWHERE | {"pc": ELSEWHERE}),
    }


def _exits(one: Neighbour) -> Iterator[dict[str, Any]]:
    where = where_of(one.machine, one.program.image)
    for row in statistics_facts(one.machine.statistics)["exits"]:
        line = where(row["place"])
        yield {**row, "file": line.file, "line": line.line, "text": line.text, "routine": _behind(one, line.routine)}


def _console(found: Neighbours, turns: Turns) -> dict[str, Any]:
    """At the end of each piece of the timeline, up to which character the log had come, as a browser counts them."""
    dropped, width = found.log.length - len(found.log.data), turns.timeline.width
    printed = [*turns.printed, (turns.timeline.last, found.log.length)]  # what was no whole line comes at the end
    ends = {clock // width: length for clock, length in printed}
    texts = [found.log.data[: max(0, length - dropped)].decode("utf-8", "backslashreplace") for length in ends.values()]
    return {"dropped": dropped, "at": list(ends), "until": [units(text) for text in texts]}
