"""Promises that are proved for all states, and mistakes that are refuted: the options of the commands that do so, and
what is said of it."""

import argparse
from collections.abc import Sequence
from textwrap import fill
from typing import Any, Protocol

from trapline.options import count

TIMEOUT, OPEN = 60, 4  # seconds, and an exit code
PROVED = {"yes": "proved", "no": "REFUTED", "unknown": "open"}
REFUTED = {"no": "refuted", "yes": "NOT FOUND", "unknown": "open"}


class Mistake(Protocol):
    """`promise` is the key of what it breaks."""

    @property
    def name(self) -> str: ...

    @property
    def promise(self) -> str: ...


def add_options(parser: argparse.ArgumentParser, mistakes: str, question: str = "promise") -> None:
    parser.add_argument("--mutants", action="store_true", help=f"have {mistakes} refuted instead")
    limit = f"give up a {question} after this many seconds (default: %(default)s)"
    parser.add_argument("--timeout", type=count, metavar="SECONDS", default=TIMEOUT, help=limit)


def exit_code(answers: Sequence[str], wanted: str) -> int:
    return OPEN if "unknown" in answers else 0 if set(answers) <= {wanted} else 1


def tell_proved(found: Sequence[Any], states: str, json: bool) -> int:
    """Say which promises were kept, each with `promise`, `holds` and the `words` of what breaks it; the exit code."""
    from trapline.output import emit_json

    if json:
        facts = [(kept.promise.key, kept.promise.statement, kept.holds.value, kept.words) for kept in found]
        emit_json({"promises": [dict(zip(("promise", "statement", "holds", "words"), f, strict=True)) for f in facts]})
    else:
        for kept in found:
            head = f"{PROVED[kept.holds.value]:<9}{kept.promise.key:<13}"
            print(fill(kept.promise.statement, 100, initial_indent=head, subsequent_indent=" " * 22))
        held = sum(kept.holds.value == "yes" for kept in found)
        print(f"\n{held} of {len(found)} promises proved, for all {states}.")
    return exit_code([kept.holds.value for kept in found], "yes")


def tell_refuted(found: Sequence[tuple[Mistake, str]], json: bool) -> int:
    """Say which mistakes were refuted, each with whether its promise holds all the same; the exit code."""
    from trapline.output import emit_json

    if json:
        emit_json({"mutants": [{"name": m.name, "promise": m.promise, "refuted": v == "no"} for m, v in found]})
    else:
        print("\n".join(f"{REFUTED[value]:<10}{m.promise:<12}{m.name}" for m, value in found))
        print(f"\n{sum(value == 'no' for _, value in found)} of {len(found)} mistakes refuted.")
    return exit_code([value for _, value in found], "no")
