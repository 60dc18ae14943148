"""Find the smallest set of guards, and nothing else, that makes Theorem 1 hold: a trap in user mode in front of every
culprit. Write the machine with them as a variant, and verify it. With `--for hybrid` it is Theorem 3 that is to hold,
which takes fewer. docs/verify.md says what guards cannot mend.

The description goes to stdout, or to a file, with the machines of your own file that it needs; the report to stderr.

exit code: 0 the theorem holds, before or after; 1 guards cannot do it; 4 it stayed open.

examples:
  trapline repair g3_sgdt > mended.isa && trapline verify mended.isa
  trapline repair mine.isa -o mended.isa
  trapline repair pentium --for hybrid
  trapline verify mended.isa:mine_guarded
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from trapline.commands.verify import UNKNOWN, add_limits, with_progress
from trapline.options import written
from trapline.running.claims import claim

if TYPE_CHECKING:
    from proofs.verdict.repair import Repair

SUMMARY = "write the variant with the fewest guards that make Theorem 1 hold, or Theorem 3"
MONITORS = ("trap", "hybrid")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("machine", metavar="MACHINE", help="a shipped machine, or PATH[:NAME]")
    parser.add_argument(
        "-o", "--output", type=written, metavar="FILE", help="write the variant to FILE, its file's machines included"
    )
    help = "the monitor that is to be right: trap-and-emulate (Theorem 1) or hybrid (Theorem 3) (default: %(default)s)"
    parser.add_argument("--for", dest="monitor", choices=MONITORS, default=MONITORS[0], help=help)
    add_limits(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.files.writing import write_whole
    from isa.machines.catalogue import find
    from proofs.verdict.conditions import ALWAYS, IN_USER_MODE
    from proofs.verdict.repair import repair
    from trapline.output import emit_json
    from trapline.progress import Counter

    isa, around = find(arguments.machine), file_of(arguments.machine)
    claim(arguments)
    found = with_progress(isa, arguments)
    condition = dict(zip(MONITORS, (ALWAYS, IN_USER_MODE), strict=True))[arguments.monitor]
    with Counter(f"{isa.name}, guarded: ", "questions") as counter:
        mended = repair(found, around, float(arguments.timeout), arguments.workers, counter.show, condition)
    whole = f"{around.rstrip()}\n\n{mended.text}" if around and mended.text else mended.text
    if arguments.output and whole:
        write_whole(arguments.output, whole.encode())
    if arguments.json:
        emit_json({**repair_facts(mended), "description": whole})
    else:
        if not arguments.output:
            print(whole, end="")
            sys.stdout.flush()
        print("\n".join(_lines(mended)), file=sys.stderr)
    return exit_code(mended)


def file_of(machine: str) -> str:
    """The text of the file that a machine of the user's own stands in; empty for a shipped one."""
    from isa.language.library import read_source
    from isa.machines.catalogue import shipped

    if machine in shipped():
        return ""
    whole = os.path.exists(machine) or machine.endswith(".isa")
    return read_source(machine if whole else machine.rpartition(":")[0]).text


def exit_code(mended: "Repair") -> int:
    return {"yes": 0, "no": 1, "unknown": UNKNOWN}[mended.holds.value]


def repair_facts(mended: "Repair") -> dict[str, Any]:
    """docs/verify-json.md lists the keys."""
    before, after = mended.of, mended.verification
    return {
        "machine": before.isa.name,
        "theorem": mended.condition.theorem,
        "theorem1_before": before.theorem1.value,
        "theorem3_before": before.theorem3.value,
        "guards": list(mended.guarded),
        "variant": after.isa.name if after else None,
        "text": mended.text,
        "theorem1_after": after.theorem1.value if after else None,
        "theorem3_after": after.theorem3.value if after else None,
        "obstacles": list(mended.obstacles),
    }


def _lines(mended: "Repair") -> list[str]:
    """The report."""
    from proofs.terms.solving import Found

    name, theorem = mended.of.isa.name, mended.condition.theorem
    if mended.condition.holds(mended.of) is Found.YES:
        return [f"{name}: {theorem} holds; there is nothing to guard"]
    lines = []
    if mended.guarded:
        said = f"{name}: {len(mended.guarded)} guards, each needed: {' '.join(mended.guarded)}"
        lines.append(said.replace("1 guards, each needed", "1 guard"))
    if mended.verification and mended.holds is Found.YES:
        lines.append(f"verified: {theorem} holds for {mended.verification.isa.name}")
    else:
        lines.append(f"{name}: guards alone do not make {theorem} hold")
        lines += [f"  {obstacle}" for obstacle in mended.obstacles]
    return lines
