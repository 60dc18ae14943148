"""A verification for people: the rows and lines that the terminal and the page share, and the terminal's form of them.

docs/verify.md says what each line means. Nothing is said by colour.
"""

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, TextIO

from proofs.definitions.exact import Exact
from proofs.definitions.machine_facts import EXACT_PREMISES, PREMISES
from proofs.terms.solving import Found
from proofs.verdict.conditions import ALWAYS, HOLDS, IN_USER_MODE
from proofs.verdict.grounds import PARTS, assumptions, partition
from proofs.verdict.reasons import privilege, ways
from proofs.verdict.techniques import Judgement, judged
from proofs.verdict.theorems import Finding, Kind, Verification

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS = ("instruction", "privileged", "sensitive", "without its guard", "run directly", "Theorem 1", "Theorem 3")
THEOREMS = {
    "Theorem 1": "whatever runs directly does what it does bare, so a trap-and-emulate monitor can be built",
    "Theorem 2": "Theorem 1, and a monitor without timing dependences, so the machine can be virtualized recursively",
    "Theorem 3": "so does whatever runs directly in virtual user mode, so a hybrid monitor can be built",
}
MONITORS = {
    Kind.TRAP_AND_EMULATE: "This machine admits a trap-and-emulate monitor.",
    Kind.HYBRID: "This machine admits a hybrid monitor only: virtual supervisor mode must be interpreted.",
    Kind.NEITHER: "This machine admits neither a trap-and-emulate nor a hybrid monitor.",
    Kind.UNKNOWN: "Which monitor this machine admits stayed open.",
}
LETTER = {
    Kind.TRAP_AND_EMULATE: "a trap-and-emulate monitor",
    Kind.HYBRID: "a hybrid monitor only",
    Kind.NEITHER: "neither monitor",
    Kind.UNKNOWN: "an answer that stayed open",
}
MOST_BLAMED = 8  # culprits named in the last line
KEPT = {Found.YES: "keeps", Found.NO: "BREAKS", Found.UNKNOWN: "unknown"}


def is_plain(finding: Finding) -> bool:
    """Nothing to tell: innocuous, never a trap that depends on the mode, right when run directly."""
    verdict, exact = finding.verdict, finding.exact
    simple = verdict.innocuous is Found.YES and verdict.virtualizable is Found.YES and not privilege(verdict)
    same = ways(verdict.unguarded) == [] and verdict.sensitivity.extent is Found.NO
    return simple and same and (exact is None or exact.fails is Found.NO) and not finding.unknown


def row(finding: Finding) -> tuple[str, ...]:
    """The cells of an instruction under `HEADINGS`."""
    verdict = finding.verdict
    found = ways(verdict.sensitivity)
    if verdict.sensitivity.extent is not Found.NO:
        found.append("(extent)" if verdict.sensitivity.extent is Found.YES else "(extent?)")
    unguarded = ways(verdict.unguarded)
    user = ", from user mode" if found and verdict.sensitivity.user is Found.YES else ""
    irregular = {Found.YES: " irregular trap", Found.UNKNOWN: " irregular trap?", Found.NO: ""}[verdict.irregular]
    return (
        finding.name,
        _privilege(finding),
        ((" ".join(found) or "no") + user + irregular).removeprefix("no " if irregular else ""),
        "" if unguarded == ways(verdict.sensitivity) else " ".join(unguarded) or "no",
        directly(finding.exact),
        _kept(finding.theorem1, verdict.virtualizable),
        _kept(finding.theorem3, verdict.hybrid),
    )


def _kept(exact: Found, letter: Found) -> str:
    """Whether a theorem is kept, and by the letter where that is another answer."""
    return KEPT[exact] if exact is letter else f"{KEPT[exact]} (letter: {KEPT[letter].lower()})"


def _privilege(finding: Finding) -> str:
    said = privilege(finding.verdict)
    return {"privileged": "yes", "privileged by vacuity": "by vacuity", "partly privileged": "partly", "": "no"}.get(
        said, "unknown"
    )


def directly(exact: Exact | None) -> str:
    """The exact answer in a word or two."""
    if exact is None:
        return "not asked"
    if Found.UNKNOWN in (exact.runs, exact.fails, exact.fails_user):
        return "unknown"
    if exact.runs is Found.NO:
        return "always traps"
    if exact.fails is Found.NO:
        return "right"
    broken = {True: "breach", False: "wrong"}[exact.control is Found.YES and exact.equivalence is not Found.YES]
    return broken if exact.fails_user is Found.YES else f"{broken} in supervisor mode"


# ---- in a terminal


def show_report(v: Verification, file: TextIO | None = None) -> None:
    from trapline.output import console, show

    out = console(file)
    of = f", a variant of {v.isa.parent}" if v.isa.parent else ""
    out.print(f"{v.isa.name}{of}: {v.isa.doc}\n")
    show(verdict_table(v), file)
    for section in sections(v):
        out.print()
        for line in section:
            indent = " " * (len(line) - len(line.lstrip()) + 4)
            out.print("\n".join(wrap(line, out.width, subsequent_indent=indent, break_long_words=False)))


