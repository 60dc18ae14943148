"""A verification for programs: the object that `trapline verify --json` writes. docs/verify-json.md is its schema."""

from typing import Any

from isa.description import Modes
from proofs.definitions.access import Check
from proofs.definitions.classification import Sensitivity
from proofs.definitions.dependence import Exhibit
from proofs.definitions.exact import Exact
from proofs.definitions.machine_facts import EXACT_PREMISES, PREMISES, Fact
from proofs.obligations.deciding import Outcome
from proofs.verdict.grounds import assumptions, partition
from proofs.verdict.reasons import classes, letter_reason, privilege
from proofs.verdict.techniques import Judgement, judged
from proofs.verdict.theorems import Finding, Verification
from trapline.reports.verification import HEADINGS, is_plain, row, sections

SCHEMA = 2  # changes when a key changes its meaning or goes; new keys may come


def verification_facts(v: Verification, letter: bool = False) -> dict[str, Any]:
    """Everything that was found. Answers are "yes", "no" or "unknown". `letter`: the monitor that the paper's letter
    admits in place of the exact answer."""
    return {
        "schema": SCHEMA,
        "machine": v.isa.name,
        "doc": v.isa.doc,
        "parent": v.isa.parent,
        "theorem1": v.theorem1.value,
        "theorem2": v.theorem2.value,
        "theorem3": v.theorem3.value,
        "premises": v.premises.value,
        "monitor": (v.letter.monitor if letter else v.monitor).value,
        "letter": {
            "theorem1": v.letter.theorem1.value,
            "theorem3": v.letter.theorem3.value,
            "monitor": v.letter.monitor.value,
        },
        "refused": v.refused,
        "culprits": [{"name": c.name, "reason": c.reason, "hybrid": c.hybrid.value} for c in v.culprits],
        "techniques": [_judgement(j) for j in judged(v)],
        "instructions": [_finding(f) for f in v.findings],
        "facts": [_fact(f) for f in v.facts],
        "obligations": [_obligation(o) for o in v.outcomes],
        "unknown": v.unknown,
        "modes": _modes(v.isa.modes),
        "partition": partition(v.isa),
        "assumptions": assumptions(v.isa),
        "report": _report(v),
        "seconds": round(v.seconds, 3),
    }


def _report(v: Verification) -> dict[str, Any]:
    """What people are shown, for whoever draws it otherwise."""
    rows = [row(finding) for finding in v.findings if not is_plain(finding)]
    return {"headings": HEADINGS, "rows": rows, "sections": list(sections(v))}


def _judgement(j: Judgement) -> dict[str, Any]:
    return {
        "name": j.technique,
        "right": j.right.value,
        "why": j.why,
        "culprits": list(j.culprits),
        "instead": j.instead,
        "assumes": list(j.assumes),
    }


def _modes(modes: Modes) -> dict[str, Any]:
    users = [name for name in modes.values if name not in modes.ruling]
    return {"supervisor": list(modes.ruling), "user": users, "guest": users[-1]}


def _finding(f: Finding) -> dict[str, Any]:
    verdict = f.verdict
    return {
        "name": f.name,
        "classes": classes(verdict),
        "privileged": verdict.privileged.value,
        "vacuous": verdict.vacuous.value,
        "partly": verdict.partly.value,
        "privilege": privilege(verdict),
        "irregular": verdict.irregular.value,
        "innocuous": verdict.innocuous.value,
        "sensitive": _ways(verdict.sensitivity),
        "unguarded": _ways(verdict.unguarded),
        "rest": _ways(verdict.rest) if verdict.rest else None,
        "values": {operand: list(values) for operand, values in verdict.values.items()},
        "keeps_theorem1": f.theorem1.value,
        "keeps_theorem3": f.theorem3.value,
        "reason": f.reason,
        "letter_keeps_theorem1": verdict.virtualizable.value,
        "letter_keeps_theorem3": verdict.hybrid.value,
        "letter_reason": letter_reason(verdict),
        "exact": _exact(f.exact) if f.exact else None,
        "difference": f.difference,
        "exhibit": str(f.exhibit),
        "counterexample": _counterexample(f.exhibit),
        "contained": _check(f.contained),
        "steady_view": _check(f.steady),
        "silent_refusals": _check(f.silent),
        "keeps_assumptions": _check(f.keeps),
        "lost": f.lost,
    }


def _ways(sensitivity: Sensitivity) -> dict[str, str]:
    names = ("control", "location", "mode", "resource", "extent", "user")
    return {name: getattr(sensitivity, name).value for name in names}


def _exact(exact: Exact) -> dict[str, str]:
    return {
        "runs": exact.runs.value,
        "breaks_equivalence": exact.equivalence.value,
        "breaks_control": exact.control.value,
        "breaks_equivalence_in_user_mode": exact.equivalence_user.value,
        "breaks_control_in_user_mode": exact.control_user.value,
    }


def _counterexample(shown: Exhibit) -> dict[str, Any] | None:
    """Everything that the difference depends on, as numbers."""
    if not shown:
        return None
    parts = {"operands": shown.operands, "state": shown.state, "real": shown.real}
    differences = [
        {"name": d.was.name, "was": d.was.number, "bare": d.bare.number, "direct": d.direct.number}
        for d in shown.differences
    ]
    values = {part: {value.name: value.number for value in values} for part, values in parts.items()}
    return {"differences": differences, "remarks": list(shown.remarks), **values}


def _check(check: Check) -> dict[str, str]:
    return {"holds": check.holds.value, "detail": check.detail}


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "statement": fact.statement,
        "holds": fact.holds.value,
        "holds_in_user_mode": fact.hybrid.value,
        "premise": fact.name in EXACT_PREMISES,
        "premise_by_the_letter": fact.name in PREMISES,
        "where": list(fact.where),
        "detail": fact.detail,
        "counterexample": _counterexample(fact.exhibit),
    }


def _obligation(outcome: Outcome) -> dict[str, Any]:
    return {"theorem": outcome.theorem, "about": outcome.about, "proved": outcome.proved}
