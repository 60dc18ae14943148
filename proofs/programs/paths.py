"""All paths of a program from one symbolic state, step by step, to where each ends.

The pc is a number at every step. Where the next one is a term, each number that it may be is a path of its own, if the
solver finds that it can be: it is asked there and nowhere else. Paths that meet again become one (`joining.py`), since
the path that lies furthest back always goes first: so a choice costs what is between it and where it ends.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import z3

from isa.description import Role
from isa.ir.operators import BOOL
from isa.machine.moving import Counter
from proofs.programs.asking import Questions
from proofs.programs.code import Code, Known
from proofs.programs.joining import Going, joined
from proofs.programs.running import Astray, Running
from proofs.programs.state import Setting, State
from proofs.programs.values import Value, known, lifted, lowered
from proofs.terms.symbolic import Term, conjunction

LONGEST = 2000  # steps of a path
MOST = 200  # paths from one state


class Ending(Enum):
    """How a path ends; all but the first are mistakes, if they can happen."""

    THERE = "it comes to a stated place"
    TRAPPED = "the monitor itself traps"
    ASTRAY = "it writes outside its own words and the guest's window"
    LONG = "it goes on for too many steps"
    LOST = "it goes on at an address that is not fixed"
    STOPPED = "it stops the machine"
    CROWDED = "there are too many paths"


@dataclass(frozen=True)
class Path:
    """A path, ended before the step at `at`. It is that of all states that meet `conditions`."""

    ending: Ending
    at: int
    state: State
    conditions: tuple[Term, ...]


class Paths:
    """The paths of a program from states that satisfy some hypotheses."""

    def __init__(self, code: Code, setting: Setting, hypotheses: list[Term], longest: int = LONGEST) -> None:
        self.routines: dict[int, Callable[[State], None]] = {}
        self.apart: tuple[int, ...] = ()  # own words in which paths must agree to become one
        self.code, self.setting, self.longest = code, setting, longest
        self.isa = setting.isa
        self.pc = self.isa.pc
        self.scalars = [s.name for s in self.isa.scalars() if s.name not in {name for name, _ in code.moving}]
        self.halts = [p.state for p in self.isa.roles[Role.HALT]]
        self.questions = Questions(setting, hypotheses)

    def until(self, start: State, stops: frozenset[int]) -> Iterator[Path]:
        """Every path from a state to one of the `stops`, or to another end."""
        waiting = [Going(start)]
        found = 0
        while waiting:
            one = min(waiting, key=self._turn)
            waiting.remove(one)
            for other in [w for w in waiting if self._place(w) == self._place(one)]:
                both = joined(self.isa, one, other, self.apart)
                if both is not None:
                    waiting.remove(other)
                    one = both
            went = self._on(one, stops)
            while not isinstance(went, Path) and len(went) == 1 and not waiting:
                went = self._on(went[0], stops)
            if isinstance(went, Path):
                found += 1
                yield went
            else:
                waiting += went
            if found + len(waiting) > MOST:
                yield Path(Ending.CROWDED, self._place(one), one.state, one.given)
                return

    def _turn(self, one: Going) -> int:
        """Whose turn it is: what is stated takes no time, and who lies furthest back has others to meet."""
        place = self._place(one)
        return -1 if place in self.routines else place

    def _place(self, one: Going) -> int:
        place: int = one.state.scalars[self.pc]
        return place

    # ---- one step

    def _on(self, one: Going, stops: frozenset[int]) -> Path | list[Going]:
        """The path, if it ends before this step; else what goes on after it."""
        self.questions.given = one.given
        state, pc = one.state, self._place(one)
        if pc in stops:
            return Path(Ending.THERE, pc, state, one.given)
        if state.steps >= self.longest:
            return Path(Ending.LONG, pc, state, one.given)
        if pc in self.routines:
            self.routines[pc](state)
            return self._forked(one, pc)
        word = state.word(pc) if pc < self.setting.end else None
        return self.stepped(one, word) if isinstance(word, int) else Path(Ending.LOST, pc, state, one.given)

    def stepped(self, one: Going, word: int) -> Path | list[Going]:
        """One step of a word in the program's own mode."""
        state, pc = one.state, self._place(one)
        step = self.code.step(word, self._known(state))
        if step.looks:
            self.age(state)
        reading = Running(state, self.setting, self.questions.inside)
        lying = [self.questions.in_storage(a) for a in reading.addresses(step) if reading.inside(a)]
        for trap in step.traps:
            guard = lifted(reading.value(trap.guard), BOOL)
            if self.questions.possible(conjunction(guard, *lying)):
                return Path(Ending.TRAPPED, pc, state, (*one.given, guard))
        try:
            reading.perform(step.effects, pc)
        except Astray as astray:
            return Path(Ending.ASTRAY, pc, state, (*one.given, astray.where))
        state.steps += 1
        state.since = 0 if step.timely else self._later(state.since)
        if any(state.scalars[name] for name in self.halts):
            return Path(Ending.STOPPED, pc, state, one.given)
        return self._forked(one, pc)

    def behind(self, path: Path) -> State | None:
        """The real machine behind the step at which a path has ended, wherever it goes; nothing if that traps."""
        state = path.state.copy()
        one = Going(state, path.conditions)
        self.questions.given = path.conditions
        step = self.code.step(state.word(path.at), self._known(state))
        if step.looks:
            self.age(state)
        reading = Running(state, self.setting, self.questions.inside)
        for trap in step.traps:
            if self.questions.possible(lifted(reading.value(trap.guard), BOOL)):
                return None
        reading.perform(step.effects, path.at)
        state.since = 0 if step.timely else self._later(state.since)
        self.age(state)
        return one.state

    def _later(self, since: Value) -> Value:
        return since + 1 if known(since) else lowered(since + 1)

    def _known(self, state: State) -> Known:
        return tuple([(name, v) for name in self.scalars if isinstance(v := state.scalars[name], int)])

    def age(self, state: State) -> None:
        """Let what moves by itself have moved by the steps since it was looked at last."""
        if known(state.since) and not state.since:
            return
        before = dict(state.scalars)
        reading = Running(state, self.setting, self.questions.inside, {"steps": state.since})
        reading.perform(self.code.time.advance().effects, 0)
        for moving in self.code.time.moving:
            name, width = moving.place.state, self.isa.states[moving.place.state].width
            if isinstance(moving, Counter) and moving.width == width and known(state.since):
                simple = lowered(lifted(before[name], width) + moving.step * state.since)
                if self.questions.valid(lifted(state.scalars[name], width) == lifted(simple, width)):
                    state.scalars[name] = simple
        state.since = 0

    def _forked(self, one: Going, pc: int) -> Path | list[Going]:
        state, target = one.state, one.state.scalars[self.pc]
        if known(target):
            return [one]
        places = sorted(leaves(target))
        if self.questions.possible(z3.And(*(target != place for place in places))):
            return Path(Ending.LOST, pc, state, one.given)
        conditions = {place: lifted(lowered(target == place), BOOL) for place in places}
        ways = [place for place in places if self.questions.possible(conditions[place])]
        after = []
        for place in ways:
            way = Going(state.copy(), (*one.given, conditions[place])) if len(ways) > 1 else one
            way.state.scalars[self.pc] = place
            after.append(way)
        return after


def leaves(term: Term) -> set[int]:
    """The numbers that a choice chooses from; what is no number is left out."""
    found, seen, left = set[int](), set[int](), [term]
    while left:
        node = left.pop()
        if node.get_id() in seen:
            continue
        seen.add(node.get_id())
        if z3.is_bv_value(node):
            found.add(node.as_long())
        elif z3.is_app_of(node, z3.Z3_OP_ITE):
            left += [node.arg(1), node.arg(2)]
    return found
