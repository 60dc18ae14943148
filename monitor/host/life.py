"""The life of a virtual machine: one table of what may be done in which state, and what state comes of it.

`after` is the only way from one state to another. The table of docs/host.md is `rows`, and tests try every verb in
every state. What a guest does to itself (it halts, it waits for ever, it fails) stands in the same table as what users
do.
"""

from collections.abc import Iterator
from enum import Enum

from isa.errors import TraplineError


class State(Enum):
    DEFINED = "defined"  # off: disks, and nothing else
    RUNNING = "running"
    PAUSED = "paused"
    IDLE = "idle"  # waits for something that only comes from outside
    HALTED = "halted"  # off, by itself; how it ended can be looked at
    CRASHED = "crashed"  # off, as its monitor could not go on; the same
    SAVED = "saved"  # off, and kept to go on from there
    MIGRATING = "migrating"  # on its way to another host


class Target(Enum):
    """What comes of a verb, where it is no state of its own."""

    AS_IT_WAS = "as it was"  # the state of the point that is gone back to
    GONE = "gone"


class Verb(Enum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    KILL = "kill"
    RESET = "reset"
    SEND = "send"
    SAVE = "save"
    RESTORE = "restore"
    SNAPSHOT = "snapshot"
    REVERT = "revert"
    CLONE = "clone"
    RESIZE = "resize"
    MIGRATE = "migrate"
    CANCEL = "cancel"
    UNDEFINE = "undefine"
    # What happens, and nobody asks for:
    HALTS = "it halts"
    WAITS = "it waits for ever"
    HEARS = "a frame arrives"
    FAILS = "it fails"
    LEAVES = "it has arrived elsewhere"


EVENTS = (Verb.HALTS, Verb.WAITS, Verb.HEARS, Verb.FAILS, Verb.LEAVES)

DEFINED, RUNNING, PAUSED, IDLE, HALTED, CRASHED, SAVED, MIGRATING = State
ACTIVE = (RUNNING, PAUSED, IDLE, MIGRATING)  # those that have storage of the host
_STILL = tuple(state for state in State if state is not MIGRATING)

LIFE: dict[Verb, dict[State, State | Target]] = {
    Verb.START: {DEFINED: RUNNING, HALTED: RUNNING, CRASHED: RUNNING},
    Verb.PAUSE: {RUNNING: PAUSED, IDLE: PAUSED},
    Verb.RESUME: {PAUSED: RUNNING},
    Verb.STOP: {RUNNING: RUNNING, PAUSED: PAUSED, IDLE: RUNNING},
    Verb.KILL: {RUNNING: DEFINED, PAUSED: DEFINED, IDLE: DEFINED, CRASHED: DEFINED, SAVED: DEFINED},
    Verb.RESET: {RUNNING: RUNNING, PAUSED: PAUSED, IDLE: RUNNING, CRASHED: RUNNING},
    Verb.SEND: {RUNNING: RUNNING, PAUSED: PAUSED, IDLE: RUNNING},
    Verb.SAVE: {RUNNING: SAVED, PAUSED: SAVED, IDLE: SAVED},
    Verb.RESTORE: {SAVED: Target.AS_IT_WAS},
    Verb.SNAPSHOT: {state: state for state in _STILL},
    Verb.REVERT: dict.fromkeys(_STILL, Target.AS_IT_WAS),
    Verb.CLONE: {state: state for state in _STILL},
    Verb.RESIZE: {DEFINED: DEFINED, HALTED: DEFINED, CRASHED: DEFINED},
    Verb.MIGRATE: {RUNNING: MIGRATING, IDLE: MIGRATING},
    Verb.CANCEL: {MIGRATING: Target.AS_IT_WAS},
    Verb.UNDEFINE: {DEFINED: Target.GONE, HALTED: Target.GONE, CRASHED: Target.GONE, SAVED: Target.GONE},
    Verb.HALTS: {RUNNING: HALTED, MIGRATING: HALTED},
    Verb.WAITS: {RUNNING: IDLE, MIGRATING: MIGRATING},
    Verb.HEARS: {IDLE: RUNNING},
    Verb.FAILS: {RUNNING: CRASHED, MIGRATING: CRASHED},
    Verb.LEAVES: {MIGRATING: Target.GONE},
}


class Refused(TraplineError):
    """A verb that a machine does not take in its state; nothing was changed."""

    exit_code = 1


def after(name: str, state: State, verb: Verb, was: State) -> State | None:
    """What state the machine called `name` is in afterwards; None if it is gone. `was` is that of the point which the
    verb goes back to. Raises Refused, which says what is taken instead."""
    target = LIFE[verb].get(state)
    if target is None:
        raise Refused(f"{name} is {state.value}, and cannot {verb.value}", _instead(state, verb))
    if target is Target.AS_IT_WAS:
        return was
    return None if target is Target.GONE else target


def hearing(state: State) -> State:
    """The state of a machine with a new generation: one that waits for something from outside hears of it."""
    return RUNNING if state is IDLE else state


def taken(state: State) -> list[Verb]:
    """The verbs of users that are taken in a state."""
    return [verb for verb, row in LIFE.items() if state in row and verb not in EVENTS]


def rows() -> Iterator[list[str]]:
    """The table as text, the first row its head; a dash where a verb is refused."""
    yield ["", *(state.value for state in State)]
    for verb, row in LIFE.items():
        yield [verb.value, *(row[state].value if state in row else "-" for state in State)]


def _instead(state: State, verb: Verb) -> str:
    """How to come to a state in which the verb is taken, if one verb does it; else what is taken."""
    ways = [way.value for way in taken(state) if LIFE[way][state] in LIFE[verb] and LIFE[way][state] is not state]
    if ways:
        return f"first {' or '.join(f'`{way}`' for way in ways)} it"
    return f"{state.value} machines take {', '.join(f'`{way.value}`' for way in taken(state))}"
