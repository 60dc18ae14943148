"""The guests and what their headers promise: `guests()` lists them, `find` looks one up, `describe` reads any file.

A header is the comment at the top of a `.s` file. Its first sentence is the summary; lines of the form `key: value` are
for programs, at most one space behind the colon belonging to the form:

    # prints: one line of output, without its newline; repeated for further lines
    # input: one line of console input, likewise
    # exit: 0               the exit code when it halts, where the machine's description says that it is
    # exit: r1 = 0          or the register of the first @general array, by number, when the machine halts
    # machine: g3           the machine it is for (default g3); PATH[:NAME] counts from the guest's own folder
    # storage: 4096         words of storage it needs (default 4096)
    # steps: 100000         it halts within so many steps
    # disk: 8               blocks of the disk it needs; without this line it needs none
    # disk: 8, queue        the same, reached through a queue too (docs/devices.md)
    # monitored: differs    its promise holds bare only: it notices every monitor

`trapline check` holds guests to that. A key that is none is prose, unless it looks like a mistyped one: see `doubts`.
"""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from isa.classes import dataclass, field
from isa.errors import TraplineError, UsageError
from isa.files.sources_read import noted

if TYPE_CHECKING:
    from pathlib import Path

STORAGE = 4096  # words, unless a header says otherwise
STEPS = 100_000
MACHINE = "g3"
DIRECTORY = os.path.dirname(os.path.abspath(__file__))  # where the shipped guests lie, and what they may include from
KEYS = ("prints", "input", "exit", "machine", "storage", "steps", "disk", "monitored")
QUEUE = ", queue"  # behind the blocks of a disk
LIBRARY = os.path.join(DIRECTORY, "lib")  # what any program may include, as `<console.s>`
_LINE = re.compile(r"(\w+): ?(.*)")
_EXIT = re.compile(r"(?:\w*?(\d{1,9}) = )?(\d{1,20})", re.ASCII)
_SIZE = r"^(\s*\.equ\s+{name}\s*,\s*)(\w+)"


@dataclass(frozen=True, slots=True)
class Guest:
    """A program and its promise.

    `file` is the path of its text, `given` are the keys that its header has. `prints` and `input` are whole texts, each
    line with its newline. `exit` is (register, value) at the halt, or None, and `code` its exit code likewise.
    `storage` is in words, `disk` in blocks (with a `queue` or without), `steps` a bound on the steps to the halt.
    `notices` says that all this is promised of bare machines only, and does not hold under a monitor.
    """

    name: str
    file: str
    summary: str
    machine: str = MACHINE
    prints: str = ""
    input: str = ""
    exit: tuple[int, int] | None = None
    storage: int = STORAGE
    steps: int = STEPS
    disk: int = 0
    queue: bool = False
    notices: bool = False
    code: int | None = None
    given: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def path(self) -> "Path":
        from pathlib import Path

        return Path(self.file)

    def source(self, **sizes: int) -> str:
        """The program's text, with the values of some of its `.equ` lines replaced: the same program, larger.

        Raises UsageError for a name that the program does not define."""
        text = self.path.read_text("utf-8")
        for name, value in sizes.items():
            pattern = _SIZE.format(name=re.escape(name))
            text, found = re.subn(pattern, rf"\g<1>{value}", text, count=1, flags=re.MULTILINE)
            if not found:
                raise UsageError(f"the guest {self.name} has no size {name}", "see the `.equ` lines of its source")
        return text


def directory() -> "Path":
    """`DIRECTORY`, as a path."""
    from pathlib import Path

    return Path(DIRECTORY)


def guests() -> tuple[Guest, ...]:
    """All shipped guests, by name."""
    return tuple(describe(os.path.join(DIRECTORY, f"{name}.s")) for name in names())


def names() -> list[str]:
    """The names of all shipped guests, in order."""
    return sorted(file.removesuffix(".s") for file in os.listdir(DIRECTORY) if file.endswith(".s"))


