"""A machine with a screen, keyboard and pointer; and what is typed and clicked as a file, a line of JSON for each."""

import argparse
import json
from collections.abc import Iterable

from isa.devices import Script, standard
from isa.devices.arrivals import Arrivals
from isa.devices.keys import Keys
from isa.devices.screen import Screen
from isa.engines.choice import bare
from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.machine import Machine, Storage

LARGEST = 1 << 24
OCTETS = 4


def built(arguments: argparse.Namespace, arrivals: Arrivals) -> tuple[Machine, Arrivals]:
    """The guest's machine before its first step, bare or under monitors. Raises TraplineError in all its kinds."""
    from trapline.output import engine_in_use
    from trapline.running import programs
    from trapline.running.launch import Stdout
    from trapline.running.rig import plenty

    program = programs.find(arguments.guest, arguments.isa)
    isa = program.isa
    others = Screen(isa.word), Keys(arrivals)
    ports = standard(isa, input=Script(program.input), sink=Stdout(), others=others)
    words, engine = program.storage or plenty(isa), engine_in_use(arguments.engine)
    techniques = arguments.monitor.techniques
    if techniques:
        from monitor.monitor import tower
        from proofs.verdict.informing import informed

        machine: Machine = tower(isa, words, informed(isa, techniques), ports, 0, engine)
    else:
        machine = bare(isa, Storage(isa.word, words), ports, engine=engine)
    machine.load(program.image)
    return machine, arrivals


def recorded(path: str | None) -> Arrivals:
    """What a file says. Raises TraplineError."""
    if path is None:
        return Arrivals()
    try:
        lines = read_noted(path, LARGEST).decode().splitlines()
        events = [json.loads(line) for line in lines]
        known = [(int(event["step"]), int(event["event"]).to_bytes(OCTETS, "big")) for event in events]
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "it is no recording of events"
        raise TraplineError(f"cannot read {path}: {reason}", "give what `--record` has written") from None
    return Arrivals(known)


def kept(arrivals: Arrivals) -> bytes:
    """The same as text."""
    return lines(arrivals.known)


def lines(known: Iterable[tuple[int, bytes]]) -> bytes:
    """Events with their steps, as text."""
    events = ({"step": step, "event": int.from_bytes(item, "big")} for step, item in known)
    return "".join(json.dumps(event) + "\n" for event in events).encode()
