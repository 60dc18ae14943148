"""A witness as commented assembly: what the culprit does, what is set up and why, what to expect bare and monitored.

`program` is the bare text, which is assembled and run; `story` puts what was seen in front of it.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from isa.assembler.disassembly import Disassembler
from isa.description import Isa
from proofs.runs.compare import Divergence
from proofs.witness.place import Site
from proofs.witness.polish import Words

COLUMN = 36
WIDTH = 100
MOST = 10  # differences shown
_ENDINGS = ("steps", "retired", "end")  # what differs of any guest that was stopped


@dataclass(frozen=True)
class Told:
    """What is known of a witness that has run. `effects` are what each instruction before the culprit does bare."""

    machine: str
    title: str
    does: str
    breaks: str
    expect: str
    effects: tuple[str, ...] = ()
    divergence: Divergence | None = None


class Text:
    """Writes the words of a guest for one machine."""

    def __init__(self, isa: Isa, site: Site, words: Words, told: Told) -> None:
        self.isa, self.site, self.words, self.told = isa, site, words, told
        self.machine = Disassembler(isa)
        self.mark = self.machine.syntax.lexer.comment
        last = words.start + len(words.plan.names)
        done = last + 1 + words.plan.again
        self.handler = {} if words.plan.trap else site.handler(done)
        self.start, self.culprit, self.done = (self._label(n) for n in ("start", "culprit", "done"))
        self.labels = {words.start: self.start, last: self.culprit, done: self.done}
        if words.culprit != last:  # fetched through another relocation
            self.labels = {words.start: self.start, words.culprit: self.culprit}
        if words.culprit == words.start:
            self.labels[words.start] = self.culprit

    def _label(self, name: str) -> str:
        while not self.machine.is_label(name):
            name += "_"
        return name

    def __str__(self) -> str:
        return "\n".join([*self.story(), "", *self.program()]) + "\n"

    # ---- the story

    def story(self) -> Iterator[str]:
        told = self.told
        for text in (told.title, told.does, self._setting(), told.breaks):
            yield from self._prose(text)
            yield self.mark
        yield from self._prose(told.expect)
        yield from self._table()
        yield self.mark
        yield f"{self.mark} machine: {told.machine}"
        yield f"{self.mark} storage: {self.site.words}"
        if self.words.plan.input:
            yield f"{self.mark} input: !"

    def _setting(self) -> str:
        """What is set up before the culprit, in a sentence or two."""
        plan, said = self.words.plan, []
        if plan.input:
            said.append("A character arrives at the console before the first step, so that a pending bit is set.")
        if not plan.names:
            said.append("Nothing else needs to be set up." if said else "The state after reset is all that it needs.")
        elif plan.trap:
            said.append("Before it a trap: its entry loads the state in which the instruction shows itself.")
        else:
            said.append("The instructions before it bring about the state in which it shows itself.")
        return " ".join(said)

    def _prose(self, text: str) -> Iterator[str]:
        for line in textwrap.wrap(text, WIDTH - len(self.mark) - 1, break_long_words=False):
            yield f"{self.mark} {line}"

    def _table(self) -> Iterator[str]:
        found = self.told.divergence
        if found is None or not found.differences:
            return
        kept = [d for d in found.differences if not (found.breach and d.name in _ENDINGS)]
        rows = [(d.name, _before(found, d.name), d.bare, d.monitored) for d in kept[:MOST]]
        rows.insert(0, ("", "before", "bare", "monitored"))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for row in rows:
            cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
            yield f"{self.mark}     {'  '.join([*cells, row[3]])}".rstrip()
        if len(kept) > MOST:
            yield f"{self.mark}     and {len(kept) - MOST} more"

    # ---- the program

    def program(self) -> Iterator[str]:
        """The words as statements; those of the trap entry first."""
        yield f"         .entry {self.labels[self.words.start]}"
        previous = -1
        for at, word in sorted(self.words.words.items()):
            if at != previous + 1 or previous < 0:
                yield f"         .org {at:#x}"
            previous = at
            yield self._line(at, word)

    def _line(self, at: int, word: int) -> str:
        label = f"{self.labels[at]}:" if at in self.labels else ""
        statement, comment = self._statement(at, word), self._comment(at, word)
        line = f"{label:<9}{statement}"
        return f"{line:<{COLUMN}}{self.mark} {comment}" if comment else line

    def _statement(self, at: int, word: int) -> str:
        done = self._program.stop - 1
        if at in self._program or at in self.labels or (at in self.handler and at not in self.site.entry_words):
            return self.machine.statement(word, at, self.labels)
        if at in self.handler and word == done:
            return f".word {self.labels.get(word, hex(word))}"
        return f".word {word:#x}"

    @property
    def _program(self) -> range:
        """Where the instructions lie, the halting one behind the culprit included."""
        plan = self.words.plan
        return range(self.words.start, self.words.start + len(plan.names) + 2 + plan.again)

    def _comment(self, at: int, word: int) -> str:
        names, step = self.words.plan.names, at - self.words.start
        if at == self.words.culprit:
            return "here the two machines part"
        if self.words.plan.again and at == self.words.culprit + 1:
            return "shows what that step left"
        if 0 <= step < len(names):
            effects = self.told.effects
            return effects[step] if step < len(effects) else ""
        if at in self.site.entry_words:
            return "loaded by the trap entry"
        if at == self._program.stop - 1:
            return "every trap leads here" if at in self.handler.values() else ""
        if at in self.handler:
            return "every trap leads here"
        return "read by the program" if at not in self.labels else ""


def _before(found: Divergence, name: str) -> str:
    return f"{found.before[name]:#x}" if name in found.before else ""


def changes(names: Sequence[str], before: Sequence[int], after: Sequence[int], pc: str) -> str:
    """What a step changed, the pc apart: `x[1] = 0x5, psw = 0x1`."""
    pairs: Mapping[str, int] = {n: b for n, a, b in zip(names, before, after, strict=True) if a != b and n != pc}
    return ", ".join(f"{name} = {value:#x}" for name, value in pairs.items())
