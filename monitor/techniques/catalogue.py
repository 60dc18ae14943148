"""The techniques by name, and towers of them as users write them: `trap`, `trap:2`, `trap,hybrid`."""

import re
from collections.abc import Sequence
from itertools import groupby

from monitor.techniques.hybrid import HYBRID
from monitor.techniques.interpret import INTERPRET
from monitor.techniques.paravirtual import PARAVIRTUAL
from monitor.techniques.patch import PATCH
from monitor.techniques.technique import Technique
from monitor.techniques.trap import TRAP

TECHNIQUES = {technique.name: technique for technique in (TRAP, HYBRID, INTERPRET, PATCH, PARAVIRTUAL)}

Monitors = int | Sequence[Technique]  # so many that trap and emulate; or the technique of each, lowest first

_LEVEL = re.compile(r"([a-z]+)(?::([1-9]))?")


def levels(monitors: Monitors) -> tuple[Technique, ...]:
    """The technique of each monitor, lowest first."""
    return (TRAP,) * monitors if isinstance(monitors, int) else tuple(monitors)


def written(monitors: Monitors) -> str:
    """How users write them: `none`, `trap:2,hybrid`."""
    kinds = [(name, len([*same])) for name, same in groupby(technique.name for technique in levels(monitors))]
    return ",".join(name if depth == 1 else f"{name}:{depth}" for name, depth in kinds) or "none"


def under(monitors: Monitors) -> str:
    """The same in a sentence: `2 monitors (trap, hybrid)`."""
    names = [technique.name for technique in levels(monitors)]
    kinds = ", ".join(names if len({*names}) > 1 else names[:1])
    return f"{len(names)} monitor{'s' * (len(names) > 1)} ({kinds})"


def read(text: str) -> tuple[Technique, ...] | None:
    """What users write; None if it is none of that."""
    if text == "none":
        return ()
    found: list[Technique] = []
    for level in text.split(","):
        match = _LEVEL.fullmatch(level)
        if match is None or match[1] not in TECHNIQUES:
            return None
        found += [TECHNIQUES[match[1]]] * int(match[2] or 1)
    return tuple(found)
