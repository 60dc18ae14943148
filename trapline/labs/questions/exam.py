"""A machine that a seed draws: a small third-generation machine with instructions of which nothing is said but what
they do. And what is proved of it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from isa.description import Isa
from isa.language import load_text
from proofs.definitions.classification import Verdict, subjects
from proofs.terms.solving import Found
from proofs.verdict.keyed import keys
from proofs.verdict.theorems import Finding, Verification
from proofs.verdict.verification import QUESTION, jobs, put_together, study
from trapline.labs.questions.bodies import KINDS, bodies

NAME = "exam"
MACHINE = Path(__file__).parent / "exam.isa"
FIRST = 8  # of the numbers that are free for instructions
WAYS = ("control", "location", "mode", "resource")


@dataclass(frozen=True, slots=True)
class Exam:
    """The machine's text, and the instructions that are asked about, with their bodies."""

    text: str
    bodies: dict[str, str]

    @property
    def isa(self) -> Isa:
        return _machine(self.text)

    @property
    def verdict(self) -> Verification:
        return _verdict(self.text, tuple(self.bodies.items()))


def drawn(seed: str, difficulty: int, count: int = 6) -> Exam:
    """The exam of a seed: `count` instructions, some of this difficulty and the others no harder. All verdicts on the
    machine are equally likely."""
    random = Random(f"exam {seed}")
    kinds = KINDS[: random.randrange(len(KINDS)) + 1]
    worst = random.choice(bodies(random.randint(1, difficulty), kinds[-1:]) or bodies(1, kinds[-1:]))
    hard = [body for body in bodies(difficulty, kinds) if body != worst]
    others = [body for level in range(1, difficulty + 1) for body in bodies(level, kinds) if body != worst]
    chosen = random.sample(hard, min(len(hard), count // 2))
    chosen += random.sample([body for body in others if body not in chosen], count - len(chosen) - 1)
    chosen.append(worst)
    random.shuffle(chosen)
    return exam(dict(zip((f"q{number}" for number in range(1, count + 1)), chosen, strict=True)))


def exam(bodies: dict[str, str]) -> Exam:
    """The machine with these instructions."""
    lines = [line(name, body, FIRST + number) for number, (name, body) in enumerate(bodies.items())]
    head = f'variant {NAME} of small "What is sensitive here?" {{'
    return Exam(
        "\n".join([MACHINE.read_text().rstrip(), "", head, *(f"  add {text}" for text in lines), "}", ""]), bodies
    )


def line(name: str, body: str, code: int) -> str:
    return f'instr {name} "d, a" R({code}) {{ {body} }}'


@lru_cache(maxsize=256)
def finding(body: str) -> Finding:
    """What is proved of one instruction. It does not depend on the others."""
    isa = exam({"q1": body}).isa
    return study(next(what for what in subjects(isa) if what.name == "q1"), QUESTION)


def sensitive(verdict: Verdict) -> frozenset[str]:
    """In which of the four ways it is."""
    return frozenset(way for way in WAYS if getattr(verdict.sensitivity, way) is Found.YES)


def is_plain(found: Finding) -> bool:
    """Whether all is decided, and the definitions by the letter and the exact question agree. What shows the bound or
    the size of storage alone is beyond the paper's letter, and so is a trap that depends on the mode in another way
    than a privileged instruction's, or privilege by vacuity."""
    verdict = found.verdict
    odd = (verdict.vacuous, verdict.irregular, verdict.sensitivity.extent)
    return not found.unknown and not found.difference and (Found.YES not in odd or _shows_base_too(verdict))


def _shows_base_too(verdict: Verdict) -> bool:
    return Found.YES not in (verdict.vacuous, verdict.irregular) and verdict.sensitivity.location is Found.YES


@lru_cache(maxsize=16)
def _machine(text: str) -> Isa:
    return load_text(text, NAME, f"{NAME}.isa")


_ANSWERED: dict[str, Any] = {}  # by what the answer depends on: exams have all but a few instructions in common


@lru_cache(maxsize=256)
def _verdict(text: str, bodies: tuple[tuple[str, str], ...]) -> Verification:
    """Asked in this process, and of each instruction once, whichever exams it is in."""
    isa, drawn, answers = _machine(text), dict(bodies), []
    digests = keys(isa)
    for name, job in jobs(isa, QUESTION).items():
        if name in drawn:
            found = finding(drawn[name])
            answers.append(replace(found, verdict=replace(found.verdict, name=name)))
            continue
        if digests[name] not in _ANSWERED:
            _ANSWERED[digests[name]] = job()
        answers.append(_ANSWERED[digests[name]])
    return put_together(isa, answers, 0.0)
