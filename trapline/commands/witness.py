"""Write a guest that shows why an instruction keeps a machine from being virtualized: under the monitor it ends
otherwise than on the bare machine, or the audit stops it. It was run before it is shown, and its comments tell its
story. INSTR may be `(unassigned)` for the words that are no instruction, `(prologue)` or `(fetch)` for what is part of
every step.

exit codes: 0 a witness was written, 1 there is none (the instruction may run directly, or always traps), 4 none was
found though the instruction is a culprit, the monitor does not take the machine, or time ran out.

examples:
  trapline witness g3_jrst jrst
  trapline witness g3_popf setie -o popf.s && trapline compare popf.s
  trapline witness g3_sgdt rrel --monitor hybrid
"""

import argparse
import os
from typing import TYPE_CHECKING, Any

from isa.errors import TraplineError
from trapline.options import (
    TECHNIQUE,
    add_difference_option,
    check_any_guest,
    count,
    monitor_choice,
    one_technique,
    written,
)
from trapline.running.claims import claim

if TYPE_CHECKING:
    from isa.description import Isa
    from proofs.terms.workers import Lost
    from proofs.witness.finding import Finding, Witness, Witnesses

SUMMARY = "write a guest that shows why an instruction cannot run directly"
WRITTEN, NONE, OPEN = 0, 1, 4


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("machine", metavar="MACHINE", help="a shipped machine, or PATH[:NAME] of a description")
    parser.add_argument("instruction", metavar="INSTR", help="the instruction")
    parser.add_argument(
        "-o", "--output", type=written, metavar="FILE", help="write the program to FILE (default: to stdout)"
    )
    what = "the technique of the monitor under which it is to end otherwise (default: trap)"
    parser.add_argument("--monitor", type=monitor_choice, metavar=TECHNIQUE, help=what)
    add_difference_option(parser)
    help = "give up after so many seconds (default: %(default)s)"
    parser.add_argument("--timeout", type=count, metavar="SECONDS", default=60, help=help)


def run(arguments: argparse.Namespace) -> int:
    from isa.machines.catalogue import find
    from proofs.witness.finding import Witness, Witnesses

    technique = one_technique(arguments.monitor)
    check_any_guest([technique])
    witnesses = Witnesses(find(arguments.machine), arguments.machine, arguments.timeout, technique)
    witnesses.check(arguments.instruction)
    claim(arguments)
    _check_place(arguments.output)
    _check_place(arguments.difference)
    found = _found(witnesses, arguments.instruction, arguments.timeout)
    if isinstance(found, Witness) and arguments.output:
        _write(arguments.output, found.text)
    if isinstance(found, Witness) and arguments.difference:
        _keep(arguments.difference, found, witnesses.isa)
    _show(found, arguments)
    return _code(found)


def _check_place(path: str | None) -> None:
    """Complain before the search, not after it, about a place that cannot be written."""
    if path is not None and not os.access(os.path.dirname(path) or ".", os.W_OK):
        raise TraplineError(f"cannot write {path}", "give a file in a folder that can be written")


def _write(path: str, text: str) -> None:
    from isa.files.writing import write_whole

    try:
        write_whole(path, text.encode())
    except (OSError, ValueError) as error:
        raise TraplineError(f"cannot write {path}: {error}") from None


def _keep(path: str, found: "Witness", isa: "Isa") -> None:
    from trapline.debugging.difference import keep

    keep(path, found.setup(isa), found.image(isa), f"a witness of {found.name}", found.divergence)


def _found(witnesses: "Witnesses", name: str, timeout: int) -> "Finding | Lost":
    """The finding, from a process that can be ended."""
    from proofs.terms.workers import Limits, answers

    limit = 2.0 * timeout + 10
    answer: Finding | Lost = answers([lambda: witnesses.against(name)], Limits(limit, limit, workers=1))[0]
    return answer


def _code(found: "Finding | Lost") -> int:
    from proofs.witness.finding import Sound, Witness

    return WRITTEN if isinstance(found, Witness) else NONE if isinstance(found, Sound) else OPEN


def _show(found: "Finding | Lost", arguments: argparse.Namespace) -> None:
    from proofs.witness.finding import Witness
    from trapline.output import emit_json

    if arguments.json:
        emit_json({"machine": arguments.machine, "instruction": arguments.instruction, **_facts(found)})
    elif not isinstance(found, Witness):
        print(f"{arguments.instruction} on {arguments.machine}: {_KINDS[type(found).__name__]}: {_why(found)}")
    elif arguments.output:
        print(f"{arguments.output}: {_confirmed(found)}")
    else:
        print(found.text, end="")


_KINDS = {
    "Sound": "no witness",
    "Unreached": "no witness found",
    "Turned": "no guest can be run",
    "Undecided": "undecided",
    "Lost": "undecided",
}


def _confirmed(found: "Witness") -> str:
    """What was seen when it ran."""
    seen = found.divergence
    where = f"bare and monitored part at step {seen.step}, pc {seen.pc:#x}"
    return f"breaks {' and '.join(found.breaks)}: {where}" + (f"; {seen.breach}" if seen.breach else "")


def _why(found: "Finding | Lost") -> str:
    from proofs.terms.workers import Lost
    from proofs.witness.finding import Witness

    if isinstance(found, Lost):
        return found.reason
    return _confirmed(found) if isinstance(found, Witness) else found.why


def _facts(found: "Finding | Lost") -> dict[str, Any]:
    """The finding for programs; docs/command-line.md lists the keys."""
    from proofs.witness.finding import Unreached, Witness

    facts: dict[str, Any] = {"finding": type(found).__name__.lower(), "why": _why(found)}
    if isinstance(found, Unreached):
        facts["needs"] = [{"what": n.what, "reset": n.reset, "value": n.value} for n in found.needs]
    if isinstance(found, Witness):
        seen = found.divergence
        facts |= {
            "monitor": found.monitor,
            "breaks": found.breaks,
            "before": list(found.before),
            "program": found.text,
            "storage": found.words,
        }
        facts |= {"step": seen.step, "pc": seen.pc, "place": seen.place, "breach": seen.breach}
        facts["differences"] = [{"name": d.name, "bare": d.bare, "monitored": d.monitored} for d in seen.differences]
    return facts
