"""The kinds of check by the names that `lab.toml` gives them. A new one is a function and a line here."""

from trapline.labs.checks import classifying, counting, escaping, mending, scheduling, serving, trapping
from trapline.labs.checks.kind import Kind

KINDS: dict[str, Kind] = {
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