def verdict_table(v: Verification) -> "Table":
    """Every instruction of which there is something to tell."""
    from rich.table import Table

    table = Table(*HEADINGS, box=None, pad_edge=False)
    for finding in v.findings:
        if not is_plain(finding):
            table.add_row(*row(finding))
    return table


def sections(v: Verification) -> Iterator[list[str]]:
    """Everything below the table, as lines under headings."""
    plain = [f.name for f in v.findings if is_plain(f)]
    if plain:
        yield [f"innocuous; run directly, they are right or trap ({len(plain)}): {' '.join(plain)}"]
    yield list(theorem_lines(v))
    if v.culprits:
        yield ["culprits", *(line for c in v.culprits for line in _culprit(v, c.name, c.reason))]
    differences = [f"  {f.name}: {f.difference}" for f in v.findings if f.difference]
    if differences:
        yield ["where the paper's letter and the exact question differ", *differences]
    yield ["the machine", *fact_lines(v)]
    if v.unknown:
        yield ["unknown", *(f"  {line}" for line in v.unknown)]
    yield ["techniques", *technique_lines(v)]
    yield ["partition of the state", *partition_lines(v)]
    yield ["assumed", *(f"  {line}" for line in assumptions(v.isa))]
    yield list(_conclusion(v))


def _conclusion(v: Verification) -> Iterator[str]:
    blamed = _blamed(v)
    yield MONITORS[v.monitor] + (f" Theorem 1 is broken by {blamed}." if blamed else "")
    if v.letter.monitor is not v.monitor:
        yield f"By the paper's letter it admits {LETTER[v.letter.monitor]}."
    if v.refused:
        yield f"Our own monitor refuses it: {v.refused}."


def _blamed(v: Verification) -> str:
    """What breaks Theorem 1: instructions by name, and what is part of every step or of the machine."""
    names = [f.name for f in v.findings if f.theorem1 is Found.NO]
    if names[MOST_BLAMED:]:
        names = [*names[:MOST_BLAMED], f"{len(names) - MOST_BLAMED} instructions more"]
    names += [f"the {f.name}" for f in v.facts if f.name in EXACT_PREMISES and f.holds is Found.NO]
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last


def theorem_lines(v: Verification) -> Iterator[str]:
    """A theorem that holds with what it says, another with what stands against it; and the letter's answer."""
    answers = (v.theorem1, v.theorem2, v.theorem3)
    letters = (v.letter.theorem1, None, v.letter.theorem3)
    for (name, meaning), found, letter, against in zip(THEOREMS.items(), answers, letters, _against(v), strict=True):
        yield f"{name} {HOLDS[found]}{_also(found, letter)}: {meaning if found is Found.YES else '; '.join(against)}"


def _also(found: Found, letter: Found | None) -> str:
    if letter is None:
        return ""
    return ", by the letter too" if letter is found else f" (by the letter: {HOLDS[letter]})"


def _against(v: Verification) -> Iterator[list[str]]:
    """For each theorem, what keeps it from holding, or leaves it open."""
    yield ALWAYS.against(v)
    first = [] if v.theorem1 is Found.YES else [f"Theorem 1 {HOLDS[v.theorem1]}"]
    yield first or ["our monitor's obligations are not proved"]
    yield IN_USER_MODE.against(v)


def _culprit(v: Verification, name: str, reason: str) -> Iterator[str]:
    yield f"  {name}: {reason}"
    shown = v.finding(name).exhibit
    if shown:
        yield f"    for example: {shown}"


def fact_lines(v: Verification) -> Iterator[str]:
    for fact in v.facts:
        letter = " (by the letter)" if fact.name in PREMISES else " (no theorem needs it)"
        needed = "" if fact.name in EXACT_PREMISES else letter
        yield f"  {fact.name} {HOLDS[fact.holds]}{needed}: {fact.statement}"
        if fact.detail:
            yield f"    {fact.detail}"


def technique_lines(v: Verification) -> Iterator[str]:
    """Whether each technique is right, and why; what it assumes of a guest below it."""
    for judgement in judged(v):
        yield f"  {judgement.technique} {_right(judgement)}: {judgement.why}"
        yield from (f"    assumed of the guest: {line}" for line in judgement.assumes)


def _right(judgement: Judgement) -> str:
    if judgement.right is Found.YES:
        return "is right, if what it assumes is so" if judgement.assumes else "is right"
    return "is WRONG" if judgement.right is Found.NO else "is open"


def partition_lines(v: Verification) -> Iterator[str]:
    for part, names in partition(v.isa).items():
        if names:
            yield f"  {part} ({PARTS[part]}): {' '.join(names)}"
