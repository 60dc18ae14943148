"""What may be said to a debugger, word by word: the same words go forwards and, after `back`, backwards.

`Debugger.do` takes a line and gives what there is to show. Whoever has a screen, a prompt or a file of such lines has
no logic of its own. What moves stops before the step that was asked for; docs/debug.md lists the words. They are done
in `going.py`, `looking.py` and `breaking.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from isa.errors import UsageError
from monitor.history.looks import Talks
from monitor.history.passes import Question
from trapline.debugging import breaking, company, going, looking
from trapline.debugging.asking import on_device, on_mode, on_trap
from trapline.debugging.debugged import Debugged, Guest

__all__ = ["WORDS", "Debugger", "Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word: what follows it, what it does, and how. A `question` can be asked in both directions, and so can a `move`
    be made. One that `changes` something begins a branch in the past."""

    usage: str
    does: str
    perform: Callable[["Debugger", str], Iterator[str]] | None = None
    question: Callable[[Debugged, str], Question] | None = None
    move: Callable[[Debugged, str, bool], Iterator[str]] | None = None
    changes: bool = False


class Debugger(Debugged):
    """What is debugged, told in words what to do. `over` says that there is nothing more to do."""

    def __init__(self, *guests: Guest) -> None:
        super().__init__(*guests)
        self.over = False

    def do(self, line: str) -> Iterator[str]:
        """Do what a line says, and give the lines that there are to show. Raises UsageError, SourceError, HistoryError
        for what cannot be done; then the machine is where it was."""
        name, rest, backwards = _said(line)
        if not name:
            return
        word = WORDS.get(name)
        if word is None:
            near = get_close_matches(name, WORDS, 1)
            help = f"did you mean `{near[0]}`?" if near else "`help` lists them"
            raise UsageError(f"there is no word `{name:.40}`", help)
        if word.question is not None:
            yield from going.sought(self, word.question(self, rest), backwards)
        elif word.move is not None:
            yield from word.move(self, rest, backwards)
        elif backwards:
            raise UsageError(f"`{name}` has no direction", f"write it without `back`: `{name} {word.usage}`".rstrip())
        else:
            assert word.perform is not None
            yield from word.perform(self, rest)

    def branches(self, line: str) -> bool:
        """Whether a line would give up what came after the present step. A face asks before it does that."""
        word = WORDS.get(_said(line)[0])
        return word is not None and word.changes and self.past


def _said(line: str) -> tuple[str, str, bool]:
    """The word of a line, what follows it, and whether it is said backwards: `back 5` is `back step 5`."""
    name, _, rest = line.strip().partition(" ")
    if name != "back":
        return name, rest.strip(), False
    name, _, more = rest.strip().partition(" ")
    return ("step", name, True) if not name or name.isdecimal() else (name, more.strip(), True)


def _help(debugger: Debugger, rest: str) -> Iterator[str]:
    for name, word in WORDS.items():
        if rest in ("", name):
            yield f"{name} {word.usage}".ljust(36) + word.does


def _quit(debugger: Debugger, rest: str) -> Iterator[str]:
    debugger.over = True
    yield from ()


WORDS: dict[str, Word] = {
    "step": Word("[N]", "one step, or N", move=going.steps),
    "over": Word("", "one step, with all of a call or a trap", move=going.over),
    "out": Word("", "to where the routine, or the trap, comes back", move=going.out),
    "line": Word("", "to another line of the source", move=going.line),
    "go": Word("STEP", "to a step of the run, in either direction", going.go),
    "run": Word("", "to the end", going.run),
    "continue": Word("", "to the next stop, or the end", move=going.resume),
    "at": Word("WHERE", "to the next step at a label, FILE:LINE or pc", question=breaking.at),
    "until": Word("CONDITION", "to the next step before which it holds", question=going.until),
    "trap": Word("[CAUSE]", "to the next trap", question=on_trap),
    "mode": Word("", "to the next change of the mode", question=lambda d, rest: on_mode(d)),
    "exit": Word("[DECISION [CAUSE]]", "to the next exit, or one of that decision", question=breaking.exits),
    "port": Word("N", "to the next word through a port", question=lambda d, rest: Talks(d.number(rest))),
    "device": Word("[NAME]", "to the next act of a device, or the clock", question=on_device),
    "last": Word("PLACE", "to the step that last wrote `[e]`, a register or a field", going.wrote),
    "first": Word("CONDITION", "to the first step of all before which it holds", going.earliest),
    "break": Word("WHERE [if CONDITION] [hits N]", "stop there; also `trap`, `exit`, `mode`, `device`", breaking.add),
    "watch": Word("PLACE [if CONDITION] [hits N]", "stop where it is written", breaking.watch),
    "breaks": Word("", "the stops that are set", breaking.listed),
    "delete": Word("N", "take a stop away", breaking.delete),
    "guest": Word("[NAME]", "the guests, whose turn it is, or to look at another one", company.guest),
    "where": Word("", "where the machine stands", looking.where),
    "chain": Word("", "the traps that have not come back", looking.chain),
    "print": Word("EXPRESSION", "its value", looking.shown),
    "registers": Word("", "all registers and fields", looking.registers),
    "storage": Word("A [B]", "words of storage", looking.storage),
    "code": Word("[PC [N]]", "instructions, N or 8, from a pc on", looking.instructions),
    "set": Word("PLACE = EXPRESSION", "change something; in the past that begins a branch", looking.put, changes=True),
    "type": Word("[TEXT]", "what the guest reads: a line, or in quotes; nothing ends it", looking.typed, changes=True),
    "help": Word("[WORD]", "these words; `back WORD` asks the same backwards", _help),
    "quit": Word("", "the end", _quit),
}
