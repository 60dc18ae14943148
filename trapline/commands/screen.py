"""Run a guest that has a screen, keyboard and pointer, and show it to viewers of VNC (docs/screens.md); or keep the
picture that it shows after so many steps.

exit code: the guest's, as `trapline run` has it; 3 a place where it cannot listen.

examples:
  trapline screen paint --socket ./paint.sock
  trapline screen paint --steps 100000 --shot paint.png
"""

import argparse
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from isa.errors import UsageError
from trapline.options import (
    add_engine_option,
    add_guest_argument,
    add_machine_option,
    add_monitor_option,
    count,
    port,
    read,
    written,
)

if TYPE_CHECKING:
    from monitor.screens.showing import Showing

SUMMARY = "run a guest that has a screen, and show it to viewers of VNC"
STEPS = 1 << 62


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser)
    add_machine_option(parser)
    add_monitor_option(parser)
    add_engine_option(parser)
    add = parser.add_argument
    add("--steps", type=count, metavar="N", help="end after so many steps")
    add("--socket", type=written, metavar="PATH", help="show it on a Unix socket that this makes")
    add("--port", type=port, metavar="PORT", help="show it on the loopback address; 0 for any free port")
    add("--shot", type=written, metavar="FILE.png", help="keep what it shows at the end")
    add("--replay", type=read, metavar="FILE", help="what was typed and clicked, from `--record`")
    add("--record", type=written, metavar="FILE", help="keep what is typed and clicked, with the steps")


def run(arguments: argparse.Namespace) -> int:
    from isa.files.writing import write_whole
    from monitor.screens.png import png
    from monitor.screens.showing import Showing
    from trapline.running.claims import claim
    from trapline.running.rig import exit_code
    from trapline.screening import built, kept, recorded

    if arguments.socket is None and arguments.port is None and arguments.shot is None:
        raise UsageError("where shall it be seen?", "give `--socket PATH`, `--port PORT` or `--shot FILE.png`")
    if arguments.socket is None and arguments.port is None and arguments.steps is None:
        raise UsageError("a guest that nobody sees has to end some time", "give `--steps N`")
    machine, arrivals = built(arguments, recorded(arguments.replay))
    claim(arguments)
    showing = Showing(machine)
    _shown(arguments, showing)
    if arguments.shot:
        write_whole(arguments.shot, png(showing.seen()[1]))
    if arguments.record:
        write_whole(arguments.record, kept(arrivals))
    return 1 if exit_code(machine) else 0


def _shown(arguments: argparse.Namespace, showing: "Showing") -> None:
    """Run it, and let viewers in meanwhile where that was asked for."""
    if arguments.socket is None and arguments.port is None:
        showing.run(arguments.steps, alone=True)
        return
    from monitor.screens.rfb import Server
    from trapline.listening import listening

    listener = listening(arguments.socket, arguments.port)
    server = Server(listener, showing, arguments.guest)
    threading.Thread(target=server.serve, daemon=True).start()
    where = os.path.abspath(arguments.socket) if arguments.socket else "127.0.0.1:" + str(listener.getsockname()[1])
    print(f"{arguments.guest} is shown at {where}", flush=True)
    try:
        showing.look()
        showing.run(arguments.steps or STEPS)
    finally:
        server.close()
        if arguments.socket:
            with suppress(OSError):
                os.unlink(arguments.socket)
