"""What may be said to a debugger, word by word: the same words go forwards and, after `back`, backwards.

`Debugger.do` takes a line and gives what there is to show. Whoever has a screen, a prompt or a file of such lines has
no logic of its own. What moves stops before the step that was asked for; docs/debug.md lists the words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from isa.assembler import Image
from isa.errors import UsageError
from isa.machine import Machine, Reason
from monitor.history.looks import Executes, Exits, Fetches, Holds, Talks, Traps, mode_changes
from monitor.history.questions import Question, first, last, seek, step
from monitor.statistics import Decision
from trapline.debugging.conditions import Condition
from trapline.debugging.debugged import Debugged
from trapline.running.point import Point
from trapline.state.choice import DumpChoice, dump_choice
from trapline.state.dump import dump_lines
from trapline.state.standing import standing, standing_lines


@dataclass(frozen=True, slots=True)
class Word:
    """A word: what follows it, what it does, and how. A `question` can be asked in both directions."""

    usage: str
    does: str
    perform: "Callable[[Debugger, str], Iterator[str]] | None" = None
    question: "Callable[[Debugger, str], Question] | None" = None


class Debugger(Debugged):
    """What is debugged, told in words what to do."""

    def __init__(self, machine: Machine, image: Image | None, limit: int) -> None:
        super().__init__(machine, image, limit)
        self.over = False

    def do(self, line: str) -> Iterator[str]:
        """Do what a line says, and give the lines that there are to show. Raises UsageError, SourceError, HistoryError
        for what cannot be done; then the machine is where it was."""
        name, _, rest = line.strip().partition(" ")
        if name == "back":
            yield from self._back(rest.strip())
        elif name:
            yield from self._word(name, rest.strip(), False)

    def branches(self, line: str) -> bool:
        """Whether a line would give up what came after the present step."""
        return self.past and line.strip().partition(" ")[0] == "set"

    def _back(self, rest: str) -> Iterator[str]:
        name, _, more = rest.partition(" ")
        if not name or name.isdecimal():
            yield from self._steps(rest, True)
        else:
            yield from self._word(name, more.strip(), True)

    def _word(self, name: str, rest: str, backwards: bool) -> Iterator[str]:
        word = WORDS.get(name)
        if word is None:
            near = get_close_matches(name, WORDS, 1)
            help = f"did you mean `{near[0]}`?" if near else "`help` lists them"
            raise UsageError(f"there is no word `{name:.40}`", help)
        if word.question is not None:
            yield from self._seek(word.question(self, rest), backwards)
        elif backwards and name != "step":
            raise UsageError(f"`{name}` has no direction", f"write it without `back`: `{name} {word.usage}`".rstrip())
        elif name == "step":
            yield from self._steps(rest, backwards)
        else:
            assert word.perform is not None
            yield from word.perform(self, rest)

    # ---- moving

    def _steps(self, rest: str, backwards: bool) -> Iterator[str]:
        count = self.number(rest) if rest else 1
        if step(self.history, backwards, count) is None:
            yield f"not as many steps: {self._no_more(backwards)}"
        else:
            yield from self.where("")

    def _seek(self, question: Question, backwards: bool) -> Iterator[str]:
        most = max(0, self.limit - self.machine.steps)
        if seek(self.history, question, backwards, *(() if backwards else (most,))) is None:
            yield f"there is no such step: {self._no_more(backwards)}"
        else:
            yield from self.where("")

    def _no_more(self, backwards: bool) -> str:
        if backwards:
            return f"the history begins at step {self.history.first:,}"
        return f"the run ends at step {self.history.newest:,}, or before step {self.limit:,}"

    def go(self, rest: str) -> Iterator[str]:
        self.history.go(min(self.number(rest), self.limit))
        yield from self.where("")

    def run(self, rest: str) -> Iterator[str]:
        end = self.history.go(self.limit)
        yield {
            Reason.HALT: "halted",
            Reason.IDLE: "waits for ever",
            Reason.BUDGET: f"not finished after {self.limit:,} steps",
        }.get(end.reason, f"{end.reason.value}: {end.detail}")
        yield from self.where("")

    def last(self, rest: str) -> Iterator[str]:
        if rest.startswith("[") and rest.endswith("]"):
            what: str | int = self.number(rest[1:-1])
        else:
            what = str(self.place(rest))
        found = last(self.history, what)
        if found is None:
            yield f"nothing has changed {rest} since step {self.history.first:,}"
        else:
            self.history.go(found)
            yield from self.where("")

    def first(self, rest: str) -> Iterator[str]:
        found = first(self.history, self.condition(rest))
        if found is None:
            yield f"that held at no step up to {self.history.newest:,}"
        else:
            self.history.go(found)
            yield from self.where("")

    # ---- looking and changing

    def where(self, rest: str) -> Iterator[str]:
        machine = self.machine
        past = f" of {self.history.newest:,}" if machine.steps < self.history.newest else ""
        found = standing(machine, len(machine.hosts) - 1, self.image)
        yield f"step {machine.steps:,}{past}: " + ("halted" if machine.halted else next(standing_lines(machine, found)))

    def print(self, rest: str) -> Iterator[str]:
        value = self.condition(rest).value(self.machine)
        yield f"{value} {value:#x}"

    def registers(self, rest: str) -> Iterator[str]:
        yield from dump_lines(self.machine, DumpChoice(registers=True))

    def storage(self, rest: str) -> Iterator[str]:
        low, _, high = rest.partition(" ")
        start = self.number(low)
        stop = self.number(high) if high else start + 8
        yield from dump_lines(self.machine, dump_choice(f"storage[{start}:{stop}]"))

    def set(self, rest: str) -> Iterator[str]:
        where, equals, what = rest.partition("=")
        if not equals:
            raise UsageError("what shall it be?", "write `set PLACE = VALUE`")
        value, where = self.number(what), where.strip()
        past = self.machine.steps < self.history.newest
        if where.startswith("[") and where.endswith("]"):
            place = self.number(where[1:-1])
            Condition(f"[{place}]", self.machine.isa).value(self.machine)
            with self.history.change():
                self.machine.storage.write(place, [value & (1 << self.machine.isa.storage.width) - 1])
        else:
            target = self.place(where)
            with self.history.change():
                target.write(self.machine, value)
        if past:
            yield f"a branch begins at step {self.machine.steps:,}: what came after it is given up"

    def help(self, rest: str) -> Iterator[str]:
        for name, word in WORDS.items():
            if rest in ("", name):
                yield f"{name} {word.usage}".ljust(28) + word.does

    def quit(self, rest: str) -> Iterator[str]:
        self.over = True
        yield from ()

    # ---- parts

    def at(self, rest: str) -> Question:
        point = Point.find(rest, self.image)
        if point.pc is not None:
            return Executes(point.pc)
        assert point.place is not None
        return Fetches(point.place)

    def trap(self, rest: str) -> Question:
        causes = self.machine.isa.cause.members
        if rest and rest not in causes:
            raise UsageError(f"there is no cause `{rest:.40}`", f"one of: {', '.join(causes)}")
        return Traps(causes[rest] if rest else None)

    def exit(self, rest: str) -> Question:
        name, _, cause = rest.partition(" ")
        decisions = {decision.value: decision for decision in Decision}
        if name not in decisions:
            raise UsageError(f"there is no decision `{name:.40}`", f"one of: {', '.join(decisions)}")
        return Exits(decisions[name], cause.strip() or None)


WORDS: dict[str, Word] = {
    "step": Word("[N]", "one step, or N"),
    "go": Word("STEP", "to a step of the run, in either direction", Debugger.go),
    "run": Word("", "to the end", Debugger.run),
    "at": Word("WHERE", "to the next step at a label, FILE:LINE or pc", question=Debugger.at),
    "until": Word("CONDITION", "to the next step before which it holds", question=lambda d, t: Holds(d.condition(t))),
    "trap": Word("[CAUSE]", "to the next trap", question=Debugger.trap),
    "mode": Word("", "to the next change of the mode", question=lambda d, t: mode_changes(d.machine)),
    "exit": Word("DECISION [CAUSE]", "to the next exit of that decision", question=Debugger.exit),
    "port": Word("N", "to the next word through a port", question=lambda d, t: Talks(d.number(t))),
    "last": Word("PLACE", "to the step that last wrote `[e]`, a register or a field", Debugger.last),
    "first": Word("CONDITION", "to the first step of all before which it holds", Debugger.first),
    "where": Word("", "where the machine stands", Debugger.where),
    "print": Word("EXPRESSION", "its value", Debugger.print),
    "registers": Word("", "all registers and fields", Debugger.registers),
    "storage": Word("A [B]", "words of storage", Debugger.storage),
    "set": Word("PLACE = EXPRESSION", "change something; in the past that begins a branch", Debugger.set),
    "help": Word("[WORD]", "these words; `back WORD` asks the same backwards", Debugger.help),
    "quit": Word("", "the end", Debugger.quit),
}
