"""Several guests of one monitor: to look at another one, and to go to the nearest stop, whoever's it is.

What one guest does is nothing to the others, so each is asked in its own history, and the clock says whose stop comes
first.
"""

from collections.abc import Callable, Iterator, Sequence

from isa.errors import UsageError
from isa.machine import Exit
from trapline.debugging.breakpoints import Stop
from trapline.debugging.debugged import Debugged, Guest
from trapline.debugging.looking import where
from trapline.debugging.stops import at_once, nearest

Stops = Callable[[Guest], Sequence[Stop]]


def set_by_words(guest: Guest) -> Sequence[Stop]:
    return guest.stops


def guest(debugged: Debugged, rest: str) -> Iterator[str]:
    """Those that there are, and where they stand; or from now on another one."""
    if rest:
        debugged.present = named(debugged, rest)
        yield from where(debugged)
        return
    turn = debugged.history.course.schedule.present
    for one in debugged.guests:
        mark = "*" if one is debugged.present else " "
        line = next(where(Debugged(one)))
        yield f"{mark} {one.name or 'the guest'}: {line}" + (", its turn" if one.machine is turn else "")


def named(debugged: Debugged, name: str) -> Guest:
    """Raises UsageError for a guest that there is not."""
    found = next((one for one in debugged.guests if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in debugged.guests if one.name)
        raise UsageError(f"there is no guest `{name:.40}`", f"one of: {names}" if names else "there is only one")
    return found


def travel(debugged: Debugged, stops: Stops = set_by_words, backwards: bool = False) -> Stop | None:
    """Go to the nearest step at which a guest stops, who is then the present one. If none does, to the beginning, or to
    where the present one ends."""
    history = debugged.history
    with history.held_back():
        clock, known = history.clock, history.known
        chosen, found = debugged.present, nearest(Debugged(debugged.present), stops(debugged.present), backwards)
        if found is None:
            _to_the_edge(debugged, backwards)
        for one in debugged.guests:
            if one is not debugged.present:
                best = history.clock
                nearer = _nearer(one, stops(one), backwards, clock)
                if nearer is None:
                    history.back_to(best)
                else:
                    chosen, found = one, nearer
        if found is not None:
            history.forget(known)
    debugged.present = chosen
    return found


def _to_the_edge(debugged: Debugged, backwards: bool) -> None:
    history = debugged.history
    if backwards:
        history.back_to(history.course.first.clock)
    else:
        history.go(max(debugged.machine.steps, debugged.limit))


def _nearer(guest: Guest, stops: Sequence[Stop], backwards: bool, clock: int) -> Stop | None:
    """A stop of one that does not have its turn, between a clock and the present one. Where it stands it has not been
    looked at yet: it may stop there."""
    bound, one, history = guest.machine.steps, Debugged(guest), guest.history
    if not stops:
        return None
    history.back_to(clock)
    here, waits = guest.machine.steps, history.course.schedule.present is not guest.machine
    if backwards:
        return nearest(one, stops, True, bound) if bound < here else None
    if here < bound and waits and (found := at_once(one, stops)) is not None:
        history.go(here)
        return found
    history.back_to(clock)
    return nearest(one, stops, bound=bound - 1) if here < bound - 1 else None


def to_the_end(debugged: Debugged) -> Iterator[tuple[Guest, Exit]]:
    """How each of them ends; then they stand at the end of all."""
    clock = 0
    for one in debugged.guests:
        yield one, one.history.go(one.limit)
        clock = max(clock, one.history.clock)
    if debugged.history.clock != clock:
        debugged.history.back_to(clock)
