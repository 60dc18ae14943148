"""`trapline container prove`: what the kernel promises, for all words that a process may give it; or kernels in which
it is not so, refuted."""

import argparse

from trapline.options import count

TIMEOUT, OPEN = 60, 4
SUMMARY = "prove what the kernel promises of every call, for all states"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mutants", action="store_true", help="have kernels with a mistake refuted instead")
    limit = "give up a question after this many seconds (default: %(default)s)"
    parser.add_argument("--timeout", type=count, metavar="SECONDS", default=TIMEOUT, help=limit)


def run(arguments: argparse.Namespace) -> int:
    from textwrap import fill

    from proofs.kernel.mutants import MUTANTS, planted
    from proofs.kernel.promises import PROMISES, kept, prove
    from proofs.kernel.reached import Kernel
    from trapline.output import emit_json

    timeout = float(arguments.timeout)
    if arguments.mutants:
        of = {promise.key: promise for promise in PROMISES}
        refuted = [(m, kept(Kernel(planted(m)), of[m.promise], timeout).holds.value) for m in MUTANTS]
        if arguments.json:
            emit_json({"mutants": [{"name": m.name, "promise": m.promise, "refuted": v == "no"} for m, v in refuted]})
        else:
            said = {"no": "refuted", "yes": "NOT FOUND", "unknown": "open"}
            print("\n".join(f"{said[value]:<10}{m.promise:<12}{m.name}" for m, value in refuted))
            print(f"\n{sum(value == 'no' for _, value in refuted)} of {len(refuted)} mistakes refuted.")
        return _code([value for _, value in refuted], "no")
    found = list(prove(timeout=timeout))
    if arguments.json:
        listed = [
            {"promise": k.promise.key, "statement": k.promise.statement, "holds": k.holds.value, "words": k.words}
            for k in found
        ]
        emit_json({"promises": listed})
    else:
        said = {"yes": "proved", "no": "REFUTED", "unknown": "open"}
        for k in found:
            head = f"{said[k.holds.value]:<9}{k.promise.key:<13}"
            print(fill(k.promise.statement, 100, initial_indent=head, subsequent_indent=" " * 22))
        print(f"\n{sum(k.holds.value == 'yes' for k in found)} of {len(found)} promises proved, for all states.")
    return _code([k.holds.value for k in found], "yes")


def _code(answers: list[str], wanted: str) -> int:
    return OPEN if "unknown" in answers else 0 if set(answers) <= {wanted} else 1
