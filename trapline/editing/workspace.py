"""All texts that are open, and what was made of each, until it or something that it has read changes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from isa.errors import Source, Span
from isa.language.shipped import sources
from trapline.editing.answers import Problem
from trapline.editing.assembly.program import Program
from trapline.editing.assembly.program import opened as program_opened
from trapline.editing.assembly.words import Words, words_of
from trapline.editing.description.library import Described
from trapline.editing.description.library import opened as description_opened
from trapline.editing.description.uses import Use, uses_of
from trapline.editing.texts import Settings, Texts, path_of

Stamp = tuple[Any, ...]


@dataclass
class _Made:
    """What was made of a text, and what it was made from."""

    program: Program | None
    words: Words | None
    described: Described | None
    uses: list[Use]
    stamps: dict[str, Stamp]


@dataclass
class Workspace:
    """`descriptions` are the names of those open texts that describe machines; all others are programs."""

    settings: Settings = field(default_factory=Settings)
    texts: Texts = field(default_factory=Texts)
    descriptions: set[str] = field(default_factory=set)
    _made: dict[str, _Made] = field(default_factory=dict)

    def open(self, path: str, text: str, description: bool) -> None:
        self.texts[path] = text
        if description:
            self.descriptions.add(path)

    def close(self, path: str) -> None:
        self.texts.pop(path, None)
        self._made.pop(path, None)
        self.descriptions.discard(path)

    def forget(self) -> None:
        """Something has changed that nobody told of, such as a file that was not there."""
        self._made.clear()

    def source(self, name: str) -> Source:
        """A text that is open, or that an open one has read; an empty one if it is neither."""
        if name in self.texts:
            return self.texts.source(name)
        programs = (made.program for made in self._made.values() if made.program is not None)
        found = (p.sources[name] for p in programs if name in p.sources)
        spans = (s for p in programs for problem in p.problems for s in _spans(problem))
        named = (s.source for s in spans if s.source.name == name)
        return next(found, None) or next(named, None) or self._brought(name)

    def _brought(self, name: str) -> Source:
        """A description that Trapline brings."""
        return next((source for source in sources().values() if source.name == name), Source(name, ""))

    # ---- what was made of the texts

    def described(self, path: str) -> tuple[Described, list[Use]] | None:
        """The description that is open under a path."""
        made = self._of(path) if path in self.descriptions else None
        return (made.described, made.uses) if made and made.described else None

    def programs(self, path: str) -> list[tuple[Program, Words | None]]:
        """The programs that a text belongs to: those that include it, or else itself alone."""
        including = [
            (made.program, made.words)
            for root in self.texts
            if root != path and root not in self.descriptions
            if (made := self._of(root)).program is not None and path in made.program.sources
        ]
        if including or path not in self.texts or path in self.descriptions:
            return including
        made = self._of(path)
        return [(made.program, made.words)] if made.program else []

    def words(self, path: str) -> list[Words]:
        """The words of those programs, as far as their machines are known."""
        return [words for _, words in self.programs(path) if words is not None]

    def _of(self, path: str) -> _Made:
        made = self._made.get(path)
        if made is None or any(self._stamp(name) != stamp for name, stamp in made.stamps.items()):
            made = self._made[path] = self._make(path)
        return made

    def _make(self, path: str) -> _Made:
        if path in self.descriptions:
            described = description_opened(path, self.texts)
            return _Made(None, None, described, uses_of(described), {path: self._stamp(path)})
        program = program_opened(path, self.texts, self.settings)
        return _Made(program, words_of(program), None, [], {n: self._stamp(n) for n in program.read})

    def _stamp(self, name: str) -> Stamp:
        if name in self.texts:
            return (self.texts[name],)
        try:
            found = os.stat(path_of(name))
        except (OSError, ValueError):
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino

    # ---- what is wrong

    def problems(self) -> dict[str, list[Problem]]:
        """Of every open text, what is to be shown in it; once, though several programs may include it."""
        found: dict[str, dict[tuple[str, str], Problem]] = {path: {} for path in self.texts}
        for problem in self._problems():
            here = found[problem.diagnostic.span.source.name]
            here.setdefault((str(problem.diagnostic.span), problem.text), problem)
        return {path: list(problems.values()) for path, problems in found.items()}

    def _problems(self) -> Iterator[Problem]:
        for path in self.texts:
            if path in self.descriptions:
                described = self._of(path).described
                yield from (self._placed(p, path) for p in (described.problems if described else ()))
            else:
                for program, _ in self.programs(path):
                    yield from (self._placed(p, program.path) for p in program.problems)

    def _placed(self, problem: Problem, root: str) -> Problem:
        """A problem in a text that is not open, where an open one leads to it; the place itself is then a note."""
        found = problem.diagnostic
        if found.span.source.name in self.texts:
            return problem
        notes = [span for span, _ in found.notes if span.source.name in self.texts]
        span = notes[0] if notes else Span(self.texts.source(root), 1, 1, 2)
        message = f"{found.span}: {found.message}"
        return problem._replace(
            diagnostic=replace(found, span=span, message=message, notes=((found.span, found.message), *found.notes))
        )


def _spans(problem: Problem) -> list[Span]:
    return [problem.diagnostic.span, *(span for span, _ in problem.diagnostic.notes)]
