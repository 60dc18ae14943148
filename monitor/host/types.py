"""Types of host, and what each of them does of the verbs: one table, of which docs/host.md has a picture.

A host of the derived monitor has a virtual machine for each of its machines. Of the others, all that are on are guests
of one monitor in assembly (`guests/`), and that runs on one bare machine: `together.py`. So what is done to one is done
to all of them, or cannot be done.
"""

from collections.abc import Iterator, Sequence
from enum import Enum

from guests.pack import MOST
from isa.errors import TraplineError
from monitor.host.life import ACTIVE, EVENTS, Refused, State, Verb
from monitor.host.record import Record

DERIVED, VMM, HOSTED = TYPES = ("trapline", "vmm", "hosted")


class How(Enum):
    """How a verb is done to a machine."""

    EACH = "to each"
    TOGETHER = "to all together"
    FIRST = "before their first run"
    ONE = "one at a time"
    CONSOLE = "to the one that has the console"


_ASKED = "guests of a monitor in assembly have no notices, so nobody can ask them for anything"
_WITHIN = "what it is lies in the storage of the one machine that all are in, and is kept with that: `save` does so"
_GOES = "what it is lies in the storage of the one machine that all are in, and cannot leave it"

_PACKED: dict[Verb, How | str] = {
    Verb.START: How.FIRST,
    Verb.PAUSE: How.TOGETHER,
    Verb.RESUME: How.TOGETHER,
    Verb.STOP: _ASKED,
    Verb.KILL: How.TOGETHER,
    Verb.RESET: How.TOGETHER,
    Verb.SEND: How.CONSOLE,
    Verb.SAVE: How.TOGETHER,
    Verb.RESTORE: How.TOGETHER,
    Verb.SNAPSHOT: _WITHIN,
    Verb.REVERT: _WITHIN,
    Verb.CLONE: _WITHIN,
    Verb.RESIZE: How.EACH,
    Verb.MIGRATE: _GOES,
    Verb.CANCEL: _GOES,
    Verb.UNDEFINE: How.EACH,
}
VERBS: dict[str, dict[Verb, How | str]] = {
    DERIVED: dict.fromkeys(_PACKED, How.EACH),
    VMM: _PACKED,
    HOSTED: {**_PACKED, Verb.START: How.ONE},
}  # a text is why it is refused


def concerned(type: str, verb: Verb, record: Record, machines: Sequence[Record], together: bool) -> list[Record]:
    """The machines to which a verb happens that is meant for one of them: itself first. Raises Refused."""
    how = VERBS[type].get(verb, How.EACH)
    if isinstance(how, str):
        raise Refused(
            f"{record.name} cannot {verb.value} on a host of type `{type}`: {how}", 'a `type = "trapline"` can'
        )
    on = [other for other in machines if other.name != record.name and _beside(record, other)]
    if how in (How.FIRST, How.ONE) or verb is Verb.RESTORE:
        _check_first(
            type, verb, record, [other for other in machines if other.state in ACTIVE and other.name != record.name]
        )
    if how is not How.TOGETHER:
        return [record]
    if on and not together:
        names = ", ".join(other.name for other in on)
        rule = f"{record.name} is in one machine with {names}, and cannot {verb.value} alone"
        raise Refused(rule, f"`--together` means all of them: trapline host {verb.value} DIR {record.name} --together")
    return [record, *on]


def _beside(record: Record, other: Record) -> bool:
    """Whether the other is in the same machine."""
    if record.state is State.SAVED:
        return other.state is State.SAVED and other.point.machine == record.point.machine
    return record.state in ACTIVE and other.state in ACTIVE


def _check_first(type: str, verb: Verb, record: Record, on: Sequence[Record]) -> None:
    """Whether it can be on beside those that are: they have yet to boot, and have room for one more."""
    began = [other for other in on if other.point.machine or other.state is not State.RUNNING]
    hindering = on if verb is Verb.RESTORE or VERBS[type][verb] is How.ONE else began
    if hindering:
        names = ", ".join(other.name for other in hindering)
        rule = (
            f"{record.name} cannot {verb.value} beside {names} on a host of type `{type}`: its machines boot together"
        )
        raise Refused(rule, "kill or save what is on, and start all that are to run before the next `run`")
    if len(on) >= MOST:
        rule = f"a host of type `{type}` has {MOST} machines on at most, and they are on"
        raise TraplineError(rule, "kill one, or use another host for it")


def rows() -> Iterator[list[str]]:
    """The table as text, the first row its head; a dash where a verb is refused."""
    yield ["", *TYPES]
    for verb in Verb:
        if verb not in EVENTS:
            found = [VERBS[type][verb] for type in TYPES]
            yield [verb.value, *("-" if isinstance(how, str) else how.value for how in found)]


def reasons() -> Iterator[tuple[str, str]]:
    """Why verbs are refused: which, and the reason."""
    for reason in dict.fromkeys(how for how in _PACKED.values() if isinstance(how, str)):
        yield ", ".join(f"`{verb.value}`" for verb, how in _PACKED.items() if how == reason), reason
