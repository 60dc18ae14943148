"""Live input on file: each character with the step at which it arrived, one JSON object per line.

    {"trapline": "input", "version": 2, "image": "9f...", "machine": "g3", "meaning": "07...", "seed": 0}
    {"step": 1200, "char": 104}
    {"step": 5000, "end": true}

The first line says of which run it is (`Origin`); one of version 1 does not. `Recorder` writes it as characters arrive,
`load_recording` reads it for `inputs.Replay`. Steps do not decrease; `char` is a byte; nothing follows the end of
input, which may be absent. A last line without a newline was cut off while it was written, and is left out.
"""

import json
import os

from isa.classes import dataclass, fields
from isa.errors import Diagnostic, Source, SourceError, Span, TraplineError, UsageError

HEADER = {"trapline": "input", "version": 1}
NAMED = {"trapline": "input", "version": 2}  # and the parts of an `Origin`
MAGIC = b'{"trapline"'  # how a recording begins, and no other input
LARGEST_RECORDING = 1 << 26
LONGEST_LINE = 400
LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """A character (0 to 255), or the end of input (None), at the boundary before step `step`."""

    step: int
    character: int | None

    def line(self) -> str:
        what = {"end": True} if self.character is None else {"char": self.character}
        return json.dumps({"step": self.step} | what) + "\n"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which run it is: the digest of the program's words, the machine's name, the digest of what it means (see
    `isa.machine.identity`), and the seed. The same characters at the same steps give the same run for these alone."""

    image: str
    machine: str
    meaning: str
    seed: int

    def check(self, recorded: "Origin", path: str) -> None:
        """Raises UsageError if the recording in a file is of another run."""
        if recorded.machine != self.machine:
            rule, help = f"on {recorded.machine}, not on {self.machine}", "give that machine, with `--isa`"
        elif recorded.meaning != self.meaning:
            rule, help = f"on another {self.machine}", "take the description as it was then"
        elif recorded.image != self.image:
            rule, help = "of another program", "give the guest that was recorded, as it was then"
        elif recorded.seed != self.seed:
            rule, help = f"with the seed {recorded.seed}, not {self.seed}", f"give `--seed {recorded.seed}`"
        else:
            return
        raise UsageError(f"the recording {path} was made {rule}", help)


class Recorder:
    """Writes a recording to a new file, each arrival at once. Raises TraplineError if the file cannot be made."""

    def __init__(self, path: str, origin: Origin | None = None) -> None:
        self.path = path
        self._end = 0
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
            named = {} if origin is None else {field.name: getattr(origin, field.name) for field in fields(origin)}
            self._append(json.dumps(NAMED | named if named else HEADER) + "\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise TraplineError(f"cannot write the recording {path}: {reason}", "give another file name") from None

    def record(self, arrival: Arrival) -> None:
        """Append one arrival. Raises OSError; it may then be tried again, since a half-written line is overwritten."""
        self._append(arrival.line())

    @property
    def end(self) -> int:
        """Where the next arrival will stand."""
        return self._end

    def back_to(self, end: int) -> None:
        """Take away all arrivals from there on. Raises OSError."""
        os.ftruncate(self._fd, end)
        self._end = end

    def _append(self, line: str) -> None:
        rest, at = line.encode("ascii"), self._end
        while rest:
            count = os.pwrite(self._fd, rest, at)
            rest, at = rest[count:], at + count
        self._end = at

    def close(self) -> None:
        os.close(self._fd)


def load_recording(path: str) -> tuple[Arrival, ...]:
    """The arrivals of a recording file. Raises TraplineError if it cannot be read, SourceError if it is damaged."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_RECORDING + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read the recording {path}: {reason}", "give the name of a recording") from None
    if len(data) > LARGEST_RECORDING:
        raise TraplineError(f"the recording {path} is longer than {LARGEST_RECORDING} bytes")
    return parse_recording(data.decode("utf-8", "replace"), path)


def parse_origin(text: str) -> Origin | None:
    """Of which run a recording is, if its text says so."""
    match _parse(text.partition("\n")[0]):
        case {"image": str(image), "machine": str(machine), "meaning": str(meaning), "seed": int(seed), **rest}:
            return Origin(image, machine, meaning, seed) if rest == NAMED and _whole(seed, LATEST) else None
    return None


def parse_recording(text: str, name: str = "<recording>") -> tuple[Arrival, ...]:
    """The arrivals of a recording's text. Raises SourceError at the first line that is not as described above."""
    whole, _, _ = text.rpartition("\n")
    lines = whole.split("\n")
    if _parse(lines[0]) != HEADER and parse_origin(lines[0]) is None:
        header = f"a recording begins with `{json.dumps(HEADER)}`, or as docs/devices.md says"
        raise _refusal(name, 1, lines[0], "this is not a recording of input", header)
    arrivals: list[Arrival] = []
    for number, line in enumerate(lines[1:], 2):
        arrivals.append(_checked(name, number, line, arrivals[-1] if arrivals else Arrival(0, 0)))
    return tuple(arrivals)


def _checked(name: str, number: int, line: str, before: Arrival) -> Arrival:
    arrival = _arrival(_parse(line))
    if arrival is None:
        shape = '`{"step": 1200, "char": 104}` or `{"step": 5000, "end": true}`'
        raise _refusal(name, number, line, "this is not an arrival", f"write {shape}")
    if before.character is None:
        raise _refusal(name, number, line, "nothing arrives after the end of input", "remove what follows the end")
    if arrival.step < before.step:
        rule = f"step {arrival.step} comes after step {before.step}"
        raise _refusal(name, number, line, rule, "arrivals stand in the order of their steps")
    return arrival


def _parse(line: str) -> object:
    try:
        return json.loads(line) if len(line) <= LONGEST_LINE else None
    except (ValueError, RecursionError):
        return None


def _arrival(value: object) -> Arrival | None:
    match value:
        case {"step": int(step), "char": int(char), **rest} if not rest and _whole(step, LATEST) and _whole(char, 255):
            return Arrival(step, char)
        case {"step": int(step), "end": True, **rest} if not rest and _whole(step, LATEST):
            return Arrival(step, None)
    return None


def _whole(value: int, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _refusal(name: str, number: int, line: str, rule: str, help: str) -> SourceError:
    # The source holds this one line only, at its place, so that a large file is not kept for an error.
    source = Source(name, "\n" * (number - 1) + line)
    return SourceError((Diagnostic(Span(source, number, 1, max(2, len(line) + 1)), rule, help),))
