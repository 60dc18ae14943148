"""Counterexamples in a student's folder, each a file that `trapline debug --at` opens at the step at which it shows."""

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress

from isa.errors import TraplineError
from trapline.labs.checking import Result
from trapline.labs.lab import COUNTEREXAMPLES

_ODD = re.compile(r"[^A-Za-z0-9]+")


def keep(folder: str, results: Sequence[Result]) -> dict[str, str]:
    """Write those that there are, and take away those of an earlier check: the files, by check. What cannot be written
    is said on stderr, and the check is none the worse for it."""
    place = os.path.join(folder, COUNTEREXAMPLES)
    try:
        return _kept(place, results)
    except (OSError, TraplineError) as error:
        print(f"note: counterexamples are not kept: {error}", file=sys.stderr)
        return {}


def _kept(place: str, results: Sequence[Result]) -> dict[str, str]:
    """Nothing is written through a link, wherever it leads."""
    if os.path.islink(place):
        raise TraplineError(f"{place} is a link")
    paths = {r.check.name: os.path.join(place, f"{_ODD.sub('-', r.check.name)}.json") for r in results}
    for path in paths.values():
        with suppress(FileNotFoundError):
            os.unlink(path)
    found = {r.check.name: r.failure.moment for r in results if r.failure and r.failure.moment}
    if found:
        os.makedirs(place, exist_ok=True)
    for name, moment in found.items():
        moment.save(paths[name])
    return {name: paths[name] for name in found}
