"""`gotoTargets` and `goto`: a line of the source in time. It may be gone to, forwards or back, or jumped to.

What a goto means elsewhere, that the machine goes on from there and leaves out what lies between, is the last choice:
it changes the pc, and in the past that begins a branch.
"""

from functools import partial
from typing import NamedTuple

from isa.errors import UsageError
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message
from trapline.adapter.movement import GOTO, move
from trapline.adapter.progress import Busy
from trapline.adapter.session import Perform, Session
from trapline.adapter.sources import file_of
from trapline.adapter.values import put
from trapline.debugging.code import code


class Goal(NamedTuple):
    """What a target's number means: words of the debugger that lead there, or the pc to go on from."""

    words: str
    pc: int | None = None


def goto_targets(session: Session, arguments: Arguments) -> Message:
    file, asked = file_of(session, arguments.inside("source")), arguments.number("line")
    line = asked + 1 - session.first_line
    ways = {
        "back to the last time": Goal(f"back at {file}:{line}"),
        "on to the next time": Goal(f"at {file}:{line}"),
    }
    if (pc := _seen_at(session, _place(session, file, line))) is not None:
        ways["jump there: change the pc"] = Goal("", pc)
    return {"targets": [{"id": session.handle(way), "label": name, "line": asked} for name, way in ways.items()]}


def _place(session: Session, file: str, line: int) -> int:
    image = session.debugger.image
    places = [place for place, one in image.lines.items() if (one.file, one.line) == (file, line)] if image else []
    if not places:
        raise UsageError(f"no word of the program comes from line {line}")
    return min(places)


def _seen_at(session: Session, place: int) -> int | None:
    """The pc at which the machine now sees a place, if it lies as far from there as the present one does from its."""
    machine = session.debugger.machine
    here = machine.engine.place()
    pc = machine.state.block[machine.pc_slot] + place - here if here is not None else place
    return pc if code(machine, None, pc, 1)[0].place == place else None


def goto(session: Session, arguments: Arguments) -> None:
    goal = session.find(arguments.number("targetId"))
    if not isinstance(goal, Goal):
        raise UsageError("`targetId` is not that of a target")
    move(session, "going there", partial(_go, session, goal))


def _go(session: Session, goal: Goal, found: Busy) -> None:
    """That there is no such step is an answer, not a mistake."""
    machine = session.debugger.machine
    before, shown = machine.steps, ""
    if goal.pc is None:
        shown = "\n".join(session.debugger.do(goal.words))
    else:
        put(session, machine.isa.pc, f"{goal.pc:#x}")
    session.stopped(GOTO, shown if shown and machine.steps == before else session.at)


REQUESTS: dict[str, Perform] = {"gotoTargets": goto_targets, "goto": goto}
