"""Prove that our own monitor is right for a machine: the code that ships, for every state of a virtual machine with any
legal allocation. A machine on which the monitor is not right is refused with the reason.
docs/theory.md explains each theorem.

exit code: 0 all proved, 1 refuted or refused, 4 something stayed unknown.

examples:
  trapline prove g3
  trapline prove g3_popf --monitor hybrid
  trapline prove g3 --export folder/   each obligation as SMT-LIB 2 too
  trapline prove g3 --sample 1000      the same on random states
  trapline prove g3 --properties       run guests, watch the properties
  trapline prove g3_popf --properties --monitor hybrid
  trapline prove --mutants             plant mistakes; which check refutes each
  trapline prove --vmm                 the monitor in assembly, every exit of it
  trapline prove --vmm my.s --exits stim,lpsw    some exits of another one
"""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from trapline.combinations import Usual, given, refuse
from trapline.options import (
    add_difference_option,
    add_monitor_option,
    check_any_guest,
    count,
    monitor_choice,
    natural,
    one_technique,
    written,
)
from trapline.running.claims import claim
from trapline.running.places import check_place, new_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isa.description import Isa
    from monitor.techniques import Technique
    from proofs.runs.properties import Tally

SUMMARY = "prove the monitor for a machine, or test the same theorems on random states"
UNKNOWN = 4
GUESTS = 960
TIMEOUT = 300  # seconds; for everything that is asked of one machine


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("machine", metavar="MACHINE", nargs="?", help="a shipped machine, or PATH[:NAME]")
    add = parser.add_argument
    add("--mutants", action="store_true", help="plant mistakes that the checks must refute; needs no machine")
    vmm = "prove a monitor in assembly instead: a shipped guest, an assembly file or an image (default: vmm)"
    add("--vmm", metavar="MONITOR", nargs="?", const="vmm", help=vmm)
    some = "of --vmm, only the exits of these instructions, with commas; `any instruction` has those of every step"
    add("--exits", metavar="NAMES", help=some)
    add("--export", type=written, metavar="DIR", help="write every obligation as SMT-LIB 2 into a new or empty folder")
    add("--sample", type=count, metavar="N", help="try every theorem on N random states instead of proving it")
    add("--properties", action="store_true", help="watch the paper's three properties on runs of generated guests")
    add(
        "--guests",
        type=count,
        metavar="N",
        default=Usual(GUESTS),
        help="how many guests those are (default: %(default)s)",
    )
    add_difference_option(parser)
    add_monitor_option(parser, default="trap")
    parser.set_defaults(monitor=None)  # so that it is seen whether it was given
    seeds = "seed of --sample, number of the first guest of --properties (default: %(default)s)"
    add("--seed", type=natural, metavar="N", default=Usual(0), help=seeds)
    limit = "stop after this many seconds; what is open then is unknown (default: %(default)s)"
    add("--timeout", type=count, metavar="SECONDS", default=TIMEOUT, help=limit)
    add("--workers", type=count, metavar="N", default=2, help="processes (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from isa.machines.catalogue import find

    arguments.workers = min(arguments.workers, 64)
    _check(arguments)
    if arguments.mutants:
        return _mutants(arguments)
    if arguments.vmm:
        return _monitor(arguments)
    isa = find(arguments.machine)
    claim(arguments)
    if arguments.properties:
        return _properties(arguments, isa)
    return _sample(arguments, isa) if arguments.sample else _prove(arguments, isa)


def _check(arguments: argparse.Namespace) -> None:
    """What cannot be meant together. Raises UsageError."""
    from isa.errors import UsageError

    if arguments.export and arguments.sample:
        raise UsageError("--export writes what is proved, and --sample proves nothing", "give one of them")
    if arguments.properties and (arguments.export or arguments.sample or arguments.mutants):
        raise UsageError("--properties runs guests, and nothing else", "give it alone")
    if arguments.vmm:
        help = "`--vmm` proves a monitor in assembly, and nothing else: leave the other away"
        refuse(arguments, ["export", "sample", "mutants", "properties"], "is about the derived monitor", help)
    else:
        refuse(arguments, ["exits"], "is of a monitor in assembly", "add `--vmm`")
    if ((arguments.machine or arguments.vmm) is None) != arguments.mutants:
        raise UsageError("prove what?", "name a machine, or give `--mutants`, which brings its own")
    if arguments.mutants:
        help = "`--mutants` plants mistakes, and nothing else: give it alone"
        refuse(arguments, ["export", "sample", "monitor"], "is about one machine", help)
    arguments.monitor = arguments.monitor or monitor_choice("trap")
    if not arguments.monitor.techniques:
        raise UsageError("`--monitor none` leaves nothing to prove", "name one technique, or leave it away")
    if arguments.properties or arguments.sample:
        check_any_guest(arguments.monitor.techniques)
    if not arguments.properties:
        one_technique(arguments.monitor)
        refuse(arguments, ["guests"], "says how many guests run", "add `--properties`")
        refuse(arguments, ["difference"], "is of a guest that has been run", "add `--properties`")
        if not given(arguments, "sample"):
            refuse(arguments, ["seed"], "draws states or guests, and a proof draws nothing", "add `--sample N`")


def _prove(arguments: argparse.Namespace, isa: "Isa") -> int:
    from proofs.verdict.proving import export, prove, required
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.reports.proof import proof_facts, show_proof

    began = time.monotonic()
    folder = new_folder(arguments.export) if arguments.export else None
    technique = one_technique(arguments.monitor)
    with Counter(f"{isa.name}: ", "questions") as counter:
        scope = required(isa, float(arguments.timeout), arguments.workers, counter.show, technique)
    left = max(1.0, arguments.timeout - (time.monotonic() - began))
    with Counter(f"{isa.name}: ", "topics") as counter:
        proof = prove(isa, left, arguments.workers, counter.show, scope=scope, technique=technique)
    written = export(isa, folder, scope, technique) if folder else 0
    seconds = time.monotonic() - began
    if arguments.json:
        emit_json({**proof_facts(proof), "certificates": written, "seconds": round(seconds, 3)})
    else:
        show_proof(proof, seconds)
        if folder:
            print(f"{written} certificates are in {folder}: of each, `unsat` is the proof")
    return UNKNOWN if proof.unknown else 0 if proof.holds else 1


def _sample(arguments: argparse.Namespace, isa: "Isa") -> int:
    from monitor.core import Core
    from proofs.obligations.sampling import sample
    from proofs.verdict.proving import require_admitted
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.reports.proof import show_trials, trial_facts

    began = time.monotonic()
    technique = one_technique(arguments.monitor)
    require_admitted(isa, float(arguments.timeout), technique)
    core = Core(isa, technique)
    with Counter(f"{isa.name}: ", "topics") as counter:
        trials = sample(isa, arguments.sample, arguments.seed, arguments.workers, counter.show, arguments.timeout, core)
    seconds = time.monotonic() - began
    if arguments.json:
        emit_json({**trial_facts(core, trials, arguments.seed), "seconds": round(seconds, 3)})
    else:
        show_trials(core, trials, arguments.seed, seconds)
    if any(trial.refuted for trial in trials):
        return 1
    return 0 if all(trial.exercised for trial in trials) else UNKNOWN


def _properties(arguments: argparse.Namespace, isa: "Isa") -> int:
    from proofs.runs.coverage import Status, covered
    from proofs.runs.properties import check
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.reports.properties import property_facts, show_properties

    began = time.monotonic()
    check_place(arguments.difference)
    with Counter(f"{isa.name}: ", "shards") as counter:
        limit = float(arguments.timeout)
        techniques = arguments.monitor.techniques
        tally = check(isa, arguments.guests, arguments.seed, arguments.workers, counter.show, limit, techniques)
    coverage = covered(isa, tally.seen)
    seconds = time.monotonic() - began
    if arguments.json:
        facts = property_facts(isa, tally, coverage, arguments.seed)
        emit_json({**facts, "seconds": round(seconds, 3)})
    else:
        show_properties(isa, tally, coverage, seconds)
    if arguments.difference:
        _keep(arguments.difference, isa, tally, techniques)
    if tally.failures or coverage.of(Status.MISSED):
        return 1
    return UNKNOWN if tally.lost or not coverage.complete else 0


def _keep(path: str, isa: "Isa", tally: "Tally", techniques: "Sequence[Technique]") -> None:
    """The first guest that was not the same on both sides, if there is one."""
    from proofs.runs.broken import Property
    from proofs.runs.properties import tall
    from trapline.debugging.difference import keep_guest

    for failure in tally.broken(Property.EQUIVALENCE):
        if failure.guest is not None:
            keep_guest(path, isa, failure.guest, tall(techniques, failure.depth))
            return
    print(f"no difference was found: {path} is not written", file=sys.stderr)


def _monitor(arguments: argparse.Namespace) -> int:
    from proofs.programs.convention import provable
    from proofs.programs.proving import prove
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.reports.program import monitor_proof_facts, show_monitor_proof
    from trapline.running.programs import find

    began = time.monotonic()
    program = find(arguments.vmm, arguments.machine)
    monitor = provable(program.isa, program.image)
    only = _exits(arguments.exits, program.isa)
    with Counter(f"{program.name}: ", "exits") as counter:
        proof = prove(monitor, only, float(arguments.timeout), arguments.workers, counter.show)
    seconds = time.monotonic() - began
    if arguments.json:
        emit_json({**monitor_proof_facts(proof, program.name), "seconds": round(seconds, 3)})
    else:
        show_monitor_proof(proof, program.name, seconds)
    return UNKNOWN if proof.unknown else 0 if proof.holds else 1


def _exits(text: str | None, isa: "Isa") -> frozenset[str]:
    """The names that `--exits` lists; none for all. Raises UsageError for one by which no guest can leave."""
    from difflib import get_close_matches

    from isa.errors import UsageError
    from proofs.programs.exits import leaving

    only = frozenset((text or "").split(",")) - {""}
    ways = leaving(isa)
    for name in sorted(only - set(ways)):
        near = get_close_matches(name, ways, 1)
        help = f"did you mean `{near[0]}`?" if near else f"they are {', '.join(ways)}"
        raise UsageError(f"no guest leaves by `{name:.40}`", help)
    return only


def _mutants(arguments: argparse.Namespace) -> int:
    from proofs.mutants import mutants, refuted, run
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.reports.mutants import mutant_facts, show_mutants

    began = time.monotonic()
    with Counter("", "mutants") as counter:
        results = run(mutants(), float(arguments.timeout), arguments.workers, counter.show)
    seconds = time.monotonic() - began
    if arguments.json:
        emit_json({**mutant_facts(results), "seconds": round(seconds, 3)})
    else:
        show_mutants(results, seconds)
    if refuted(results):
        return 0
    return UNKNOWN if all(result.shown or result.why for result in results) else 1
