"""Words that show the machine, and words that change it."""

from ast import literal_eval
from collections.abc import Iterator

from isa.devices import Live
from isa.errors import UsageError
from trapline.debugging.code import Row, code
from trapline.debugging.conditions import Condition
from trapline.debugging.debugged import Debugged
from trapline.debugging.frames import Frame, frames
from trapline.state.choice import DumpChoice, dump_choice
from trapline.state.dump import dump_lines
from trapline.state.standing import standing, standing_lines

AT_ONCE, MOST_ROWS = 8, 10_000  # instructions that are listed, if nothing is said, and at most


def where(debugged: Debugged, rest: str = "") -> Iterator[str]:
    machine = debugged.machine
    newest = debugged.history.newest
    past = f" of {newest:,}" if machine.steps < newest and debugged.alone else ""
    found = standing(machine, len(machine.hosts) - 1 if debugged.alone else 0, debugged.image)
    yield f"{debugged.named}step {machine.steps:,}{past}: " + (
        "halted" if machine.halted else next(standing_lines(machine, found))
    )


def shown(debugged: Debugged, rest: str) -> Iterator[str]:
    value = debugged.number(rest)
    yield f"{value} {value:#x}"


def registers(debugged: Debugged, rest: str) -> Iterator[str]:
    yield from dump_lines(debugged.machine, DumpChoice(registers=True))


def storage(debugged: Debugged, rest: str) -> Iterator[str]:
    low, _, high = rest.partition(" ")
    start = debugged.number(low)
    stop = debugged.number(high) if high else start + 8
    yield from dump_lines(debugged.machine, dump_choice(f"storage[{start}:{stop}]"))


def instructions(debugged: Debugged, rest: str) -> Iterator[str]:
    """From a pc on, as they would be fetched."""
    first, _, count = rest.partition(" ")
    pc = debugged.number(first or debugged.machine.isa.pc)
    many = debugged.number(count) if count else AT_ONCE
    if not 0 < many <= MOST_ROWS:
        raise UsageError(f"there is no list of {many:,} instructions", f"from 1 to {MOST_ROWS:,}")
    yield from map(_row_line, code(debugged.machine, debugged.image, pc, many))


def _row_line(row: Row) -> str:
    """`0x2  loop: addi r1, r1, 1  (loop.s:12, word 0x202)`."""
    label = f"{row.label}: " if row.label else ""
    beside = [f"{row.line.file}:{row.line.line}"] if row.line else []
    beside += [f"word {row.place:#x}"] if row.place not in (None, row.pc) else []
    text = f"{label}{row.text}" if row.word is not None else "nothing can be fetched from there"
    return f"{row.pc:#x}  {text}" + (f"  ({', '.join(beside)})" if beside else "")


def chain(debugged: Debugged, rest: str) -> Iterator[str]:
    yield from map(_frame_line, frames(debugged))


def _frame_line(frame: Frame) -> str:
    if frame.decision:
        return f"{frame.title}: {frame.decision}"
    at = f"{frame.line.file}:{frame.line.line}" if frame.line else f"pc {frame.pc:#x}"
    return f"{frame.title} at {at}, step {frame.step:,}" + (f", trapped: {frame.trapped}" if frame.trapped else "")


# ---- changing


def put(debugged: Debugged, rest: str) -> Iterator[str]:
    where, equals, what = rest.partition("=")
    if not equals:
        raise UsageError("what shall it be?", "write `set PLACE = VALUE`")
    machine, past = debugged.machine, debugged.past
    value, where = debugged.number(what), where.strip()
    if where.startswith("[") and where.endswith("]"):
        place = debugged.number(where[1:-1])
        Condition(f"[{place}]", machine.isa).value(machine)
        with debugged.history.change():
            machine.storage.write(place, [value & (1 << machine.isa.storage.width) - 1])
    else:
        target = debugged.place(where)
        with debugged.history.change():
            target.write(machine, value)
    yield from _branched(debugged, past)


def typed(debugged: Debugged, rest: str) -> Iterator[str]:
    """Give the guest something to read; nothing is the end of its input."""
    found = next((c.input for c in debugged.consoles if isinstance(c.input, Live)), None)
    if found is None:
        raise UsageError("this guest reads no keyboard", "its input was given, or it has no console")
    text, past = _text(rest), debugged.past
    with debugged.history.change():
        if rest:
            found.feed(text)
        else:
            found.close()
    yield from _branched(debugged, past)


def _text(rest: str) -> bytes:
    """A line, or what stands in quotes, with the escapes of Python."""
    if rest[:1] not in ("'", '"'):
        return f"{rest}\n".encode()
    try:
        return str(literal_eval(rest)).encode()
    except (SyntaxError, ValueError):
        raise UsageError(
            f"`{rest:.40}` is no text in quotes", 'write `type "y\\n"`, or a line without quotes'
        ) from None


def _branched(debugged: Debugged, past: bool) -> Iterator[str]:
    if past:
        yield f"a branch begins at step {debugged.machine.steps:,}: what came after it is given up"
