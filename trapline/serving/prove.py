"""`trapline host prove`: the promises of each policy, in words, and whether they hold for all states."""

import argparse
from collections import Counter as Count
from typing import TYPE_CHECKING, Any

from trapline.promises import PROVED, REFUTED, add_options, exit_code

if TYPE_CHECKING:
    from proofs.service.mutants import Mutant
    from proofs.service.proving import Kept

NAMES = ("bill", "round-robin", "shares", "deadline", "partition")  # a test compares


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("policy", nargs="*", metavar="POLICY", help=f"{', '.join(NAMES)} (default: all)")
    add_options(parser, "mistakes in the policies")


def run(arguments: argparse.Namespace) -> int:
    from proofs.service.proving import subject
    from trapline.output import emit_json

    names = [subject(name).name for name in arguments.policy or NAMES]
    if arguments.mutants:
        return _mutants(names, arguments)
    found = _proved(names, float(arguments.timeout))
    if arguments.json:
        emit_json({"promises": [_facts(kept) for kept in found]})
    else:
        print("\n".join(_lines(names, found)))
    return exit_code([kept.holds.value for kept in found], "yes")


def _proved(names: list[str], timeout: float) -> list["Kept"]:
    from proofs.service.proving import PROMISES, prove
    from trapline.progress import Counter

    found: list[Kept] = []
    of = sum(len(PROMISES[name]) for name in names)
    with Counter("", "promises") as counter:
        for kept in prove(names, timeout):
            found.append(kept)
            counter.show(len(found), of)
    return found


def _facts(kept: "Kept") -> dict[str, Any]:
    return {
        "policy": kept.policy,
        "promise": kept.promise.key,
        "statement": kept.promise.statement,
        "holds": kept.holds.value,
        "words": kept.words,
        "seconds": round(kept.seconds, 3),
    }


def _lines(names: list[str], found: list["Kept"]) -> list[str]:
    from textwrap import fill

    from proofs.service.proving import subject

    lines = []
    for name in names:
        lines += [f"{name}: {subject(name).summary}", ""]
        for kept in (kept for kept in found if kept.policy == name):
            head = f"  {PROVED[kept.holds.value]:<9}{kept.promise.key:<11}"
            lines.append(fill(kept.promise.statement, 100, initial_indent=head, subsequent_indent=" " * 22))
            lines += [f"{'':22}{word} = {value}" for word, value in kept.words.items()]
        lines.append("")
    held = Count(kept.holds.value for kept in found)
    return [*lines, f"{held['yes']} of {len(found)} promises proved, for all states and any number of machines."]


def _mutants(names: list[str], arguments: argparse.Namespace) -> int:
    from proofs.service.mutants import MUTANTS
    from proofs.service.proving import kept
    from trapline.output import emit_json

    found = [(m, kept(m.policy, m.refuted_by, float(arguments.timeout))) for m in MUTANTS if m.policy.name in names]
    if arguments.json:
        emit_json({"mutants": [_mutant_facts(mutant, of) for mutant, of in found]})
    else:
        for mutant, of in found:
            said = REFUTED[of.holds.value]
            print(f"{said:<10}{mutant.policy.name:<12}{mutant.promise:<10}{mutant.name}: {mutant.what}")
        print(f"\n{sum(of.holds.value == 'no' for _, of in found)} of {len(found)} mistakes refuted.")
    return exit_code([of.holds.value for _, of in found], "no")


def _mutant_facts(mutant: "Mutant", kept: "Kept") -> dict[str, Any]:
    parts = {"name": mutant.name, "what": mutant.what}
    return {**parts, "policy": mutant.policy.name, "promise": mutant.promise, "refuted": kept.holds.value == "no"}
