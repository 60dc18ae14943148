"""Regions: hot code that becomes one native function, found by following where instructions statically lead.

A region has one or more *entries*: the place that became hot, and the places that routines called in it return to.
Code enters it nowhere else, and leaves it anywhere.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from isa.classes import dataclass
from isa.description import Isa
from isa.engines.native.shapes import Placed, shapes_of
from isa.files.cache import sha256

MOST = 256  # instructions of a region: what it costs to compile grows faster than its length beyond this


@dataclass(frozen=True)
class Region:
    """Instructions by pc, and the entries, in the order in which their numbers are given to the native function.
    `unrun` has the pcs to which it leads that had not run when it was found."""

    isa: Isa
    code: Mapping[int, Placed]
    entries: tuple[int, ...]
    unrun: frozenset[int] = frozenset()

    @property
    def lo(self) -> int:
        return min(self.code)

    @property
    def hi(self) -> int:
        return max(self.code)

    @cached_property
    def key(self) -> str:
        """A hexadecimal digest of all that the native code depends on."""
        parts = [shapes_of(self.isa).plan.digest, *self.entries, "code"]
        parts += [f"{pc} {self.code[pc].word}" for pc in sorted(self.code)]
        return sha256(" ".join(map(str, parts)).encode()).hexdigest()

    @cached_property
    def loops(self) -> dict[int, set[int]]:
        """The loops in it, by their heads."""
        heads = {goal for placed in self.code.values() for goal in placed.goals if _latches(self.code, goal)}
        return {head: _leading(self.code, _latches(self.code, head), {head}) for head in heads & set(self.code)}

    def left_within(self, steps: int) -> bool:
        """Whether fewer steps than so many are taken in it, on whatever way from whatever entry."""
        here = {*self.entries}
        for _ in range(steps - 1):
            here = {goal for pc in here for goal in self._goals(self.code[pc]) if goal in self.code}
        return not here

    def _goals(self, placed: Placed) -> Iterable[int]:
        """Where an instruction may go to. A computed jump returns, or leads out if it calls."""
        return (*placed.goals, *self.returns) if placed.computed and placed.back is None else placed.goals

    @cached_property
    def returns(self) -> list[int]:
        """The entries that routines return to."""
        backs = {placed.back for placed in self.code.values()}
        return [pc for pc in self.entries if pc in backs]


def discover(
    isa: Isa, fetch_word: Callable[[int], int | None], pc: int, executed: Callable[[int], bool], cap: int = MOST
) -> Region | None:
    """The region around a hot pc; None if that instruction cannot be in one.

    `fetch_word` gives the word at a pc, None where the fetch would trap. `executed` tells whether the instruction at a
    pc ran already: what never ran is left out, and so is everything beyond `cap` instructions."""
    unrun: set[int] = set()
    placed = shapes_of(isa).placed
    code: dict[int, Placed] = {}
    waiting, seen = deque([pc]), {pc}
    while waiting and len(code) < cap:
        at = waiting.popleft()
        if at != pc and not executed(at):
            unrun.add(at)
            continue
        word = fetch_word(at)
        found = None if word is None else placed(at, word)
        if found is None:
            continue
        code[at] = found
        for goal in (*found.goals, *(() if found.back is None else (found.back,))):
            if goal not in seen:
                seen.add(goal)
                waiting.append(goal)
    if pc not in code:
        return None
    kept = _loop(code, pc) or _ahead(code, pc)
    backs = {p.back for at, p in code.items() if at in kept and p.back is not None and p.back in kept}
    met = unrun.intersection(goal for at in kept for goal in code[at].goals)
    return Region(isa, {at: code[at] for at in code if at in kept}, (pc, *sorted(backs - {pc})), frozenset(met))


def _loop(code: Mapping[int, Placed], head: int) -> set[int]:
    """The loop that begins at `head`: what leads back to it from behind it without a call; nothing if nothing does.

    Without what lies around it: an entry in the middle of an outer loop would spoil that loop. The outer loop becomes
    hot at its own head, and its region has this loop in it."""
    latches = _latches(code, head)
    return _leading(code, latches, {head}) if latches else set()


def _latches(code: Mapping[int, Placed], head: int) -> list[int]:
    """From where a loop goes back to its head."""
    return [p.pc for p in code.values() if head in p.goals and p.pc >= head and p.back is None]


def _ahead(code: Mapping[int, Placed], start: int) -> set[int]:
    """What can be reached without going back to the head of a loop that `start` is in the middle of."""
    around = _leading(code, [start], set())
    kept: set[int] = set()
    waiting = [start]
    while waiting:
        at = waiting.pop()
        if at in code and at not in kept:
            kept.add(at)
            goals = (goal for goal in code[at].goals if goal >= start or goal not in around)
            waiting += (*goals, *(() if code[at].back is None else (code[at].back,)))
    return kept


def _leading(code: Mapping[int, Placed], goals: list[int], kept: set[int]) -> set[int]:
    """What leads to one of the goals, together with `kept`, beyond which nothing is looked for."""
    before = _before(code)
    waiting = [*goals]
    while waiting:
        at = waiting.pop()
        if at not in kept:
            kept.add(at)
            waiting += before.get(at, ())
    return kept


def _before(code: Mapping[int, Placed]) -> dict[int, list[int]]:
    """From where each instruction is reached. A computed jump may return to whatever is returned to."""
    backs = [p.back for p in code.values() if p.back is not None]
    found: dict[int, list[int]] = {}
    for placed in code.values():
        goals: Iterable[int] = (*placed.goals, *backs) if placed.computed else placed.goals
        for goal in goals:
            found.setdefault(goal, []).append(placed.pc)
    return found
