"""TOML files that people write: every value is asked for by name and kind, and every mistake has its place.

    table = read_table("lab.toml", text)
    title = table.text("title")
    for check in table.tables("checks"): points = check.number("points", 0, 100)
    table.finish()      # what nobody asked for is a mistake as well

Errors are collected, so that `finish` of the whole shows all of them; it raises SourceError.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from isa.errors import Diagnostic, Source, SourceError, Span, TraplineError
from isa.files.texts import decoded

LARGEST = 1 << 20  # bytes
MOST_ERRORS = 20

_HEAD = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_WHERE = re.compile(r"\(at line (\d+), column (\d+)\)")

Path = tuple[str | int, ...]


def read_table(name: str, data: bytes) -> "Table":
    """The table that a file holds. Raises SourceError for one that is no TOML, TraplineError for one that is no text or
    too large."""
    if len(data) > LARGEST:
        raise TraplineError(f"{name} is larger than {LARGEST} bytes", "say less in it")
    source = decoded(name, data)
    try:
        values = tomllib.loads(source.text)
    except (ValueError, RecursionError) as error:  # a number of too many digits is no TOMLDecodeError
        raise SourceError((_unreadable(source, str(error)),)) from None
    return Table(_Text(source), (), values)


def _unreadable(source: Source, said: str) -> Diagnostic:
    where = _WHERE.search(said)
    lines = source.text.count("\n") + 1
    line, column = (int(where[1]), int(where[2])) if where else (lines, 1)
    rule = _WHERE.sub("", said).strip().rstrip(".")
    return Diagnostic(Span(source, line, column, column + 1), f"this is no TOML: {rule[:1].lower()}{rule[1:]}")


@dataclass(slots=True)
class _Text:
    """The file's text, and what was found wrong with it."""

    source: Source
    errors: list[Diagnostic] = field(default_factory=list)
    _places: dict[Path, Span] | None = None

    def place(self, path: Path) -> Span:
        """Where a key stands, or else what it is in."""
        if self._places is None:
            self._places = dict(_places(self.source))
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path) or Span(self.source, 1, 1, 2)


@dataclass(slots=True)
class Table:
    """A table of a file. Whatever is asked for and wrong gives the default, and an error that `finish` raises."""

    _text: _Text
    _path: Path
    _values: dict[str, Any]
    _asked: dict[str, None] = field(default_factory=dict)
    _parts: "list[Table]" = field(default_factory=list)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, default: str | None = None, choices: Iterable[str] = ()) -> str:
        """A text that is not empty; one of the choices, if there are any. Without a default it must be there."""
        value = self._value(key, str, "a text", default)
        allowed = tuple(choices)
        if value is not None and allowed and value not in allowed and value != default:
            near = get_close_matches(value, allowed, 1)
            self.wrong(key, f"`{value:.60}` is not known", f"did you mean `{near[0]}`?" if near else _listed(allowed))
        elif value == "" and default != "":
            self.wrong(key, f"`{key}` is empty")
        return value or default or ""

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number from `least` to `most`."""
        value = self._value(key, int, "a whole number", default)
        if value is not None and not least <= value <= most:
            self.wrong(key, f"`{key}` must be from {least:,} to {most:,}, not {_shown(value)}")
            value = least
        return least if value is None else value

    def flag(self, key: str, default: bool = False) -> bool:
        return bool(self._value(key, bool, "`true` or `false`", default))

    def texts(self, key: str, default: tuple[str, ...] | None = ()) -> tuple[str, ...]:
        """A list of texts."""
        value = self._value(key, list, "a list of texts", None if default is None else list(default))
        if value is not None and not all(isinstance(item, str) for item in value):
            self.wrong(key, f"`{key}` must be a list of texts")
            value = None
        return tuple(value or ())

    def numbers(self, key: str, least: int, most: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """A list of whole numbers from `least` to `most`, not empty."""
        value = self._value(key, list, "a list of whole numbers", list(default))
        right = bool(value) and all(type(item) is int and least <= item <= most for item in value or ())
        if not right:
            self.wrong(key, f"`{key}` must be a list of whole numbers from {least:,} to {most:,}")
        return tuple(value) if right and value else default

    def table(self, key: str) -> "Table":
        """A table in it; an empty one if there is none."""
        return self._part((key,), self._value(key, dict, "a table", {}) or {})

    def tables(self, key: str) -> "list[Table]":
        """The tables of a list, `[[key]]`."""
        value = self._value(key, list, f"a list of tables, each `[[{key}]]`", []) or []
        if not all(isinstance(item, dict) for item in value):
            self.wrong(key, f"`{key}` must be a list of tables, each `[[{key}]]`")
            return []
        return [self._part((key, number), item) for number, item in enumerate(value)]

    def names(self) -> list[str]:
        """The keys in it, all of which are taken as asked for."""
        self._asked |= dict.fromkeys(self._values)
        return list(self._values)

    def wrong(self, key: str, message: str, help: str = "") -> None:
        """There is a mistake in what stands under a key; it counts when `finish` is called."""
        place = self._text.place((*self._path, key))
        self._text.errors.append(Diagnostic(place, message, help))

    def finish(self) -> None:
        """Raises SourceError if anything was wrong, or is there that nobody asked for."""
        self._strangers()
        if self._text.errors:
            found = sorted(self._text.errors, key=lambda d: (d.span.line, d.span.column))
            raise SourceError(tuple(found[:MOST_ERRORS]))

    def _strangers(self) -> None:
        for key in self._values:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, 1)
                known = f"did you mean `{near[0]}`?" if near else f"there are {_listed(self._asked)}"
                self.wrong(key, f"there is no `{key:.60}` here", known)
        for part in self._parts:
            part._strangers()

    def _part(self, path: Path, values: dict[str, Any]) -> "Table":
        self._parts.append(Table(self._text, (*self._path, *path), values))
        return self._parts[-1]

    def _value(self, key: str, kind: type, what: str, default: Any) -> Any:
        self._asked[key] = None
        if key not in self._values:
            if default is None:
                self.wrong(key, f"`{key}` is missing: it is {what}")
            return default
        value = self._values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong(key, f"`{key}` must be {what}")
            return None
        return value


def _shown(number: int) -> str:
    return f"{number:,}" if number.bit_length() <= 128 else f"a number of {number.bit_length():,} bits"


def _listed(names: Iterable[str]) -> str:
    return "`" + "`, `".join(names) + "`"


def _places(source: Source) -> Iterator[tuple[Path, Span]]:
    """Where tables and keys stand, as far as they begin a line."""
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in enumerate(source.text.split("\n"), 1):
        if head := _HEAD.match(line):
            table = _inside(tuple(_parted(head[1])), counts)
            if line.lstrip().startswith("[["):
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, Span(source, number, head.start(1) + 1, head.end(1) + 1)
        elif key := _KEY.match(line):
            yield (*table, *_parted(key[1])), Span(source, number, key.start(1) + 1, key.end(1) + 1)


def _inside(names: tuple[str, ...], counts: dict[Path, int]) -> Path:
    """The path of a table, where those on the way that are lists mean their last element."""
    path: Path = ()
    for name in names:
        path = (*path, name)
        if path in counts and name is not names[-1]:
            path = (*path, counts[path])
    return path


def _parted(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]
