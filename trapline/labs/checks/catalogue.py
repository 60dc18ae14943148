"""The kinds of check by the names that `lab.toml` gives them. A new one is a function and a line here."""

from trapline.labs.checks import counting, monitors
from trapline.labs.checks.kind import Kind

GUESTS = {"guests": (1, 100, 4)}  # that are drawn from each seed

KINDS: dict[str, Kind] = {
    "assembles": Kind(counting.assembles, seeded=False),
    "counts": Kind(counting.counts),
    "counts within": Kind(counting.within, parameters={"base": (1, 10**6, 1000), "each": (1, 10**4, 100)}),
    "is a monitor": Kind(monitors.follows, seeded=False, parameters={"guests": (1, 2, 1)}),
    "runs": Kind(monitors.runs, seeded=False),
    "emulates": Kind(monitors.emulates, parameters=GUESTS),
    "keeps time": Kind(monitors.keeps_time, parameters=GUESTS),
    "refuses": Kind(monitors.refuses, parameters=GUESTS),
    "relocates": Kind(monitors.relocates, parameters=GUESTS),
    "survives": Kind(monitors.survives, parameters={**GUESTS, "clock": (0, 1, 0)}),
    "stacks": Kind(monitors.stacks, parameters={**GUESTS, "levels": (1, 4, 2)}),
    "shares": Kind(monitors.shares),
}
