"""Where gdb comes to: the pipe that it has made, or a port of the loopback address.

A pipe is the client's alone, so nobody else of this host can come in. At a port there is one client at a time, and the
machine stays where it left it for the next one, until one kills it.
"""

import os
import signal
import socket
import sys
from contextlib import suppress

from isa.errors import TraplineError
from trapline.debugging.words import Debugger
from trapline.remote.stub import Stub
from trapline.remote.target import Target
from trapline.remote.wire import Gone, Wire

LOOPBACK = "127.0.0.1"


def over_pipe(debugger: Debugger) -> None:
    """Serve whoever is at stdin and stdout until it leaves. Ctrl-C is meant for gdb, which tells us."""
    target = Target(debugger.machine.isa)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inward, outward = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # whatever is printed by mistake is no packet
    with suppress(Gone):
        Stub(debugger, target, Wire(inward, outward)).serve()


def over_port(debugger: Debugger, port: int) -> None:
    """Serve whoever comes to a port, 0 for one that is free, until one of them kills the machine."""
    target = Target(debugger.machine.isa)
    with listener_at(port) as listener:
        print(f"waiting for gdb: `target remote :{listener.getsockname()[1]}`", file=sys.stderr, flush=True)
        over(listener, debugger, target)


def over(listener: socket.socket, debugger: Debugger, target: Target) -> None:
    """Serve one client after the other, until one of them kills the machine."""
    while not _served(debugger, target, listener):
        print(f"gdb has left; the machine waits at step {debugger.machine.steps:,}", file=sys.stderr, flush=True)


def listener_at(port: int) -> socket.socket:
    """A listener at a port of the loopback address. Raises TraplineError for one that is taken."""
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TraplineError(f"cannot listen at port {port}: {reason}", "give another one") from None


def _served(debugger: Debugger, target: Target, listener: socket.socket) -> bool:
    """Serve one client; whether it has killed the machine."""
    client, _ = listener.accept()
    with client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stub = Stub(debugger, target, Wire(client.fileno(), client.fileno(), listener))
        with suppress(Gone):
            stub.serve()
        return stub.killed
