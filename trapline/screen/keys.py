"""The keys, in one table: what is pressed, what is said to the debugger, and what the footer calls it.

A small letter goes forwards and its capital backwards, with the same word.
"""

from typing import NamedTuple


class Key(NamedTuple):
    """`word` is what the debugger is told; keys without one are actions of the application."""

    key: str
    label: str
    does: str
    word: str = ""
    action: str = ""


_MOVES = """
s | step   | one step                                        | step
n | over   | one step, over a call                           | over
o | out    | out of the routine                              | out
l | line   | to another line of the source                   | line
c | go on  | to the next breakpoint or watch, or to the end  | continue
t | trap   | to the next step that traps                     | trap
x | exit   | to the next exit to the monitor                 | exit
m | mode   | to the next change of the mode                  | mode
d | device | to the next act of a device                     | device
"""
MOVES = tuple(Key(*(part.strip() for part in line.split("|"))) for line in _MOVES.strip().splitlines())
OTHERS = (
    Key("b", "break", "set or clear a breakpoint at the cursor of the source", action="toggle_break"),
    Key("g", "here", "on to the cursor of the source", action="run_here"),
    Key("i", "type", "something for the guest to read", action="begin_line('type ')"),
    Key("colon", "words", "the line for words", action="begin_line('')"),
    Key("question_mark", "help", "what all of this means", action="explain"),
    Key("tab", "pane", "the next pane; shift+tab the one before", action="focus_next"),
    Key("ctrl+c", "cancel", "break off a search; the machine stays where it was", action="cancel"),
    Key("q", "quit", "the end", action="leave"),
)
PANES = ("1", "2", "3", "4", "5", "6")  # keys that choose the pane beside the source
KEYS = (
    *(key for move in MOVES for key in (move.key, move.key.upper())),
    *(other.key for other in OTHERS if other.action != "cancel"),
    *PANES,
)  # all of the application
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
