"""`trapline host promise`: what machines can be promised together, and the longest that each of them waits."""

import argparse
import os
from typing import TYPE_CHECKING, Any

from trapline.combinations import Usual, refuse
from trapline.options import count, natural
from trapline.serving.prove import NAMES

if TYPE_CHECKING:
    from monitor.service.promised import Promised
    from monitor.service.terms import Terms

POLICIES = NAMES[1:]
HOST = ("processors", "quantum", "price", "frame")
WORDS = ("weight", "reserve", "cap", "period", "slot", "on")


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("policy", metavar="POLICY|DIR", help=f"one of {', '.join(POLICIES)}; or a host, whose own machines are meant")
    terms = "a machine and what it is promised: NAME[:weight=N,reserve=STEPS,cap=STEPS,period=STEPS,slot=STEPS,on=N+N]"
    add("machine", nargs="*", metavar="MACHINE", help=terms)
    add("--processors", type=count, metavar="N", default=Usual(1), help="of the host (default: %(default)s)")
    add("--quantum", type=count, metavar="STEPS", default=Usual(10_000), help="a turn (default: %(default)s)")
    add("--price", type=natural, metavar="STEPS", default=Usual(20), help="what an exit costs (default: %(default)s)")
    add(
        "--frame",
        type=count,
        metavar="STEPS",
        default=Usual(100_000),
        help="of a static partition (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    if os.path.isdir(arguments.policy):
        refuse(arguments, HOST, "stands in the files of a host", "leave it away, or name a policy")
        return _of_host(arguments)
    from isa.errors import UsageError
    from monitor.service.policies.catalogue import policy
    from monitor.service.promised import promised
    from trapline.output import emit_json, show

    chosen = policy(arguments.policy)
    if not arguments.machine:
        raise UsageError("no machine is named", "name some, as in `web:weight=3`, or the folder of a host")
    names, terms = zip(*(_read(text) for text in arguments.machine), strict=True)
    host = {name: getattr(arguments, name) for name in HOST}
    found = promised(chosen, terms, **host)
    if arguments.json:
        emit_json(
            {"policy": chosen.name, **host, "machines": [_facts(*both) for both in zip(names, found, strict=True)]}
        )
    else:
        show(_table(names, found))
    return 0


def _of_host(arguments: argparse.Namespace) -> int:
    """The same of the machines of a host that are on, and what each had."""
    from contextlib import closing

    from isa.errors import TraplineError, UsageError
    from monitor.host.looking import looked_at, service_at
    from trapline.output import emit_json, show

    folder = arguments.policy
    if arguments.machine:
        raise UsageError(f"{folder} is a host, and has machines of its own", "leave the others away, or name a policy")
    with closing(looked_at(folder)) as ledger:
        service = service_at(folder, ledger)
        if service is None:
            raise TraplineError(
                f"{folder} has no policy, and promises nothing", 'write `policy = "shares"` in host.toml'
            )
        found = {record.name: service.facts(record.name) for record in ledger.machines()}
    on = {name: facts for name, facts in found.items() if facts is not None}
    if arguments.json:
        emit_json({"policy": service.capacity.policy, "machines": [{"name": name, **on[name]} for name in on]})
    else:
        show(_had(on))
    return 0


def _had(on: dict[str, dict[str, Any]]) -> Any:
    from rich.table import Table

    columns = ("processor", "shares", "reservation", "cap", "period", "slot", "longest_wait", "waited", "charged")
    table = Table("machine", *(column.replace("_", " ") for column in columns), box=None)
    for name, facts in on.items():
        numbers = (facts[column] for column in columns)
        table.add_row(name, *("-" if number is None else f"{number:,}" for number in numbers))
    return table


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
