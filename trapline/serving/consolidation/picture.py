"""A consolidation as a picture: what is reserved on every processor, and how long the answers of each server took."""

from trapline.drawing.svg import LETTER, LINE, Picture
from trapline.serving.consolidation.result import Consolidated, percentile

_BAR, _GAP, _ROOM = 420, 12, 12  # pixels: all of a processor, or the longest time; between columns; around all
_KINDS = ("other", "good")  # of neighbouring parts, in turns


def drawn(found: Consolidated) -> Picture:
    places = sorted(set(found.packing.places))
    labels = [f"host {host}, processor {processor}" for host, processor in places]
    labels += [server.wanted.name for server in found.servers]
    left = _ROOM + LETTER * max(len(label) for label in labels) + _GAP
    rows = len(places) + len(found.servers) * len(found.trials)
    says = f"{found.before.hosts} hosts before, {found.after.hosts} after"
    picture = Picture(says, left + _BAR + 36 * LETTER, LINE * (rows + 7) + _ROOM)
    picture.text(_ROOM, LINE, says, "strong")
    _reserved(picture, found, left, 2.5)
    _latencies(picture, found, left, len(places) + 4.0)
    return picture


def _reserved(picture: Picture, found: Consolidated, left: float, row: float) -> None:
    """For every processor a bar of what is reserved, with a part for each server."""
    for host, processor in sorted(set(found.packing.places)):
        row += 1
        base, x = LINE * row, left
        picture.text(left - _GAP, base, f"host {host}, processor {processor}", anchor="end")
        here = found.packing.on((host, processor))
        for turn, number in enumerate(here):
            server = found.servers[number]
            width = _BAR * server.terms.reserve / server.terms.period
            says = f"{server.wanted.name}: {server.terms.reserve:,} of every {server.terms.period:,} steps"
            picture.rectangle(x, base - 11, max(1, width - 1), 13, _KINDS[turn % 2], says)
            x += width
        picture.line(left + _BAR, base - 13, left + _BAR, base + 4)
        taken = sum(found.servers[number].terms.reserve for number in here)
        share = taken / found.servers[here[0]].terms.period
        picture.text(left + _BAR + _GAP, base, f"{share:.0%} reserved", "faint")


def _latencies(picture: Picture, found: Consolidated, left: float, row: float) -> None:
    """For every server and trial the latency of its level's percentile, and a line where the level is."""
    longest = max(server.wanted.level.within for server in found.servers)
    picture.text(_ROOM, LINE * row, "how long answers took, in steps, beside what was wanted", "strong")
    row += 0.5
    for number, server in enumerate(found.servers):
        level = server.wanted.level
        wanted = left + _BAR * level.within / longest
        picture.line(wanted, LINE * (row + 0.4), wanted, LINE * (row + 0.2 + len(found.trials)))
        for trial in found.trials:
            row += 1
            if trial is found.trials[0]:
                picture.text(left - _GAP, LINE * row, server.wanted.name, anchor="end")
            had = percentile(trial.servers[number].latencies, level.percent)
            width = _BAR if had is None else min(1.0, had / longest) * _BAR
            kind = "bad" if had is None or had > level.within else "other"
            says = f"{trial.name}: {level.percent}% within {'no time' if had is None else f'{had:,}'}"
            picture.rectangle(left, LINE * row - 10, max(1, width), 11, kind, f"{server.wanted.name}, {says}")
            picture.text(left + _BAR + _GAP, LINE * row, says, "faint")
