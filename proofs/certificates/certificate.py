"""A certificate: a verdict with all that it was derived from, for somebody who trusts neither us nor our solver.

It holds the verdict, what is assumed, and of every question what it asks, the digest of its script and the answer.
`certified` makes one; `read` takes one from a file of which nothing is believed. docs/certificate-format.md describes
the file; `proofs.certificates.recheck` does what it is for.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from time import monotonic
from typing import Any

import z3

from isa.description import Isa
from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.machine.identity import meaning_digest
from proofs.certificates.questions import SAT, Claim, Part, Question, recorded
from proofs.terms.workers import Lost, Progress, answers, no_progress
from proofs.verdict.grounds import assumptions
from proofs.verdict.techniques import judged
from proofs.verdict.theorems import Verification
from proofs.verdict.verification import jobs, limits, longest, put_together

SCHEMA = 2
BEGINS = '{\n "certificate": '
LARGEST = 64 << 20  # bytes of a file
_FOUND = {text: found for found, text in SAT.items()}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORDS = frozenset({"isa", "detail", "exhibit", "lost", "shown", "why", "seconds", "asked"})  # no part of a verdict


class BadCertificate(TraplineError):
    """A file that is no certificate, or none of this description."""


@dataclass(frozen=True)
class Claims:
    """What is claimed of one part: its questions; `lost` says why there are none."""

    about: str
    questions: tuple[Claim, ...]
    lost: str = ""


@dataclass(frozen=True)
class Certificate:
    machine: str
    description: str
    trapline: str
    solver: str
    verdict: dict[str, Any]
    assumptions: list[str]
    parts: tuple[Claims, ...]


def certified(
    isa: Isa, timeout: float, workers: int = 2, progress: Progress = no_progress
) -> tuple[Verification, dict[str, Part | Lost]]:
    """As `verify`, with the questions of every part."""
    began = monotonic()
    asked = jobs(isa, longest(timeout))
    parts = answers([recorded(job) for job in asked.values()], limits(timeout, workers), progress)
    results = [p if isinstance(p, Lost) else p.result for p in parts]
    return put_together(isa, results, monotonic() - began), dict(zip(asked, parts, strict=True))


def questions(parts: dict[str, Part | Lost]) -> dict[str, Sequence[Question]]:
    return {about: () if isinstance(part, Lost) else part.questions for about, part in parts.items()}


def certificate(found: Verification, parts: dict[str, Part | Lost]) -> Certificate:
    claims = tuple(
        Claims(about, (), part.reason)
        if isinstance(part, Lost)
        else Claims(about, tuple(Claim(q.asks, q.digest, q.answer) for q in part.questions))
        for about, part in parts.items()
    )
    isa, solver = found.isa, f"z3 {z3.get_version_string()}"
    return Certificate(isa.name, meaning_digest(isa), _version(), solver, verdict(found), assumptions(isa), claims)


def _version() -> str:
    try:
        return version("trapline")
    except PackageNotFoundError:
        return "unknown"


# ---- the verdict as data


def verdict(found: Verification) -> dict[str, Any]:
    """Every answer of a verdict, without the words and the models that explain them."""
    return {
        "theorem1": found.theorem1.value,
        "theorem2": found.theorem2.value,
        "theorem3": found.theorem3.value,
        "premises": found.premises.value,
        "monitor": found.monitor.value,
        "letter": plain(found.letter) | {"monitor": found.letter.monitor.value},
        "refused": found.refused,
        "techniques": {j.technique: plain(j) for j in judged(found)},
        "instructions": {f.name: plain(f) | _keeps(f) for f in found.findings},
        "facts": {f.name: plain(f) for f in found.facts},
        "obligations": [plain(o) for o in found.outcomes],
    }


def _keeps(finding: Any) -> dict[str, str]:
    return {"keeps_theorem1": finding.theorem1.value, "keeps_theorem3": finding.theorem3.value}


def plain(value: Any) -> Any:
    """Answers as JSON knows them; of a dataclass, all fields but words."""
    match value:
        case Enum():
            return value.value
        case tuple():
            return [plain(v) for v in value]
        case dict():
            return {name: plain(v) for name, v in value.items()}
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name not in _WORDS}
    return value


# ---- the file


def written(c: Certificate) -> str:
    """The certificate as text, the same for the same verdict."""
    whole = {
        "certificate": SCHEMA,
        "machine": c.machine,
        "description": c.description,
        "trapline": c.trapline,
        "solver": c.solver,
        "verdict": c.verdict,
        "assumptions": c.assumptions,
        "parts": [_part(p) for p in c.parts],
    }
    return json.dumps(whole, indent=1) + "\n"


def _part(claims: Claims) -> dict[str, Any]:
    listed = [{"asks": q.asks, "sha256": q.digest, "answer": SAT[q.answer]} for q in claims.questions]
    return {"about": claims.about, "questions": listed, "lost": claims.lost}


def read(path: str) -> Certificate:
    """The certificate in a file. Raises BadCertificate with place and rule, and OSError."""
    data = read_noted(path, LARGEST)
    if len(data) > LARGEST:
        raise BadCertificate(f"{path}: more than {LARGEST >> 20} MiB", "no certificate is that large")
    try:
        return _Reader(path).certificate(json.loads(data.decode("utf-8"), object_pairs_hook=_unique))
    except json.JSONDecodeError as error:
        raise BadCertificate(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}", _AGAIN) from None
    except (ValueError, RecursionError) as error:
        raise BadCertificate(f"{path}: not a certificate: {str(error)[:100]}", _AGAIN) from None


_AGAIN = "write it again with `trapline verify MACHINE --certificate FILE`"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has two values of one name")
    return found


class _Reader:
    """Takes data apart; whatever is not as it must be is told with its place."""

    def __init__(self, path: str) -> None:
        self.path = path

    def certificate(self, data: Any) -> Certificate:
        whole = self.object(data, "", _KEYS)
        if type(whole["certificate"]) is not int or whole["certificate"] != SCHEMA:
            self.refuse("certificate", f"this Trapline reads certificates of schema {SCHEMA} alone")
        machine, description, trapline, solver = (self.text(whole[key], key) for key in _KEYS[1:5])
        listed = self.listed(whole["parts"], "parts")
        return Certificate(
            machine,
            description,
            trapline,
            solver,
            self.object(whole["verdict"], "verdict"),
            [self.text(a, f"assumptions[{n}]") for n, a in enumerate(self.listed(whole["assumptions"], "assumptions"))],
            tuple(self.part(p, f"parts[{n}]") for n, p in enumerate(listed)),
        )

    def part(self, data: Any, at: str) -> Claims:
        part = self.object(data, at, ("about", "questions", "lost"))
        asked = self.listed(part["questions"], f"{at}.questions")
        claims = tuple(self.claim(q, f"{at}.questions[{n}]") for n, q in enumerate(asked))
        return Claims(self.text(part["about"], f"{at}.about"), claims, self.text(part["lost"], f"{at}.lost"))

    def claim(self, data: Any, at: str) -> Claim:
        claim = self.object(data, at, ("asks", "sha256", "answer"))
        asks, digest, answer = (self.text(claim[key], f"{at}.{key}") for key in ("asks", "sha256", "answer"))
        if not _DIGEST.fullmatch(digest):
            self.refuse(f"{at}.sha256", "a digest is 64 hexadecimal digits in lower case")
        if answer not in _FOUND:
            self.refuse(f"{at}.answer", f"an answer is one of {', '.join(_FOUND)}")
        return Claim(asks, digest, _FOUND[answer])

    def object(self, data: Any, at: str, keys: Sequence[str] = ()) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.refuse(at, "an object is expected here")
        if keys and (missing := [k for k in keys if k not in data]):
            self.refuse(at, f"`{missing[0]}` is missing")
        if keys and (more := [k for k in data if k not in keys]):
            self.refuse(at, f"`{more[0][:40]}` is none of {', '.join(keys)}")
        found: dict[str, Any] = data
        return found

    def listed(self, data: Any, at: str) -> list[Any]:
        if not isinstance(data, list):
            self.refuse(at, "a list is expected here")
        found: list[Any] = data
        return found

    def text(self, data: Any, at: str) -> str:
        if not isinstance(data, str):
            self.refuse(at, "a text is expected here")
        found: str = data
        return found

    def refuse(self, at: str, rule: str) -> None:
        raise BadCertificate(f"{self.path}: {at or 'the whole'}: {rule}", _AGAIN)


_KEYS = ("certificate", "machine", "description", "trapline", "solver", "verdict", "assumptions", "parts")
