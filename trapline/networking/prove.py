"""`trapline net prove`: what a switch promises, for all states; or mistakes in it, refuted."""

import argparse

from trapline.promises import add_options, tell_proved, tell_refuted


def configure(parser: argparse.ArgumentParser) -> None:
    add_options(parser, "mistakes in the switch")


def run(arguments: argparse.Namespace) -> int:
    from proofs.network.mutants import MUTANTS
    from proofs.network.promises import PROMISES, kept, prove

    timeout = float(arguments.timeout)
    if not arguments.mutants:
        return tell_proved(list(prove(timeout=timeout)), "states and any number of ports", arguments.json)
    of = {promise.key: promise for promise in PROMISES}
    found = [(mutant, kept(mutant.forwarding, of[mutant.promise], timeout).holds.value) for mutant in MUTANTS]
    return tell_refuted(found, arguments.json)
