"""Lab 4: what is privileged and sensitive in a machine that was drawn for this student, and which theorems hold. Each
wrong answer is answered: by a guest that shows it where there is one, else by what the prover says."""

from dataclasses import dataclass, replace
from functools import lru_cache

from isa.files.tables import read_table
from proofs.terms.solving import Found
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.making import COUNT, DIFFICULTY
from trapline.labs.questions import exam as exams
from trapline.labs.questions.exam import WAYS, Exam, drawn, finding
from trapline.labs.questions.witness import of_culprit, of_privilege, where_it_parts, where_it_traps

CHOICES = ("holds", "fails", "?")  # the last is no answer, and as wrong as a wrong one
FOUND = {Found.YES: "holds", Found.NO: "fails", Found.UNKNOWN: "is open"}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a student says of theorems, and of each instruction: whether it is privileged, in which ways sensitive."""

    theorems: dict[str, str]
    privileged: dict[str, bool]
    sensitive: dict[str, frozenset[str]]


def answered(attempt: Attempt) -> Failure | None:
    """The file has an answer to everything. Mistakes in it raise SourceError."""
    _answers(attempt)
    return None


def privileged(attempt: Attempt) -> Failure | None:
    """Each instruction is said to be privileged if it is."""
    exam, said = _exam(attempt), _answers(attempt).privileged
    wrong = [n for n, body in exam.bodies.items() if said[n] is not (finding(body).verdict.privileged is Found.YES)]
    if not wrong:
        return None
    name, body = wrong[0], exam.bodies[wrong[0]]
    message = f"`{name}` is {'not ' if said[name] else ''}privileged: {body}"
    shown = of_privilege(body, name) if attempt.explained else ""
    shown = shown or "From no state it traps in user mode and not in supervisor mode: look at both."
    moment = where_it_traps(body, name) if attempt.explained else None
    return replace(_wrong(wrong, len(exam.bodies), message, shown), moment=moment)


def sensitive(attempt: Attempt) -> Failure | None:
    """Each instruction is said to be sensitive in the ways in which it is, and in no other."""
    exam, said = _exam(attempt), _answers(attempt).sensitive
    right = {name: exams.sensitive(finding(body).verdict) for name, body in exam.bodies.items()}
    wrong = [name for name in exam.bodies if said[name] != right[name]]
    if not wrong:
        return None
    name, body = wrong[0], exam.bodies[wrong[0]]
    missed, invented = sorted(right[name] - said[name]), sorted(said[name] - right[name])
    if missed:
        message = f"`{name}` is {missed[0]} sensitive: {body}"
        return _shown(_wrong(wrong, len(exam.bodies), message), name, body, attempt)
    message = f"`{name}` is not {invented[0]} sensitive: {body}"
    return _wrong(wrong, len(exam.bodies), message, "That is proved for all states: no guest can show otherwise.")


def theorems(attempt: Attempt) -> Failure | None:
    """Theorems 1 and 3 are said to hold if they do."""
    exam, said = _exam(attempt), _answers(attempt).theorems
    verdict = exam.verdict
    right = {"theorem1": verdict.theorem1, "theorem3": verdict.theorem3}
    wrong = [name for name, found in right.items() if said[name] != FOUND[found]]
    if not wrong:
        return None
    message = f"Theorem {wrong[0][-1]} {FOUND[right[wrong[0]]]}"
    kept = {f.name: f.theorem1 if wrong[0] == "theorem1" else f.theorem3 for f in verdict.findings}
    culprit = next((name for name in exam.bodies if kept[name] is Found.NO), None)
    if culprit is None or not attempt.explained:
        return _wrong(wrong, len(right), message, "That is proved: no guest can show otherwise.")
    failure = _wrong(wrong, len(right), f"{message}, because of `{culprit}`")
    return _shown(failure, culprit, exam.bodies[culprit], attempt)


def _wrong(wrong: list[str], count: int, message: str, shown: str = "") -> Failure:
    """The first wrong answer, shown; as many wrong ones as right ones earn nothing, for they may be guessed."""
    more = f" ({len(wrong)} of {count} are wrong)" if len(wrong) > 1 else ""
    return Failure(f"{message}{more}\n{shown}".rstrip(), part=max(0.0, 1 - 2 * len(wrong) / count))


def _shown(failure: Failure, name: str, body: str, attempt: Attempt) -> Failure:
    """With a guest that shows that it is sensitive, if it is not privileged; else the prover's story, or its reason."""
    if not attempt.explained:
        return failure
    found, moment = finding(body), None
    shown = "No guest shows it: under a monitor it traps, or does no harm. By the definition it is, in supervisor mode."
    if found.theorem1 is Found.NO:
        shown = of_culprit(body, name) or f"{found.reason}\nfor example: {found.exhibit}"
        moment = where_it_parts(body, name)
    return replace(failure, message=f"{failure.message}\n{shown}", moment=moment)


def _exam(attempt: Attempt) -> Exam:
    return drawn(f"{attempt.lab.name} {attempt.student}", DIFFICULTY, COUNT)


def _answers(attempt: Attempt) -> Answers:
    name = attempt.check.file or attempt.lab.files[0]
    return _read(name, attempt.submission.source(name).text, tuple(_exam(attempt).bodies))


@lru_cache(maxsize=2)
def _read(name: str, text: str, instructions: tuple[str, ...]) -> Answers:
    table = read_table(name, text.encode())
    said = {theorem: table.text(theorem, None, CHOICES) for theorem in ("theorem1", "theorem3")}
    guarded, ways = {}, {}
    for instruction in instructions:
        if instruction not in table:
            table.wrong(instruction, f"nothing is said of `{instruction}`", f"write `[{instruction}]`")
        part = table.table(instruction)
        if "privileged" not in part:
            part.wrong("privileged", f"whether `{instruction}` is privileged is missing", "write `true` or `false`")
        guarded[instruction] = part.flag("privileged")
        ways[instruction] = frozenset(part.texts("sensitive", None))
        for way in sorted(ways[instruction] - set(WAYS)):
            part.wrong("sensitive", f"`{way:.40}` is no way to be sensitive", f"the ways are {', '.join(WAYS)}")
    table.finish()
    return Answers(said, guarded, ways)
