"""`trapline net prove`: what a switch promises, for all states; or mistakes in it, refuted."""

import argparse

from trapline.options import count

TIMEOUT, OPEN = 60, 4


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mutants", action="store_true", help="have mistakes in the switch refuted instead")
    limit = "give up a promise after this many seconds (default: %(default)s)"
    parser.add_argument("--timeout", type=count, metavar="SECONDS", default=TIMEOUT, help=limit)


def run(arguments: argparse.Namespace) -> int:
    from textwrap import fill

    from proofs.network.mutants import MUTANTS
    from proofs.network.promises import PROMISES, kept, prove
    from trapline.output import emit_json

    timeout = float(arguments.timeout)
    if arguments.mutants:
        of = {promise.key: promise for promise in PROMISES}
        refuted = [(mutant, kept(mutant.forwarding, of[mutant.promise], timeout).holds.value) for mutant in MUTANTS]
        if arguments.json:
            emit_json({"mutants": [{"name": m.name, "promise": m.promise, "refuted": v == "no"} for m, v in refuted]})
        else:
            said = {"no": "refuted", "yes": "NOT FOUND", "unknown": "open"}
            print("\n".join(f"{said[value]:<10}{m.promise:<12}{m.name}" for m, value in refuted))
            print(f"\n{sum(v == 'no' for _, v in refuted)} of {len(refuted)} mistakes refuted.")
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
        proved = sum(k.holds.value == "yes" for k in found)
        print(f"\n{proved} of {len(found)} promises proved, for all states and any number of ports.")
    return _code([k.holds.value for k in found], "yes")


def _code(answers: list[str], wanted: str) -> int:
    return OPEN if "unknown" in answers else 0 if set(answers) <= {wanted} else 1
