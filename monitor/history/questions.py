"""What may be asked of a history, in the same words forwards and backwards: when did something happen?

    seek(history, Executes(0x40))                   # goes to the next step that does
    seek(history, Traps(), backwards=True)          # to the last one before
    last(history, "psw.mode"), last(history, 0x200) # which step last changed it, or wrote that word
    first(history, lambda machine: ...)             # the first step before which that holds

A question is about steps. One that is found is not taken yet: the machine stands before it. Questions look at a stretch
at a time, which is run once more, so a machine never goes singly where its engine can run: see `passes.py` and
`looks.py`.
"""

from monitor.history.cuts import cut_after, cut_before
from monitor.history.history import History, HistoryError
from monitor.history.looks import Changes, Condition, Holds, Question, Writes, place_of

__all__ = ["FAR", "Question", "first", "first_of", "last", "seek", "step"]
FAR = 1 << 62  # steps; nothing runs so many


def seek(history: History, question: Question, backwards: bool = False, most: int = FAR) -> int | None:
    """Go to the next step that a question is about, or with `backwards` to the last one before, `most` steps away at
    most. None if there is none: then the machine stays where it is, but its run may have come further."""
    here, clock, known = history.machine.steps, history.clock, history.known
    look = _before if backwards else _after
    with history.held_back():
        try:
            found = look(history, question, here, most)
        except BaseException:
            history.back_to(clock)
            raise
        if found is None:
            history.back_to(clock)
        else:
            history.go(found)
            history.forget(known)
    return found


def step(history: History, backwards: bool = False, count: int = 1) -> int | None:
    """Go so many steps on or back; None if there are not as many, and then the machine stays where it is."""
    there = history.machine.steps + (-count if backwards else count)
    if there < history.first:
        return None
    clock = history.clock
    history.go(there)
    if history.machine.steps == there:
        return there
    history.back_to(clock)
    return None


def last(history: History, what: str | int) -> int | None:
    """The last step before the present one that changed a register (`x[3]`) or a field (`psw.mode`), or wrote a word of
    storage, whether with another value or not. The machine stays. None if that was not since the history began. Raises
    HistoryError for what does not exist, or changes by itself."""
    machine = history.machine
    if isinstance(what, str):
        question: Question = Changes(*place_of(machine, what))
    elif 0 <= what < machine.storage.size:
        question = Writes(what)
    else:
        raise HistoryError(f"there is no word {what:#x} in a storage of {machine.storage.size} words")
    with history.staying():
        return _before(history, question, machine.steps, FAR)


def first(history: History, condition: Condition, lasting: bool = False) -> int | None:
    """The first step since the history began, up to the newest, before which a condition holds. The machine stays. With
    `lasting` the condition holds for ever where it holds once, and few steps are looked at; else all are."""
    with history.staying():
        return _halved(history, condition) if lasting else first_of(history, Holds(condition))


def first_of(history: History, question: Question) -> int | None:
    """The first step since the history began, up to the newest, that a question is about. The machine may be anywhere
    afterwards."""
    at, end, found = history.first, history.newest + 1, None
    while found is None and at < end:
        stop = min(at + question.span, end)
        found, at = question.within(history, at, stop, False), stop
    return found


def _halved(history: History, condition: Condition) -> int | None:
    low, high = history.first, history.newest + 1
    while low < high:
        middle = (low + high) // 2
        history.go(middle)
        if middle <= history.newest and condition(history.machine):
            high = middle
        else:
            low = middle + 1
    return low if low <= history.newest else None


def _before(history: History, question: Question, here: int, most: int) -> int | None:
    least = max(history.first, here - most)
    while here > least:
        start = max(least, cut_before(here - 1), here - question.span)
        found = question.within(history, start, here, True)
        if found is not None:
            return found
        here = start
    return None


def _after(history: History, question: Question, here: int, most: int) -> int | None:
    here, end = here + 1, here + most
    while here <= end:
        stop = min(cut_after(here), here + question.span, end + 1)
        if stop > history.newest:
            history.go(stop)
        known = min(stop, history.newest)
        found = question.within(history, here, known, False) if here < known else None
        if found is not None or known < stop:
            return found
        here = stop
    return None