def find(name: str) -> Guest:
    """The shipped guest of this name. Raises UsageError."""
    known = names()
    if name not in known:
        raise UsageError(f"there is no guest {name!r:.60}", f"guests are {', '.join(known)}")
    return describe(os.path.join(DIRECTORY, f"{name}.s"))


def describe(path: "Path | str") -> Guest:
    """The guest in a file. Raises TraplineError if it cannot be read or a line of its header is malformed."""
    path = os.fspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            noted(file.fileno(), path)
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise TraplineError(f"cannot read {path}: {error}") from None
    return described(text, path)


def described(text: str, path: str) -> Guest:
    """The guest of a text, as `describe` would find it at a path. Raises TraplineError for a malformed header."""
    prose, values = _header(text)
    code, exit = _exit(values["exit"][-1], path) if "exit" in values else (None, None)
    return Guest(
        os.path.splitext(os.path.basename(path))[0],
        path,
        prose,
        machine=values.get("machine", [MACHINE])[-1],
        prints=_lines(values.get("prints", [])),
        input=_lines(values.get("input", [])),
        exit=exit,
        code=code,
        storage=_number(values, "storage", STORAGE, path),
        steps=_number(values, "steps", STEPS, path),
        disk=_number(values, "disk", 0, path, QUEUE),
        queue=values.get("disk", [""])[-1].endswith(QUEUE),
        notices="monitored" in values and _differs(values["monitored"][-1], path),
        given=frozenset(values),
    )


def doubts(text: str) -> list[tuple[int, str, str]]:
    """(line, key, the key it is like) for every line of a header that looks like one with a mistyped key."""
    from difflib import get_close_matches

    found = []
    for number, content in _comment(text):
        match = _LINE.fullmatch(content)
        near = get_close_matches(match[1].lower(), KEYS, 1, 0.75) if match and match[1] not in KEYS else []
        if match and near:
            found.append((number, match[1], near[0]))
    return found


def header_line(text: str, key: str) -> int:
    """On which line of a header the last value of a key stands; 1 if on none."""
    return max((n for n, content in _comment(text) if content.startswith(f"{key}:")), default=1)


def _comment(text: str) -> Iterator[tuple[int, str]]:
    """The lines of the comment at the top, numbered from 1, without their `# `."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("#"):
            return
        yield number, line[1:].removeprefix(" ")


def _header(text: str) -> tuple[str, dict[str, list[str]]]:
    """The first sentence of the comment at the top, and the values of its keys."""
    prose: list[str] = []
    values: dict[str, list[str]] = {}
    for _, content in _comment(text):
        match = _LINE.fullmatch(content)
        if match and match[1] in KEYS:
            values.setdefault(match[1], []).append(match[2])
        elif not values:
            prose.append(content)
    sentence = re.split(r"(?<=[.:;]) |$", " ".join(prose).strip(), maxsplit=1)[0]
    return sentence.rstrip(".:;"), values


def _lines(values: list[str]) -> str:
    return "".join(f"{line}\n" for line in values)


def _exit(value: str, path: str) -> tuple[int | None, tuple[int, int] | None]:
    """An exit code, or a register and its value."""
    match = _EXIT.fullmatch(value.strip())
    if match is None:
        raise TraplineError(f"{path}: `exit: {value}` is not understood", "write `# exit: 0`, or `# exit: r1 = 0`")
    return (None, (int(match[1]), int(match[2]))) if match[1] else (int(match[2]), None)


def _differs(value: str, path: str) -> bool:
    if value.strip() != "differs":
        raise TraplineError(
            f"{path}: `monitored: {value}` is not understood", "write `# monitored: differs`, or nothing"
        )
    return True


def _number(values: dict[str, list[str]], key: str, default: int, path: str, ending: str = "") -> int:
    """The number of a line, which may end with `ending`."""
    value = values.get(key, [str(default)])[-1].removesuffix(ending)
    if not re.fullmatch(r"[0-9]{1,12}", value.strip()):
        raise TraplineError(f"{path}: `{key}: {value}` is not a number", f"write `# {key}: {default}`")
    return int(value)
