"""Write a guest's source anew for a machine that cannot be virtualized: what a monitor cannot run directly, as `verify`
finds it, is replaced by an instruction that calls the monitor. Comments and layout are kept, and no word moves;
what the guest includes becomes part of it. docs/monitors.md explains what the monitor does then.

The source goes to stdout, or to a file; the report to stderr.

exit code: 0 the guest can run under a monitor that serves its hypercalls; 1 it cannot, since more is wrong with the
machine than instructions; 4 it is not known.

examples:
  trapline paravirt popf -o popf_pv.s
  trapline paravirt os --isa g3_popf > os_pv.s
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from trapline.commands.verify import UNKNOWN, add_limits, with_progress
from trapline.options import add_define_option, add_guest_argument, add_machine_option, written
from trapline.running.claims import claim

if TYPE_CHECKING:
    from proofs.verdict.culprits import Culprits
    from trapline.paravirt.rewriting import Change, Rewritten
    from trapline.running.programs import Program

SUMMARY = "write a guest's source anew, with calls of the monitor where a machine needs them"


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser)
    parser.add_argument("-o", "--output", type=written, metavar="FILE", help="write the new source to FILE")
    add_machine_option(parser)
    add_define_option(parser)
    add_limits(parser)


def run(arguments: argparse.Namespace) -> int:
    from guests.catalogue import LIBRARY
    from isa.assembler import Directory
    from isa.errors import UsageError
    from isa.files.writing import write_whole
    from proofs.verdict.culprits import culprits
    from proofs.verdict.techniques import PARAVIRTUAL
    from trapline.output import emit_json
    from trapline.paravirt.rewriting import rewritten
    from trapline.running.programs import find

    program = find(arguments.guest, arguments.isa, arguments.define)
    if program.guest is None:
        raise UsageError(f"{arguments.guest} is an image", "give the guest's source")
    claim(arguments)
    found = culprits(with_progress(program.isa, arguments), PARAVIRTUAL)
    directory = Directory(os.path.dirname(program.guest.file), LIBRARY)
    made = rewritten(program.isa, program.guest.file, directory, program.definitions, found.names)
    if arguments.output:
        write_whole(arguments.output, made.text.encode())
    if arguments.json:
        emit_json(paravirt_facts(program, found, made))
    else:
        if not arguments.output:
            print(made.text, end="")
            sys.stdout.flush()
        print("\n".join(_lines(program, found, made)), file=sys.stderr)
    return exit_code(found)


def exit_code(found: "Culprits") -> int:
    return UNKNOWN if found.open else 1 if found.wrong else 0


def paravirt_facts(program: "Program", found: "Culprits", made: "Rewritten") -> dict[str, Any]:
    """What was changed, and why."""
    changes = [
        {
            "file": _file(program, c),
            "line": c.span.line,
            "statement": c.text,
            "instruction": c.name,
            "addresses": list(c.addresses),
        }
        for c in made.changes
    ]
    return {
        "guest": program.name,
        "machine": program.isa.name,
        "call": made.call,
        "culprits": found.reasons,
        "wrong": found.wrong or None,
        "unknown": found.open,
        "changes": changes,
        "source": made.text,
    }


def _lines(program: "Program", found: "Culprits", made: "Rewritten") -> list[str]:
    """The report."""
    name, machine = program.name, program.isa.name
    if not made.changes:
        what = f"uses none of {', '.join(found.names)}" if found.names else f"{machine} has no culprits"
        lines = [f"{name} on {machine}: nothing is replaced: {what}"]
    else:
        words = sum(len(change.addresses) for change in made.changes)
        lines = [f"{name} on {machine}: {words} word{'s' * (words > 1)} replaced by `{made.call}`"]
    for change in made.changes:
        times = f" ({len(change.addresses)} times)" if len(change.addresses) > 1 else ""
        lines.append(f"  {_file(program, change)}:{change.span.line}: {change.text}{times}")
    used = {change.name for change in made.changes}
    lines += [f"{culprit}: {reason}" for culprit, reason in found.reasons.items() if culprit in used]
    if found.wrong:
        lines.append(f"that is {'not known to be ' if found.open else 'not '}enough: {found.wrong}")
    return lines


def _file(program: "Program", change: "Change") -> str:
    """The file of a change, seen from the folder of the guests if it is shipped."""
    from guests.catalogue import DIRECTORY

    name = change.span.source.name
    return os.path.relpath(name, DIRECTORY) if name.startswith(DIRECTORY) else name
