"""The kinds of check by the names that `lab.toml` gives them. A new one is a function and a line here."""

from trapline.labs.checks import (
    classifying,
    counting,
    escaping,
    mending,
    monitors,
    scheduling,
    serving,
    trapping,
    warming,
)
from trapline.labs.checks.kind import Kind

GUESTS = {"guests": (1, 100, 4)}  # that are drawn from each seed

KINDS: dict[str, Kind] = {
    "works here": Kind(warming.works, seeded=False),
    "greets": Kind(warming.greets, seeded=False),
    "assembles": Kind(counting.assembles, seeded=False),
    "counts": Kind(counting.counts),
    "parts at a culprit": Kind(escaping.parts, seeded=False),
    "tells apart": Kind(escaping.tells),
    "is short": Kind(escaping.short, False, {"most": (1, 10**5, 100)}, escaping.length),
    "is a machine": Kind(mending.compares, seeded=False),
    "the same for supervisors": Kind(mending.supervises, seeded=False),
    "keeps Theorem 1": Kind(mending.keeps, seeded=False),
    "is sparing": Kind(mending.sparing, False, {"most": (0, 10**4, 100)}, mending.changed),
    "is answered": Kind(classifying.answered, seeded=False),
    "privileged": Kind(classifying.privileged, seeded=False),
    "sensitive": Kind(classifying.sensitive, seeded=False),
    "theorems": Kind(classifying.theorems, seeded=False),
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
    "traps": Kind(
        trapping.traps,
        parameters={
            "pieces": (1, 30, 24),
            "kinds": (1, 16, 16),
            "spin": (1, 1000, 9),
            "clock": (serving.OFF, serving.EVERY, serving.OFF),
        },
    ),
    "processes": Kind(
        scheduling.processes,
        parameters={
            "least": (1, 6, 2),
            "most": (1, 6, 2),
            "hostile": (0, 6, 0),
            "pieces": (1, 30, 12),
            "spin": (1, 1000, 40),
            "clock": (serving.OFF, serving.EVERY, serving.AS_SET),
        },
    ),
}
