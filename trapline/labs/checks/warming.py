"""Lab 0: whether everything works on this computer, and a program that greets its student."""

from isa.engines.choice import NATIVE, actual
from isa.errors import TraplineError
from proofs.terms.solving import Found, exists
from proofs.terms.symbolic import FALSE
from proofs.terms.workers import forks
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.running import at_step, begun, image_of, run, unfinished

SECONDS = 10.0  # for a question that takes none
NOBODY = "world"  # is greeted where the lab was started for no one


def works(attempt: Attempt) -> Failure | None:
    """The native engine and the solver do something here. Raises TraplineError where they cannot be loaded. A browser
    has no native engine, and nothing could be done about it."""
    if forks() and actual(NATIVE) != NATIVE:
        raise TraplineError("the fast engine cannot be loaded here; everything works without it, only slower")
    if exists([FALSE], SECONDS).found is not Found.NO:
        return Failure("the solver does not answer here")
    return None


def greets(attempt: Attempt) -> Failure | None:
    """It prints hello and the student's name, and halts."""
    image = image_of(attempt)
    found = run(attempt, image)
    wanted, printed = f"hello, {attempt.student or NOBODY}", found.output.decode("utf-8", "replace").strip()
    if (bad := unfinished(attempt, found, b"")) or printed == wanted:
        return bad
    message = f"it prints `{printed:.60}`, not `{wanted}`"
    return at_step(found.machine, image, message, b"", lambda: begun(attempt, image, b""))
