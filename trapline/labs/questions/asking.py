"""Questions with one right answer, drawn from a seed: of an instruction, whether it is privileged or sensitive in some
way; of a machine, which theorems survive. The prover decides, and what is ambiguous is not asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from proofs.terms.solving import Found
from proofs.verdict.reasons import classes
from proofs.verdict.theorems import Finding
from trapline.labs.questions.bodies import BODIES, KINDS, bodies
from trapline.labs.questions.exam import Exam, exam, finding, is_plain
from trapline.labs.questions.witness import of_culprit, of_privilege

ASKED = {
    "privileged": "Is `{name}` privileged: does it, from every state, trap in user mode and not in supervisor mode?",
    "control": "Is `{name}` control sensitive: does it, from some state, change the mode, the base or the bound?",
    "location": "Is `{name}` location sensitive: can its result depend on where the program lies in storage?",
    "mode": "Is `{name}` mode sensitive: can its result depend on the mode, where it traps in neither?",
    "resource": "Is `{name}` resource sensitive: does it, from some state, use or change the timer, the interrupt "
    "enable bit, the pending bits, the halt bit or a port?",
}
THEOREMS = "Which theorems survive, if these instructions are added to a machine for which all of them hold?"
SURVIVORS = {
    (Found.YES, Found.YES): "Theorems 1 and 3",
    (Found.NO, Found.YES): "Theorem 3 alone",
    (Found.NO, Found.NO): "neither Theorem 1 nor Theorem 3",
}
TRIES = 50  # draws until a question is one that was not asked


@dataclass(frozen=True, slots=True)
class Question:
    """`lines` are the instructions that it is about, `answer` is the place of the right choice, `witness` a guest that
    shows it, empty where none can."""

    text: str
    lines: tuple[str, ...]
    choices: tuple[str, ...]
    answer: int
    explanation: str
    witness: str


def questions(count: int, seed: str, difficulty: int) -> Iterator[Question]:
    """The same seed gives the same questions. No two are alike as long as that is possible."""
    random = Random(f"quiz {seed} {difficulty}")
    asked: set[tuple[str, ...]] = set()
    for _ in range(count):
        drafts = (_drawn(random, difficulty) for _ in range(TRIES))
        draft = next((draft for draft in drafts if draft.key not in asked), None) or _drawn(random, difficulty)
        asked.add(draft.key)
        yield draft.make()


@dataclass(frozen=True, slots=True)
class _Draft:
    """A question that is not decided in all its parts yet: what tells it from others, and what makes it."""

    key: tuple[str, ...]
    make: Callable[[], Question]


def _drawn(random: Random, difficulty: int) -> _Draft:
    return random.choice((_of_an_instruction, _of_an_instruction, _of_a_machine))(random, difficulty)


def _of_an_instruction(random: Random, difficulty: int) -> _Draft:
    """Yes and no are equally likely, as far as the bodies allow."""
    what, wanted = random.choice(list(ASKED)), random.choice((True, False))
    plain = _plain(random, _bodies(random, difficulty))
    seen = []
    for body in plain:
        seen.append(body)
        if _is(what, finding(body)) is wanted:
            break
    body = seen[-1]
    return _Draft((what, body), lambda: _asked(what, body, finding(body)))


def _of_a_machine(random: Random, difficulty: int) -> _Draft:
    kinds = KINDS[: random.randrange(len(KINDS)) + 1]
    pool = [body for level in range(1, difficulty + 1) for body in bodies(level, kinds)]
    chosen = list(islice(_plain(random, pool), 3))
    return _Draft(("theorems", *sorted(chosen)), lambda: _surviving(chosen))


def _plain(random: Random, pool: list[str]) -> Iterator[str]:
    """The bodies in any order, without those of which the definitions are ambiguous."""
    return (body for body in random.sample(pool, len(pool)) if is_plain(finding(body)))


def _is(what: str, found: Finding) -> bool:
    verdict = found.verdict
    return (verdict.privileged if what == "privileged" else getattr(verdict.sensitivity, what)) is Found.YES


def _bodies(random: Random, difficulty: int) -> list[str]:
    """Of this difficulty, now and then of a lower one."""
    level = random.choice((difficulty, difficulty, random.randint(1, difficulty)))
    return [body for group in BODIES[level].values() for body in group]


def _asked(what: str, body: str, found: Finding) -> Question:
    name, answer = "q1", _is(what, found)
    if what == "privileged":
        witness = of_privilege(body, name)
    else:
        witness = of_culprit(body, name) if answer and found.theorem1 is Found.NO else ""
    lines = (_line(name, body),)
    return Question(ASKED[what].format(name=name), lines, ("yes", "no"), 0 if answer else 1, _why(name, found), witness)


def _surviving(chosen: list[str]) -> Question:
    machine = exam(dict(zip(("q1", "q2", "q3"), chosen, strict=True)))
    verdict = machine.verdict
    choices = tuple(SURVIVORS.values())
    answer = choices.index(SURVIVORS[verdict.theorem1, verdict.theorem3])
    explanation = " ".join(_why(name, finding(body)) for name, body in machine.bodies.items())
    lines = tuple(_line(name, body) for name, body in machine.bodies.items())
    return Question(THEOREMS, lines, choices, answer, explanation, _culprit(machine))


def _culprit(machine: Exam) -> str:
    """A guest that shows why a theorem falls: one that falls with Theorem 3 if there is one."""
    found = {name: finding(body) for name, body in machine.bodies.items()}
    culprits = [name for name, what in found.items() if what.theorem1 is Found.NO]
    worst = [name for name in culprits if found[name].theorem3 is Found.NO] or culprits
    return of_culprit(machine.bodies[worst[0]], worst[0]) if worst else ""


def _line(name: str, body: str) -> str:
    return f"{name} d, a   {{ {body} }}"


def _why(name: str, found: Finding) -> str:
    """What is proved of an instruction, in a sentence or two."""
    said = ", ".join(classes(found.verdict)) or "neither privileged nor sensitive"
    reason = f" It breaks Theorem 1: {found.reason}." if found.reason else " It keeps Theorem 1."
    return f"`{name}` is {said}.{reason}"
