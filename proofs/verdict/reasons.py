"""Verdicts in words: the classes of an instruction, why it is a culprit, and where letter and exact answer differ.

The words are those of docs/verify.md, which explains each; tests hold the two together.
"""

from collections.abc import Iterator, Sequence

from proofs.definitions.classification import UNASSIGNED, Sensitivity, Verdict
from proofs.definitions.exact import Exact
from proofs.terms.solving import Found, opposite

WAYS = {
    "control": "control sensitive",
    "location": "location sensitive",
    "mode": "mode sensitive",
    "resource": "resource sensitive",
}

_WHY = {
    "control": "it changes the mode or the relocation",
    "location": "what it does depends on where the program lies",
    "mode": "what it does depends on the mode",
    "resource": "it uses or changes a resource",
}


ACCESS = {  # what the letter leaves to premises on accesses, by the premise
    "contained": "it reaches words outside the window",
    "steady": "its accesses are not the same in both modes",
    "silent": "which accesses it is refused tells more than address, relocation and size",
}


def ways(sensitivity: Sensitivity) -> list[str]:
    """In which of the paper's ways, and ours, it is sensitive; `?` marks a way that stayed open."""
    found = []
    for way in WAYS:
        answer: Found = getattr(sensitivity, way)
        if answer is not Found.NO:
            found.append(way + ("?" if answer is Found.UNKNOWN else ""))
    return found


def privilege(verdict: Verdict) -> str:
    """`privileged`, `privileged by vacuity`, `partly privileged`, or nothing."""
    if verdict.privileged is Found.YES:
        return "privileged by vacuity" if verdict.vacuous is Found.YES else "privileged"
    if Found.UNKNOWN in (verdict.privileged, verdict.partly):
        return "privileged?"
    return "partly privileged" if verdict.partly is Found.YES else ""


def classes(verdict: Verdict) -> list[str]:
    """Every class that was proved of it, in the order of the paper."""
    found = [privilege(verdict)] if privilege(verdict) else []
    found += [WAYS[way.rstrip("?")] + way[len(way.rstrip("?")) :] for way in ways(verdict.sensitivity)]
    if verdict.sensitivity.user is not Found.NO:
        found.append("user sensitive" + ("?" if verdict.sensitivity.user is Found.UNKNOWN else ""))
    if verdict.irregular is not Found.NO:
        found.append("irregularly trapping" + ("?" if verdict.irregular is Found.UNKNOWN else ""))
    if verdict.innocuous is Found.YES:
        found.append("innocuous")
    return found


def reason(verdict: Verdict, exact: Exact | None, access: Sequence[str] = ()) -> str:
    """Why it breaks Theorem 1, or why that is not known; empty for one that keeps it. `access` names the premises on
    accesses that it breaks."""
    if exact is None:
        return "whether it may run directly cannot be asked of a machine without a map"
    if exact.fails is Found.NO:
        return ""
    return _told(verdict, exact.fails, exact.fails_user, _beyond(verdict, access))


def letter_reason(verdict: Verdict) -> str:
    """The same by the paper's definitions alone."""
    if verdict.virtualizable is Found.YES:
        return ""
    return _told(verdict, opposite(verdict.virtualizable), opposite(verdict.hybrid), "")


def _told(verdict: Verdict, breaks: Found, user: Found, otherwise: str) -> str:
    if breaks is Found.UNKNOWN:
        return "the solver gave no answer in time"
    parts = list(_reasons(verdict)) or [otherwise]
    if user is Found.NO:
        parts.append("from user mode it is harmless, so Theorem 3 stands")
    elif user is Found.YES:
        parts.append("from user mode too, so Theorem 3 falls with it")
    for operand, values in verdict.values.items():
        parts.append(f"only for {operand} = {ranges(values)}")
    return "; ".join(parts)


def _reasons(verdict: Verdict) -> Iterator[str]:
    partly = verdict.partly is Found.YES and verdict.rest is not None
    counted = verdict.rest if partly and verdict.rest else verdict.sensitivity
    found = [_WHY[way] for way in WAYS if getattr(counted, way) is Found.YES]
    if found and (partly or verdict.privileged is Found.NO):
        silent = "it traps in user mode for some states only, and where it does not," if partly else "without a trap,"
        yield f"{silent} {' and '.join(found)}"
    if verdict.irregular is Found.YES:
        yield "it traps in supervisor mode where it does not in user mode, so a guest's kernel would miss the trap"


def ranges(values: tuple[int, ...]) -> str:
    """`0, 2 to 5, 9`."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][1] == value - 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return ", ".join(f"{a}" if a == b else f"{a}, {b}" if b == a + 1 else f"{a} to {b}" for a, b in runs) or "none"


def difference(verdict: Verdict, exact: Exact | None, access: Sequence[str] = ()) -> str:
    """Where the paper's letter and the exact question give different answers for a monitor, and why; else empty."""
    if exact is None:
        return ""
    keeps, harmless = verdict.virtualizable, exact.fails
    if Found.UNKNOWN in (keeps, harmless):
        return ""
    if keeps is Found.YES and harmless is Found.YES:
        return f"innocuous by the letter, but not run directly: {_beyond(verdict, access)}"
    if keeps is Found.NO and harmless is Found.NO:
        return f"a culprit by the letter, and yet every direct step is right: {_within(verdict, exact)}"
    return ""


def _beyond(verdict: Verdict, access: Sequence[str]) -> str:
    if access:
        return " and ".join(ACCESS[premise] for premise in access)
    if verdict.sensitivity.extent is not Found.NO:
        return "it shows the bound or the size of storage. The paper moves the base only; a virtual machine is smaller"
    if verdict.name == UNASSIGNED:
        return "what these words do in real user mode is not what they do in the virtual machine"
    if verdict.vacuous is Found.YES:
        return "it memory-traps in every pair of states that the letter looks at, and yet runs in one of the modes"
    return "the letter excludes states that trap, and the difference lies there, or in a word the window does not hold"


def _within(verdict: Verdict, exact: Exact) -> str:
    if exact.runs is Found.NO:
        return "under a monitor it always traps, though it is not privileged"
    if verdict.partly is Found.YES:
        return "it traps in user mode whenever it would change something"
    return "what it changes or reads is the same through the virtual machine map"
