"""`trapline container prove`: what the kernel promises, for all words that a process may give it; or kernels in which
it is not so, refuted."""

import argparse

from trapline.promises import add_options, tell_proved, tell_refuted

SUMMARY = "prove what the kernel promises of every call, for all states"


def configure(parser: argparse.ArgumentParser) -> None:
    add_options(parser, "kernels with a mistake", "question")


def run(arguments: argparse.Namespace) -> int:
    from proofs.kernel.mutants import MUTANTS, planted
    from proofs.kernel.promises import PROMISES, kept, prove
    from proofs.kernel.reached import Kernel

    timeout = float(arguments.timeout)
    if not arguments.mutants:
        return tell_proved(list(prove(timeout=timeout)), "states", arguments.json)
    of = {promise.key: promise for promise in PROMISES}
    found = [(m, kept(Kernel(planted(m)), of[m.promise], timeout).holds.value) for m in MUTANTS]
    return tell_refuted(found, arguments.json)
