"""Check a certificate of `trapline verify --certificate` again: its questions against the description, its verdict
against its answers, and every answer with a solver of your choice. docs/certificate-format.md describes the file.

exit code: 0 confirmed, 1 contradicted, 3 not a certificate, or not of this description, 4 the solver left something
open.

examples:
  trapline recheck g3.certificate
  trapline recheck g3.certificate --solver cvc5     by another solver than ours
  trapline recheck mine.certificate --isa mine.isa:variant
"""

import argparse
import re
import time
from typing import TYPE_CHECKING, Any

from trapline.options import count, read

if TYPE_CHECKING:
    from isa.description import Isa
    from proofs.certificates.certificate import Certificate
    from proofs.certificates.recheck import Recheck

SUMMARY = "check a certificate of a verdict again, with either solver"
UNKNOWN = 4
TIMEOUT = 900  # seconds
SHOWN = 20  # questions of each kind


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "certificate", type=read, metavar="FILE", help="what `trapline verify --certificate FILE` has written"
    )
    machine = "the machine, if it is not a shipped one: PATH[:NAME] of its description"
    parser.add_argument("--isa", metavar="MACHINE", help=machine)
    solver = "which one decides every question again (default: %(default)s)"
    parser.add_argument("--solver", choices=("z3", "cvc5"), default="z3", help=solver)
    limit = "stop after this many seconds; what is open then is unknown (default: %(default)s)"
    parser.add_argument("--timeout", type=count, metavar="SECONDS", default=TIMEOUT, help=limit)
    parser.add_argument("--workers", type=count, metavar="N", default=2, help="processes (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from proofs.certificates.certificate import read
    from proofs.certificates.recheck import recheck
    from proofs.certificates.second_solver import solver
    from trapline.output import emit_json
    from trapline.progress import Counter

    judge = solver(arguments.solver)
    began = time.monotonic()
    claimed = read(arguments.certificate)
    isa = _machine(claimed, arguments.isa)
    with Counter(f"{isa.name}, {arguments.solver}: ", "questions") as counter:
        found = recheck(claimed, isa, judge, float(arguments.timeout), min(arguments.workers, 64), counter.show)
    seconds = time.monotonic() - began
    if arguments.json:
        emit_json({**_facts(found, claimed, arguments.solver), "seconds": round(seconds, 3)})
    else:
        print("\n".join([*_lines(found, claimed, arguments.solver), f"\n{seconds:.1f} s"]))
    return {"yes": 0, "no": 1, "unknown": UNKNOWN}[found.holds.value]


def _machine(claimed: "Certificate", isa: str | None) -> "Isa":
    """A certificate may name a shipped machine; no file is opened because of what it says."""
    from isa.errors import TraplineError
    from isa.machines.catalogue import find, shipped

    if isa is None and claimed.machine not in shipped():
        name = claimed.machine if re.fullmatch(r"\w{1,60}", claimed.machine) else "what it names"
        raise TraplineError(f"`{name}` is no shipped machine", "give its description: `--isa PATH[:NAME]`")
    return find(isa or claimed.machine)


def _facts(found: "Recheck", claimed: "Certificate", solver: str) -> dict[str, Any]:
    return {
        "machine": found.found.isa.name,
        "made_by": {"trapline": claimed.trapline, "solver": claimed.solver},
        "solver": solver,
        "confirmed": found.holds.value,
        "theorem1": found.found.theorem1.value,
        "theorem2": found.found.theorem2.value,
        "theorem3": found.found.theorem3.value,
        "monitor": found.found.monitor.value,
        "questions_confirmed": found.confirmed,
        "forged": found.forged,
        "contradicted": list(found.contradicted),
        "open": list(found.open),
        "unclaimed": list(found.unclaimed),
    }


def _lines(found: "Recheck", claimed: "Certificate", solver: str) -> list[str]:
    v = found.found
    head = {"yes": "is confirmed", "no": "is contradicted", "unknown": "stayed open"}[found.holds.value]
    lines = [
        f"The certificate of {v.isa.name} {head} by {solver}.",
        "",
        "questions   those of the description, in number and text",
        f"answers     {found.confirmed} confirmed, {len(found.contradicted)} contradicted, {len(found.open)} open",
        f"verdict     {found.forged or 'follows from the answers'}",
        f"            Theorem 1 {v.theorem1.value}, Theorem 2 {v.theorem2.value}, Theorem 3 {v.theorem3.value}; "
        f"monitor: {v.monitor.value}",
    ]
    kinds = (("contradicted", found.contradicted), ("open", found.open), ("not claimed", found.unclaimed))
    for kind, listed in kinds:
        lines += [f"{kind}: {line}" for line in listed[:SHOWN]]
        lines += [f"{kind}: and {len(listed) - SHOWN} more"] if len(listed) > SHOWN else []
    return lines
