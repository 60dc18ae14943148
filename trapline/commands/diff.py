"""Verify two machines and show how the change from one to the other moves the verdict: theorems, facts about the
machine, every instruction whose class differs, and the partition of the state.

exit code: 0 Theorem 1 was decided of both, whatever the verdicts; 4 it stayed open for one of them.

examples:
  trapline diff g3 g3_sgdt
  trapline diff g3 mine.isa:variant --json
"""

import argparse
from typing import TYPE_CHECKING

from trapline.commands.verify import UNKNOWN, add_limits, with_progress

if TYPE_CHECKING:
    from proofs.verdict.movement import Move
    from proofs.verdict.theorems import Verification

SUMMARY = "show how a change of a machine moves its verdict"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="A", help="a shipped machine, or PATH[:NAME]")
    parser.add_argument("after", metavar="B", help="the machine to compare it with")
    add_limits(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.machines.catalogue import find
    from proofs.verdict.movement import moves
    from trapline.output import emit_json

    both = [find(name) for name in (arguments.before, arguments.after)]  # what is wrong with either is said at once
    a, b = (with_progress(isa, arguments) for isa in both)
    found = moves(a, b)
    if arguments.json:
        parts = [{"what": m.what, "name": m.name, "before": m.before, "after": m.after} for m in found]
        open_ = {"unknown_before": a.unknown, "unknown_after": b.unknown}
        emit_json({"before": a.isa.name, "after": b.isa.name, "moves": parts, **open_})
    else:
        _show(a, b, found)
    return UNKNOWN if "unknown" in (a.theorem1.value, b.theorem1.value) else 0


def _show(a: "Verification", b: "Verification", found: list["Move"]) -> None:
    from rich.table import Table

    from trapline.output import show

    if not found:
        print(f"{a.isa.name} and {b.isa.name}: the same verdict on every instruction and every theorem")
        return
    table = Table("", a.isa.name, b.isa.name, "Theorem 1", box=None, pad_edge=False)
    for move in found:
        table.add_row(move.name, move.before, move.after, _bearing(move))
    show(table)
    for name, unknown in ((a.isa.name, a.unknown), (b.isa.name, b.unknown)):
        for line in unknown:
            print(f"unknown in {name}: {line}")


def _bearing(move: "Move") -> str:
    """What an instruction's change means for Theorem 1."""
    from proofs.terms.solving import Found

    if move.what != "instruction":
        return ""
    before, after = (w in (None, Found.YES) for w in move.weight)
    return {(True, False): "now broken", (False, True): "now kept"}.get((before, after), "as before")
