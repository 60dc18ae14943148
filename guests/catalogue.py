"""The guests and what their headers promise: `guests()` lists them, `find` looks one up, `describe` reads any file.

A header is the comment at the top of a `.s` file. Its first sentence is the summary; lines of the form `key: value` are
for programs, at most one space behind the colon belonging to the form:

    # prints: one line of output, without its newline; repeated for further lines
    # input: one line of console input, likewise
    # exit: r1 = 0          the register of the first @general array, by number, when the machine halts
    # machine: g3           the machine it is for (default g3)
    # storage: 4096         words of storage it needs (default 4096)
    # steps: 100000         it halts within so many steps
    # disk: 8               blocks of the disk it needs; without this line it needs none
"""

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from isa.errors import TraplineError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

STORAGE = 4096  # words, unless a header says otherwise
STEPS = 100_000
MACHINE = "g3"
DIRECTORY = os.path.dirname(os.path.abspath(__file__))  # where the shipped guests lie, and what they may include from
LIBRARY = os.path.join(DIRECTORY, "lib")  # what any program may include, as `<console.s>`
_LINE = re.compile(r"(\w+): ?(.*)")
_EXIT = re.compile(r"\w*?(\d+) = (\d+)")
_SIZE = r"^(\s*\.equ\s+{name}\s*,\s*)(\w+)"


@dataclass(frozen=True, slots=True)
class Guest:
    """A program and its promise.

    `file` is the path of its text. `prints` and `input` are whole texts, each line with its newline. `exit` is
    (register, value) at the halt, or None. `storage` is in words, `disk` in blocks, `steps` a bound on the steps to the
    halt.
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
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise TraplineError(f"cannot read {path}: {error}") from None
    prose, values = _header(text)
    return Guest(
        os.path.splitext(os.path.basename(path))[0],
        path,
        prose,
        machine=values.get("machine", [MACHINE])[-1],
        prints=_lines(values.get("prints", [])),
        input=_lines(values.get("input", [])),
        exit=_exit(values["exit"][-1], path) if "exit" in values else None,
        storage=_number(values, "storage", STORAGE, path),
        steps=_number(values, "steps", STEPS, path),
        disk=_number(values, "disk", 0, path),
    )


def _header(text: str) -> tuple[str, dict[str, list[str]]]:
    """The first sentence of the comment at the top, and the values of its keys."""
    prose: list[str] = []
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        content = line[1:].removeprefix(" ")
        match = _LINE.fullmatch(content)
        if match and match[1] in Guest.__slots__:
            values.setdefault(match[1], []).append(match[2])
        elif not values:
            prose.append(content)
    sentence = re.split(r"(?<=[.:;]) |$", " ".join(prose).strip(), maxsplit=1)[0]
    return sentence.rstrip(".:;"), values


def _lines(values: list[str]) -> str:
    return "".join(f"{line}\n" for line in values)


def _exit(value: str, path: str) -> tuple[int, int]:
    match = _EXIT.fullmatch(value.strip())
    if match is None:
        raise TraplineError(f"{path}: `exit: {value}` is not understood", "write `# exit: r1 = 0`")
    return int(match[1]), int(match[2])


def _number(values: dict[str, list[str]], key: str, default: int, path: str) -> int:
    value = values.get(key, [str(default)])[-1]
    if not re.fullmatch(r"[0-9]{1,12}", value.strip()):
        raise TraplineError(f"{path}: `{key}: {value}` is not a number", f"write `# {key}: {default}`")
    return int(value)
