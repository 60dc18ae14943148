"""Two debuggers side by side, the bare machine and the monitored one: each word is said to both, and where they answer
otherwise that is marked.

Both stay at one step. What a word finds on one side alone, or there first, is where the other side goes too.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from isa.assembler.image import printable
from isa.errors import TraplineError, UsageError
from monitor.techniques import Monitors
from proofs.runs.compare import differing
from trapline.debugging.debugged import Guest
from trapline.debugging.moment import Moment
from trapline.debugging.printed import Printed
from trapline.debugging.words import Debugger
from trapline.options import DEFAULT_STEPS
from trapline.output import engine_in_use
from trapline.running.launch import restored

BOTH, BARE, MONITORED, DIFFERS = "", "bare", "monitored", "differs"
SHOWN = 8  # differences that are shown unasked
SAME = "both are the same"
WORDS = {
    "differences": "everything that is not the same on both sides",
    "parting": "to the step after which they are no longer the same",
}


class Line(NamedTuple):
    """Something to show, of one `side` or of both; or something of the machines that differs."""

    side: str
    text: str


class Lockstep:
    """`step` is where the two part. `parts` says whether they do so here, run stretch by stretch as a history runs."""

    def __init__(self, bare: Debugger, monitored: Debugger, step: int) -> None:
        self.bare, self.monitored, self.step = bare, monitored, step
        self.sides = (bare, monitored)
        bare.alone = monitored.alone = False
        self._printed = [Printed(side) for side in self.sides]
        self._told: list[Line] = []
        self.parts = self._part()

    @property
    def over(self) -> bool:
        return self.bare.over or self.monitored.over

    @property
    def ahead(self) -> int:
        """How many steps came after the present one, on the side that has come further."""
        return max(side.ahead for side in self.sides)

    def branches(self, line: str) -> bool:
        """Whether a line would give them up."""
        return any(side.branches(line) for side in self.sides)

    def do(self, line: str) -> Iterator[Line]:
        """Say a line to both. Raises TraplineError for what neither can do; then both are where they were."""
        name, _, rest = line.strip().partition(" ")
        if name in WORDS and rest:
            raise UsageError(f"nothing follows `{name}`", f"it is {WORDS[name]}")
        if name == "differences":
            yield from self._differences() or [Line(BOTH, SAME)]
        else:
            yield from self._said(f"go {self.step}" if name == "parting" else line)

    def _part(self) -> bool:
        """Bring both to the step, and see whether it leaves them different."""
        self._go(self.step + 1)
        found = bool(self._differences())
        self._go(self.step)
        for side in self.sides:
            side.history.forget()
        return found

    def _go(self, step: int) -> None:
        for side in self.sides:
            side.history.go(step)

    def _said(self, line: str) -> Iterator[Line]:
        here = [side.machine.steps for side in self.sides]
        answers = [_answer(side, line) for side in self.sides]
        if all(isinstance(answer, TraplineError) for answer in answers):
            raise next(answer for answer in answers if isinstance(answer, TraplineError))
        texts = [answer.render().splitlines() if isinstance(answer, TraplineError) else answer for answer in answers]
        self._meet(here, texts)
        new = [[f"| {printable(text)}" for text in printed.text().split("\n") if text] for printed in self._printed]
        yield from marked([*new[0], *texts[0]], [*new[1], *texts[1]])
        if line.strip() == "help":
            yield from (Line(BOTH, name.ljust(36) + does) for name, does in WORDS.items())
        yield from self._news()

    def _meet(self, here: list[int], texts: list[list[str]]) -> None:
        """Bring both to where the first of them has come to, as near as the other can come."""
        ways = [abs(side.machine.steps - before) for side, before in zip(self.sides, here, strict=True)]
        nearest = min((way for way in ways if way), default=0)
        goal = self.sides[ways.index(nearest)].machine.steps
        for number, side in enumerate(self.sides):
            if ways[number] != nearest:
                side.history.go(goal)
                texts[number] = [*(texts[number] if not ways[number] else []), *side.do("where")]

    def _differences(self) -> list[Line]:
        found = differing(self.bare.machine, self.monitored.machine)
        return [Line(DIFFERS, f"{d.name}: {d.bare} bare, {d.monitored} monitored") for d in found]

    def _news(self) -> Iterator[Line]:
        """What differs now and did not yet when this was told last."""
        before, self._told = self._told, self._differences()
        new = [line for line in self._told if line not in before]
        yield from new[:SHOWN]
        if new[SHOWN:]:
            yield Line(DIFFERS, f"and {len(new) - SHOWN:,} more: `differences` lists them")
        if before and not self._told:
            yield Line(BOTH, SAME)


def opened(found: Moment, engine: str | None = None, steps: int | None = None) -> Lockstep:
    """Both sides before the step at which they part. `engine` is another one than the file says; `steps` limits the
    run, if it is not less than that. Raises TraplineError for a machine that cannot be had again."""
    limit, name = max(steps or DEFAULT_STEPS, found.step + 1), engine_in_use(engine or found.engine)

    def side(monitors: Monitors) -> Debugger:
        return Debugger(Guest(restored(found.start, found.isa, monitors, name).machine, found.image, limit))

    both = Lockstep(side(0), side(found.monitors), found.step)
    early = min(side.machine.steps for side in both.sides)
    if early != found.step:
        message = f"the run ends at step {early:,}, before the two part at step {found.step:,}"
        raise TraplineError(message, "compare again: the file does not fit this release")
    return both


def marked(bare: Sequence[str], monitored: Sequence[str]) -> Iterator[Line]:
    """Two lists of lines as one: those of both once, those of one side as that."""
    for kind, low, high, first, end in SequenceMatcher(None, bare, monitored, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Line(BOTH, text) for text in bare[low:high])
        else:
            yield from (Line(BARE, text) for text in bare[low:high])
            yield from (Line(MONITORED, text) for text in monitored[first:end])


def _answer(side: Debugger, line: str) -> list[str] | TraplineError:
    try:
        return list(side.do(line))
    except TraplineError as error:
        return error
