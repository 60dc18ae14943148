"""Published verdicts beside ours: what `trapline machines --published` shows, as a table or as JSON.

`proofs.verdict.published` compares; docs/verify-json.md has the schema.
"""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofs.verdict.published import Agreement

DIFFERS, UNKNOWN = 1, 4


def show_published(arguments: argparse.Namespace) -> int:
    """Verify every published machine and show how the verdicts agree.

    The exit code is 0 if all do, 4 if something stayed unknown, else 1.
    """
    from trapline.output import emit_json

    rows = _rows(float(arguments.timeout), min(arguments.workers, 64))
    if arguments.json:
        emit_json({"machines": [agreement_facts(row) for row in rows]})
    else:
        _show(rows)
    return exit_code(rows)


def exit_code(rows: list["Agreement"]) -> int:
    from proofs.terms.solving import Found

    if any(Found.UNKNOWN in (t.theorem1, t.theorem3) for row in rows for t in (row.letter, row.exact)):
        return UNKNOWN
    return 0 if all(row.agrees for row in rows) else DIFFERS


def agreement_facts(row: "Agreement") -> dict[str, Any]:
    expected = row.published
    return {
        "machine": row.machine,
        "source": expected.source,
        "note": expected.note,
        "published": {"theorem1": expected.theorem1, "theorem3": expected.theorem3},
        "found": {"theorem1": row.letter.theorem1.value, "theorem3": row.letter.theorem3.value},
        "exact": {"theorem1": row.exact.theorem1.value, "theorem3": row.exact.theorem3.value, "why": expected.why},
        "responsible": sorted(expected.responsible),
        "silent": sorted(expected.silent),
        "agrees": row.agrees,
        "differences": list(row.differences),
    }


def _rows(timeout: float, workers: int) -> list["Agreement"]:
    from isa.machines.catalogue import find
    from proofs.verdict.published import agreed, published
    from proofs.verdict.verification import verify
    from trapline.progress import Counter

    rows = []
    for number, (name, expected) in enumerate(published().items(), 1):
        with Counter(f"{number} of {len(published())}, {name}: ", "questions") as counter:
            rows.append(agreed(expected, verify(find(name), timeout, workers, counter.show)))
    return rows


def _show(rows: list["Agreement"]) -> None:
    from rich.table import Table

    from trapline.output import console, show

    headings = ("machine", "published: 1", "3", "letter: 1", "3", "exact: 1", "3", "agrees", "responsible")
    table = Table(*headings, box=None, pad_edge=False)
    for row in rows:
        said = ("holds" if holds else "fails" for holds in (row.published.theorem1, row.published.theorem3))
        found = (_word(a.value) for t in (row.letter, row.exact) for a in (t.theorem1, t.theorem3))
        table.add_row(row.machine, *said, *found, "yes" if row.agrees else "NO", _responsible(row))
    show(table)
    out = console()
    told = (
        "\n1 and 3 are Theorems 1 and 3: as published, as found by the letter of the definitions, and as found exactly."
    )
    out.print(f"{told} Agreement takes in the class of every instruction.")
    for row in rows:
        out.print(f"\n{row.machine}: {row.published.source}. {row.published.note}".rstrip(), highlight=False)
        if row.published.why:
            out.print(f"  the exact answer is another: {row.published.why}", highlight=False)
        for difference in row.differences:
            out.print(f"  differs: {difference}", highlight=False)


def _word(answer: str) -> str:
    return {"yes": "holds", "no": "fails"}.get(answer, answer)


def _responsible(row: "Agreement") -> str:
    """The published names of those that break Theorem 1; a long list is told by its first and its length."""
    names = list(row.published.responsible)
    if len(names) > 4:
        return f"{', '.join(names[:3])} ... ({len(names)})"
    return ", ".join(names) or "nobody"
