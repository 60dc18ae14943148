"""`trapline net run`: a network, until nothing happens any more; or, if it is joined to the host, until it is ended."""

import argparse
import sys
from contextlib import ExitStack
from typing import BinaryIO

from isa.errors import TraplineError, UsageError
from trapline.options import add_engine_option, count, read, written

STEPS, FOR_EVER = 10_000_000, 1 << 62


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("network", type=read, metavar="NET.toml", help="who is on it, and what goes wrong")
    limit = f"of the clock, at most (default: {STEPS}, or any number where ports are joined to the host)"
    add("--steps", type=count, metavar="N", help=limit)
    add("--capture", type=written, metavar="FILE.pcapng", help="write all frames, for tshark and Wireshark")
    add("--record", type=written, metavar="FILE", help="keep what comes in from the host, with the steps")
    add("--replay", type=read, metavar="FILE", help="have that again, and nothing else from the host")
    add_engine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from monitor.network.capture import Capture
    from trapline.networking.definition import read_plan
    from trapline.networking.doors import doors
    from trapline.networking.live import Live
    from trapline.networking.recording import Recorder, load, replay
    from trapline.networking.running import begin
    from trapline.output import emit_json, engine_in_use
    from trapline.running.claims import claim
    from trapline.running.launch import Stdout
    from trapline.running.neighbours import Log

    plan = read_plan(arguments.network)
    if arguments.record is not None and (arguments.replay is not None or not plan.outside):
        raise UsageError("nothing will come in that could be recorded", "leave out `--record`")
    came = load(arguments.replay, plan.doors) if arguments.replay is not None else []
    log = Log(None if arguments.json else Stdout())
    with ExitStack() as opened:
        running = begin(plan, engine_in_use(arguments.engine), log)
        claim(arguments)
        names, network = [port.name for port in plan.ports], running.network
        if arguments.capture is not None:
            network.switch.told = Capture(opened.enter_context(_new(arguments.capture)), names).told
        if arguments.replay is not None:
            sys.stdout.flush()
            replay(network, came, arguments.steps or FOR_EVER)
        elif plan.outside:
            file = opened.enter_context(_new(arguments.record)) if arguments.record is not None else None
            recorder = Recorder(file, names) if file is not None else None
            live = opened.enter_context(Live(network, doors(plan), plan.speed, recorder))
            print(*live.said, sep="\n", file=sys.stderr, flush=True)
            live.run(arguments.steps or FOR_EVER)
        else:
            sys.stdout.flush()
            network.run(arguments.steps or STEPS)
    for label in running.labels:
        label.end()
    ends, clock = running.ends(), running.network.clock
    cards = {one.port.name: one.card.told() for one in running.network.stations if one.card is not None}
    if arguments.json:
        frames = {name: {key: told[key] for key in ("sent", "received", "dropped")} for name, told in cards.items()}
        output = log.data.decode("latin-1")
        emit_json({"steps": clock, "guests": ends, "frames": frames, "output": output})
    else:
        print(f"after {clock:,} steps:")
        for name, end in ends.items():
            print(f"  {name}: {end}, {cards[name]['sent']} frames sent, {cards[name]['received']} received")
    return 1 if running.failed else 0


def _new(path: str) -> BinaryIO:
    """A new file. Raises TraplineError."""
    try:
        return open(path, "wb")
    except OSError as error:
        raise TraplineError(f"cannot write {path}: {error.strerror}", "give another place") from None
