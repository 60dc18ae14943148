"""The keys, in one table: what is pressed, what is said to the debugger, and what the footer calls it.

A small letter goes forwards and its capital backwards, with the same word.
"""

from typing import NamedTuple


class Key(NamedTuple):
    """`word` is what the debugger is told; the others are actions of the application."""

    key: str
    label: str
    does: str
    word: str = ""
    action: str = ""


MOVES = (
    Key("s", "step", "one step", "step"),
    Key("n", "over", "one step, over a call", "over"),
    Key("o", "out", "out of the routine", "out"),
    Key("l", "line", "to another line of the source", "line"),
    Key("c", "go on", "to the next breakpoint or watch, or to the end", "continue"),
    Key("t", "trap", "to the next step that traps", "trap"),
    Key("x", "exit", "to the next exit to the monitor", "exit"),
    Key("m", "mode", "to the next change of the mode", "mode"),
    Key("d", "device", "to the next act of a device", "device"),
)
OTHERS = (
    Key("b", "break", "set or clear a breakpoint at the cursor of the source", action="toggle_break"),
    Key("g", "here", "on to the cursor of the source", action="run_here"),
    Key("colon", "words", "the line for words", action="words"),
    Key("question_mark", "help", "what all of this means", action="explain"),
    Key("tab", "pane", "the next pane; shift+tab the one before", action="app.focus_next"),
    Key("ctrl+c", "cancel", "break off a search; the machine stays where it was", action="cancel"),
    Key("q", "quit", "the end", action="leave"),
)
SHOWN = {"colon": ":", "question_mark": "?", "ctrl+c": "^C"}  # keys that are called otherwise


def shown(key: str) -> str:
    """What stands on a key."""
    return SHOWN.get(key, key)


def meaning(key: str) -> str:
    """What a key says to the debugger, or nothing."""
    for move in MOVES:
        if key == move.key:
            return move.word
        if key == move.key.upper():
            return f"back {move.word}"
    return ""
