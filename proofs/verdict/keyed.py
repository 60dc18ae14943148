"""What each answer about a machine depends on, so that machines with much in common are asked about it once.

An instruction's finding depends on its own behaviour and on the *frame*: everything of the machine but instructions.
So do the facts about the machine, but for the trap entry: what users change must be recovered, and that is asked of
every instruction which writes it.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from isa.description import Isa, Role
from isa.files.flat import Form
from isa.ir.nodes import TRUE, Behaviour, Write
from isa.machine.identity import behaviours_digest, meaning_digest
from isa.passes.normal import bits_written
from isa.passes.partition import RELOCATION, places
from proofs.definitions.access import Check
from proofs.definitions.classification import UNASSIGNED, Sensitivity, Verdict
from proofs.definitions.dependence import Difference, Exhibit, Value
from proofs.definitions.exact import Exact
from proofs.definitions.machine_facts import Fact, kept_places, trap_entry
from proofs.obligations.deciding import Outcome
from proofs.terms.solving import Found
from proofs.verdict.theorems import Finding, Refusal
from proofs.verdict.verification import WHOLE

ANSWER = Form(
    tuple, Finding, Verdict, Sensitivity, Exact, Check, Exhibit, Difference, Value, Fact, Outcome, Refusal, Found, list
)  # a tuple of the one answer


def keys(isa: Isa) -> dict[str, str]:
    """For everything that is asked of a machine (`proofs.verdict.verification.jobs`), by its name: a hexadecimal digest
    of what the answer depends on."""
    frame, bodies = frame_digest(isa), _bodies(isa)
    found = {f"({f.__name__})": _digest(frame, f.__name__) for f in WHOLE}
    found[f"({trap_entry.__name__})"] = _digest(frame, trap_entry.__name__, *_recovering(isa, bodies))
    return found | {name: _digest(frame, name, _told(body)) for name, body in bodies.items()}


def frame_digest(isa: Isa) -> str:
    """A hexadecimal digest of a machine without its instructions."""
    assumed = Behaviour((), tuple(Write(TRUE, a.text, 0, a.condition) for a in isa.assumptions))
    enums = [repr(sorted(enum.members.items())) for enum in (*isa.enums.values(), isa.cause)]
    meaning = meaning_digest(replace(isa, instructions={}))
    return _digest(meaning, str(isa.word), *isa.ruling, behaviours_digest(assumed), *enums)


def _bodies(isa: Isa) -> dict[str, Behaviour]:
    return {i.name: i.behaviour for i in isa.instructions.values()} | {UNASSIGNED: isa.unassigned}


def _recovering(isa: Isa, bodies: dict[str, Behaviour]) -> Iterator[str]:
    """The instructions of which it is asked whether users change something that a trap entry must keep."""
    psw = [*places(isa, RELOCATION | {Role.MODE, Role.PC})]
    kept = {(p.state, p.low + bit) for p in kept_places(isa) if p not in psw for bit in range(p.width)}
    kept &= bits_written(isa.entry)
    all_do = kept & bits_written(isa.prologue)
    for name, body in bodies.items():
        if all_do or kept & bits_written(body):
            yield f"{name} {_told(body)}"


@lru_cache(maxsize=1 << 14)
def _told(body: Behaviour) -> str:
    return behaviours_digest(body)


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
