"""Bugs planted in the shipping code, and the check that must find each: it passes without the bug, fails with it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]
Check = Callable[[], None]


@dataclass(frozen=True)
class Planted:
    """A bug and the check that must find it."""

    name: str
    plant: Plant
    check: Check


class Bugs(list[Planted]):
    """The bugs of one module; `caught_by` puts a planting function on the list, once for each check."""

    def caught_by(self, *found: Check) -> Callable[[Plant], Plant]:
        def note(plant: Plant) -> Plant:
            self.extend(Planted(f"{plant.__name__}-{check.__name__}", plant, check) for check in found)
            return plant

        return note


@cache
def passes(check: Check) -> None:
    """Without a bug; asked once for all the bugs that the check must find."""
    check()


def must_catch(bug: Planted, monkeypatch: Patch, caught: tuple[type[Exception], ...]) -> None:
    passes(bug.check)
    bug.plant(monkeypatch)
    with pytest.raises(caught):
        bug.check()
