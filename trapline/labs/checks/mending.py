"""Lab 6: a machine that is mended. Theorem 1 is proved of it, and that in supervisor mode it does what it did."""

from functools import lru_cache

from isa.description import Isa
from isa.errors import Source, TraplineError
from isa.language.library import Library
from proofs.definitions.unchanged import Changed, changes, incomparable, touched
from proofs.terms.solving import Found
from proofs.verdict.conditions import ALWAYS
from proofs.verdict.theorems import Verification
from proofs.verdict.verification import verify
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.running import machine_of

NAME = "mended"  # what the student's machine is called
TIMEOUT = 40.0  # seconds for a verdict: a quarter of that for one question
PART = 10.0  # seconds for the comparison of one part


def compares(attempt: Attempt) -> Failure | None:
    """It is a machine of the same state, encodings and assumptions. Mistakes in the text raise SourceError."""
    why = incomparable(*_both(attempt))
    return Failure(f"`{NAME}` cannot stand in for the machine that it mends: {why}") if why else None


def supervises(attempt: Attempt) -> Failure | None:
    """In supervisor mode every step does what it did."""
    found = next(changes(*_both(attempt), PART), None)
    return None if found is None else _changed(found)


def keeps(attempt: Attempt) -> Failure | None:
    """Theorem 1 holds of it."""
    verdict = verdict_of(mended(attempt))
    return None if verdict.theorem1 is Found.YES else _broken(verdict, attempt)


def sparing(attempt: Attempt) -> Failure | None:
    """At most `most` parts are not written as they were: instructions, the step's own parts, the entry of a trap."""
    parts, most = touched(*_both(attempt)), attempt.check.numbers["most"]
    if len(parts) <= most:
        return None
    return Failure(f"{len(parts)} parts are not as they were; {most} are allowed: {' '.join(parts)}")


def changed(attempt: Attempt) -> int:
    """How many parts are not written as they were."""
    return len(touched(*_both(attempt)))


def mended(attempt: Attempt) -> Isa:
    """The student's machine."""
    return _described(attempt.submission.source(_file(attempt)))


@lru_cache(maxsize=2)
def _described(source: Source) -> Isa:
    library = Library.of(source)
    if NAME not in library.declarations:
        known = ", ".join(library.declarations) or "nothing"
        raise TraplineError(f"{source.name} has no machine `{NAME}`", f"it has {known:.200}")
    return library.load(NAME)


@lru_cache(maxsize=2)
def verdict_of(isa: Isa) -> Verification:
    """Asked in this process, which is the submission's own."""
    return verify(isa, TIMEOUT, 0)


def _both(attempt: Attempt) -> tuple[Isa, Isa]:
    """The machine as the lab has it, and as the student mended it."""
    return machine_of(attempt), mended(attempt)


def _file(attempt: Attempt) -> str:
    return attempt.check.file or attempt.lab.files[0]


def _changed(found: Changed) -> Failure:
    if found.found is Found.UNKNOWN:
        return Failure(f"whether {found.part} does in supervisor mode what it did was not decided in time")
    state = ", ".join(f"{name} = {value}" for name, value in found.before.items()) or "all is 0"
    message = f"in supervisor mode, {found.part} does not do what it did. From a state in which {state}"
    return Failure(message, before=found.before, states=found.differs)


def _broken(verdict: Verification, attempt: Attempt) -> Failure:
    """Each culprit with its reason, and what else stands against Theorem 1."""
    said = [f"  {c.name}: {c.reason}" for c in verdict.culprits]
    said += [f"  {line}" for line in (*ALWAYS.premises(verdict), *ALWAYS.of_ours(verdict))]
    shown = verdict.culprits and not verdict.refused  # what our monitor refuses, no guest can show
    tail = f"`trapline witness {_file(attempt)}:{NAME} {verdict.culprits[0].name}` shows it" if shown else ""
    word = "is open" if verdict.theorem1 is Found.UNKNOWN else "fails"
    return Failure("\n".join([f"Theorem 1 {word}", *said, *([tail] if tail else [])]))
