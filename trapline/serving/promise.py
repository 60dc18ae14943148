"""`trapline host promise`: what machines can be promised together, and the longest that each of them waits."""

import argparse
from typing import TYPE_CHECKING, Any

from trapline.options import count, natural
from trapline.serving.prove import NAMES

if TYPE_CHECKING:
    from monitor.service.promised import Promised
    from monitor.service.terms import Terms

POLICIES = NAMES[1:]
WORDS = ("weight", "reserve", "cap", "period", "slot", "on")


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("policy", choices=POLICIES, metavar="POLICY", help=f"one of {', '.join(POLICIES)}")
    terms = "a machine and what it is promised: NAME[:weight=N,reserve=STEPS,cap=STEPS,period=STEPS,slot=STEPS,on=N+N]"
    add("machine", nargs="+", metavar="MACHINE", help=terms)
    add("--processors", type=count, metavar="N", default=1, help="of the host (default: %(default)s)")
    add("--quantum", type=count, metavar="STEPS", default=10_000, help="a turn (default: %(default)s)")
    add("--price", type=natural, metavar="STEPS", default=20, help="what an exit costs (default: %(default)s)")
    add("--frame", type=count, metavar="STEPS", default=100_000, help="of a static partition (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from monitor.service.policies.catalogue import policy
    from monitor.service.promised import promised
    from trapline.output import emit_json, show

    chosen = policy(arguments.policy)
    names, terms = zip(*(_read(text) for text in arguments.machine), strict=True)
    host = {name: getattr(arguments, name) for name in ("processors", "quantum", "price", "frame")}
    found = promised(chosen, terms, **host)
    if arguments.json:
        emit_json(
            {"policy": chosen.name, **host, "machines": [_facts(*both) for both in zip(names, found, strict=True)]}
        )
    else:
        show(_table(names, found))
    return 0


def _read(text: str) -> "tuple[str, Terms]":
    from isa.errors import UsageError
    from monitor.service.terms import Terms

    name, _, rest = text.partition(":")
    given: dict[str, Any] = {}
    for part in rest.split(",") if rest else ():
        word, _, value = part.partition("=")
        numbers = value.split("+") if word == "on" else [value]
        if word not in WORDS or not all(
            number.isascii() and number.isdigit() and len(number) < 9 for number in numbers
        ):
            raise UsageError(f"`{part:.40}` promises nothing", f"say one of {', '.join(WORDS)}, as in `weight=3`")
        given |= {"pins": frozenset(map(int, numbers))} if word == "on" else {word: int(value)}
    return name, Terms(**given)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _facts(name: str, promised: "Promised") -> dict[str, Any]:
    terms = promised.terms
    return {
        "name": name,
        "processor": promised.processor,
        "weight": terms.weight,
        "reserve": terms.reserve,
        "cap": terms.most,
        "period": terms.period,
        "slot": terms.slot,
        "longest_wait": promised.wait,
    }


def _table(names: tuple[str, ...], found: "list[Promised]") -> Any:
    from rich.table import Table

    table = Table("machine", "processor", "weight", "reserved", "cap", "period", "slot", "longest wait", box=None)
    for name, promised in zip(names, found, strict=True):
        terms, wait = promised.terms, "no bound" if promised.wait is None else f"{promised.wait:,}"
        numbers = (terms.weight, terms.reserve, terms.most, terms.period, terms.slot)
        table.add_row(name, str(promised.processor), *(f"{number:,}" for number in numbers), wait)
    return table
