"""A profile as text and as data."""

from collections.abc import Sequence
from typing import Any, TextIO

from trapline.output import show
from trapline.profiling.profile import Profile, Share, Where

ROWS = 20  # of a table; the rest is summed
HEADS = ("direct", "emulated", "trapped")


def profile_tables(profile: Profile, file: TextIO) -> None:
    """The lines and the routines that took most steps."""
    whole = profile.whole
    idle = f", and {profile.idle:,} in which it waited" if profile.idle else ""
    taken = f"{whole.direct:,} steps ran directly, {whole.emulated:,} were emulated, {whole.trapped:,} trapped"
    print(f"profile: {taken}{idle}", file=file)
    _table(file, whole, [(line_text(where), share) for where, share in profile.lines], "source line")
    _table(file, whole, [(name or "(no routine)", share) for name, share in profile.routines], "routine")


def _table(file: TextIO, whole: Share, rows: Sequence[tuple[str, Share]], head: str) -> None:
    from rich.table import Table

    table = Table("share", *HEADS, head, box=None, pad_edge=False)
    rest = sum((share for _, share in rows[ROWS:]), start=Share())
    shown = [*rows[:ROWS], *([(f"{len(rows) - ROWS} more", rest)] if rows[ROWS:] else [])]
    for text, share in shown:
        table.add_row(f"{share.steps / (whole.steps or 1):.1%}", *(f"{n:,}" for n in share), text)
    show(table, file)


def line_text(where: Where) -> str:
    """`os.s:12: lw r3, 0(r4)`, or where in storage."""
    if where.file:
        return f"{where.file}:{where.line}: {where.text.split('#')[0].strip()}"
    return "(not to be fetched, or not known)" if where.place is None else f"{where.place:#x}"


def profile_facts(profile: Profile) -> dict[str, Any]:
    """For JSON: docs/report.md lists the keys."""
    return {
        **_facts(profile.whole),
        "idle": profile.idle,
        "lines": [
            {
                "file": where.file,
                "line": where.line,
                "text": where.text,
                "place": where.place,
                "routine": where.routine,
                **_facts(share),
            }
            for where, share in profile.lines
        ],
        "routines": [{"routine": name, **_facts(share)} for name, share in profile.routines],
    }


def _facts(share: Share) -> dict[str, int]:
    return dict(zip(HEADS, share, strict=True))
