"""Lab 1: a program that reads text and says how often each letter is in it."""

from collections import Counter
from random import Random

from isa.machine import Machine
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.running import Run, at_step, begun, first_step, image_of, printed, run, unfinished

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def typed(random: Random) -> bytes:
    """A text of letters, blanks and newlines; now and then an empty one, or one of a single letter."""
    length = random.choice([0, 1, 3, 20, 60, 120])
    alphabet = random.choice([LETTERS, "az", "q", LETTERS + " \n.,", "Az0" + LETTERS])
    return "".join(random.choice(alphabet) for _ in range(length)).encode()


def expected(text: bytes) -> list[str]:
    """What must be printed, word by word: each letter that is there and its count, in the order of the alphabet."""
    counts = Counter(c for c in text.decode() if c in LETTERS)
    return [word for letter in LETTERS if counts[letter] for word in (letter, str(counts[letter]))]


def assembles(attempt: Attempt) -> Failure | None:
    """It assembles, and fits. Mistakes in the text raise SourceError, which says where."""
    image_of(attempt)
    return None


def counts(attempt: Attempt) -> Failure | None:
    """It prints the counts and halts, for a text that the seed draws."""
    text = typed(attempt.random)
    found = run(attempt, image_of(attempt), text)
    return unfinished(attempt, found, text) or _words(attempt, found, text)


def within(attempt: Attempt) -> Failure | None:
    """It takes no more than `base` steps and `each` for every character, beside those in which it waits for one."""
    text = typed(attempt.random)
    found = run(attempt, image_of(attempt), text)
    bad = unfinished(attempt, found, text)
    numbers, ran = attempt.check.numbers, found.machine.retired
    allowed = numbers["base"] + numbers["each"] * len(text)
    if bad or ran <= allowed:
        return bad
    message = f"it took {ran:,} steps for {len(text)} characters; {allowed:,} are allowed"
    return at_step(found.machine, found.image, message, text, lambda: begun(attempt, found.image, text))


def _words(attempt: Attempt, found: Run, text: bytes) -> Failure | None:
    """The first word that is not as expected, at the step that printed it. How words are set apart is free."""
    wanted = expected(text)
    if found.output.decode("latin-1").split() == wanted:
        return None
    if not attempt.explained:
        return Failure("it prints something else")

    def make() -> Machine:
        return begun(attempt, found.image, text)

    machine = first_step(
        make,
        lambda m: not _may_become(printed(m).decode("latin-1"), wanted),
        found.machine.steps,
    )
    shown = found.output.decode("latin-1").split()
    at = next((i for i, pair in enumerate(zip(shown, wanted, strict=False)) if pair[0] != pair[1]), len(shown))
    here = f"word {at + 1} is" if at < len(shown) else "nothing comes where"
    tail = f"`{shown[at]:.40}`, not" if at < len(shown) else "there should be"
    want = f"`{wanted[at]}`" if at < len(wanted) else "the end"
    return at_step(machine, found.image, f"of what it prints, {here} {tail} {want}", text, make)


def _may_become(so_far: str, wanted: list[str]) -> bool:
    """Whether what was printed so far can still become what is wanted."""
    words = so_far.split()
    whole = len(words) if not so_far or so_far[-1].isspace() else len(words) - 1
    if words[:whole] != wanted[:whole]:
        return False
    return whole == len(words) or (whole < len(wanted) and wanted[whole].startswith(words[whole]))
