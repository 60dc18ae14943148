"""The kinds of check by the names that `lab.toml` gives them. A new one is a function and a line here."""

from trapline.labs.checks import counting, scheduling, serving, trapping
from trapline.labs.checks.kind import Kind

KINDS: dict[str, Kind] = {
    "assembles": Kind(counting.assembles, seeded=False),
    "counts": Kind(counting.counts),
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
