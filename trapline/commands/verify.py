"""Decide, for all states and not for a sample, which instructions of a machine are privileged, which are sensitive and
how, and whether the theorems of Popek and Goldberg hold. docs/verify.md explains every line of the report.

exit code: 0 Theorem 1 holds, 1 it fails, 4 it stayed open; with --all that of the worst machine, and 3 if a
description was refused. It is decided by what a monitor needs; --letter takes the paper's definitions alone.

examples:
  trapline verify g3
  trapline verify mine.isa:variant --html verdict.html
  trapline verify --all machines/ --timeout 60
  trapline verify g3 --certificate g3.certificate     for `trapline recheck`
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from trapline.combinations import Usual
from trapline.options import count, read, written
from trapline.running.claims import claim
from trapline.running.places import check_own, check_place, new_folder

if TYPE_CHECKING:
    from isa.description import Isa
    from isa.errors import TraplineError
    from proofs.verdict.theorems import Verification

SUMMARY = "prove which instructions are privileged and sensitive, and whether the theorems hold"
UNKNOWN = 4
TIMEOUT = 120  # seconds; proofs.verdict.verification has the same


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("machine", metavar="MACHINE", nargs="?", help="a shipped machine, or PATH[:NAME]")
    parser.add_argument(
        "--all", type=read, metavar="DIR", help="verify every machine of every .isa file in DIR and below"
    )
    parser.add_argument("--letter", action="store_true", help="exit code and monitor by the letter of the definitions")
    parser.add_argument(
        "--html", type=written, metavar="FILE", help="write the report as a page that needs nothing else"
    )
    parser.add_argument(
        "--certificate", type=written, metavar="FILE", help="write verdict, questions' digests and answers"
    )
    parser.add_argument(
        "--export", type=written, metavar="DIR", help="write every question as SMT-LIB 2 into a new or empty folder"
    )
    add_limits(parser)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What bounds the work of every command that verifies."""
    limit = "stop after this many seconds for each machine; what is open then is unknown (default: %(default)s)"
    parser.add_argument("--timeout", type=count, metavar="SECONDS", default=Usual(TIMEOUT), help=limit)
    parser.add_argument("--workers", type=count, metavar="N", default=Usual(2), help="processes (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from isa.machines.catalogue import find
    from trapline.output import emit_json
    from trapline.reports.verification import show_report
    from trapline.reports.verification_facts import verification_facts

    if (arguments.machine is None) == (arguments.all is None):
        raise UsageError("verify what?", "name a machine, or give `--all DIR`")
    check_place(arguments.html)
    if arguments.all is not None:
        if arguments.certificate or arguments.export:
            raise UsageError("--certificate and --export are about one machine", "name it in place of `--all`")
        return _all(arguments)
    isa = find(arguments.machine)
    claim(arguments)
    documented = arguments.certificate or arguments.export
    found = _documented(isa, arguments) if documented else with_progress(isa, arguments)
    _write_page(arguments.html, [found])
    if arguments.json:
        emit_json(verification_facts(found, arguments.letter))
    else:
        show_report(found)
        print(f"\n{found.seconds:.1f} s")
    return exit_code(found, arguments.letter)


def _documented(isa: "Isa", arguments: argparse.Namespace) -> "Verification":
    """Verify a machine, with every question kept and written where the user wants it."""
    from proofs.certificates.certificate import BEGINS, certificate, certified, questions, written
    from proofs.certificates.questions import exported
    from trapline.progress import Counter

    if arguments.certificate:
        check_own(arguments.certificate, BEGINS)
    folder = new_folder(arguments.export) if arguments.export else None
    with Counter(f"{isa.name}: ", "questions") as counter:
        found, parts = certified(isa, float(arguments.timeout), min(arguments.workers, 64), counter.show)
    if arguments.certificate:
        with open(arguments.certificate, "w", encoding="utf-8") as file:
            file.write(written(certificate(found, parts)))
    if folder:
        for name, text in exported(isa.name, questions(parts)):
            (folder / name).write_text(text, encoding="utf-8")
    return found


def with_progress(isa: "Isa", arguments: argparse.Namespace, before: str = "") -> "Verification":
    from proofs.verdict.verification import verify
    from trapline.progress import Counter

    with Counter(f"{before}{isa.name}: ", "questions") as counter:
        return verify(isa, float(arguments.timeout), min(arguments.workers, 64), counter.show)


def exit_code(found: "Verification", letter: bool = False) -> int:
    """What stayed unknown counts only if it leaves Theorem 1 open."""
    theorem1 = found.letter.theorem1 if letter else found.theorem1
    return {"yes": 0, "no": 1, "unknown": UNKNOWN}[theorem1.value]


def _write_page(path: str | None, found: list["Verification"]) -> None:
    from trapline.reports.verification_page import page

    if path is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(page(found))


# ---- many machines


def _all(arguments: argparse.Namespace) -> int:
    from trapline.output import emit_json, error_parts
    from trapline.reports.verification_facts import verification_facts

    machines = _machines(arguments.all)
    claim(arguments)
    found: list[Verification] = []
    refused: list[tuple[str, TraplineError]] = []
    for number, machine in enumerate(machines, 1):
        _one(machine, f"{number} of {len(machines)}, ", arguments, found, refused)
    _write_page(arguments.html, found)
    if arguments.json:
        errors = [{"machine": machine, **error_parts(error)} for machine, error in refused]
        emit_json({"machines": [verification_facts(v, arguments.letter) for v in found], "refused": errors})
    else:
        _show_all(found, refused)
    codes = [exit_code(v, arguments.letter) for v in found]
    return max([*codes, *(error.exit_code for _, error in refused)], default=0)


def _one(
    machine: str, before: str, arguments: argparse.Namespace, found: list[Any], refused: list[tuple[str, Any]]
) -> None:
    from isa.errors import TraplineError
    from isa.machines.catalogue import find

    try:
        isa = find(machine)
    except TraplineError as error:
        refused.append((machine, error))
    else:
        found.append(with_progress(isa, arguments, before))


def _machines(folder: str) -> list[str]:
    """`PATH:NAME` of every machine in every description of a folder and below, in order."""
    from isa.errors import UsageError
    from isa.language.library import read_source
    from isa.language.shipped import names_in

    paths = sorted(os.path.join(at, n) for at, _, names in os.walk(folder) for n in names if n.endswith(".isa"))
    if not paths:
        raise UsageError(f"there is no description in `{folder}`", "give a folder with .isa files")
    found = []
    for path in paths:
        names = [name for name, _, _ in names_in(read_source(path).text)]
        found += [f"{path}:{name}" for name in names] or [path]
    return found


def _show_all(found: list["Verification"], refused: list[tuple[str, "TraplineError"]]) -> None:
    from rich.table import Table

    from trapline.output import show

    headings = ("machine", "Theorem 1", "2", "3", "letter: 1", "3", "monitor", "culprits", "seconds")
    table = Table(*headings, box=None, pad_edge=False)
    for v in found:
        names = " ".join(c.name for c in v.culprits) or ("a premise" if v.premises.value == "no" else "")
        theorems = (t.value for t in (v.theorem1, v.theorem2, v.theorem3, v.letter.theorem1, v.letter.theorem3))
        table.add_row(v.isa.name, *theorems, v.monitor.value, names, f"{v.seconds:.1f}")
    show(table)
    for machine, error in refused:
        print(f"{machine}: refused\n{error.render()}", file=sys.stderr)
