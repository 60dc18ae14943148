"""Sockets for a host: two in a folder that is its user's alone, bound by ourselves, and one on the loopback address."""

import asyncio
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn

from isa.errors import TraplineError, UsageError
from trapline.guard import HOST, Guard
from trapline.hosting.daemon import qmp, web
from trapline.hosting.daemon.moves import Moves
from trapline.hosting.daemon.owning import Owning
from trapline.hosting.daemon.screens import Screens
from trapline.hosting.daemon.seen import client, routes, seats

if TYPE_CHECKING:
    from trapline.hosting.daemon.doors import Doors

FOLDER, API, QMP = "run", "api.sock", "qmp.sock"
BACKLOG, LOOPBACK = 64, 32  # connections that wait, and that are there on the loopback address


@contextmanager
def private(folder: str) -> Iterator[dict[str, socket.socket]]:
    """The listening sockets in a host's folder. Raises TraplineError."""
    home = os.path.join(folder, FOLDER)
    with suppress(FileExistsError):
        os.mkdir(home, 0o700)
    found = os.lstat(home)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise TraplineError(f"{home} is no folder of yours", "remove it")
    os.chmod(home, 0o700)
    made = {}
    try:
        for name in (API, QMP):
            path = os.path.join(home, name)
            with suppress(FileNotFoundError):
                os.unlink(path)  # of a process that was killed: the folder's lock says that there is no other
            made[name] = socket.socket(socket.AF_UNIX)
            made[name].bind(path)
            os.chmod(path, 0o600)
            made[name].listen(BACKLOG)
        yield made
    except OSError as error:
        raise TraplineError(f"cannot listen in {home}: {error.strerror or error}", "use a shorter path") from None
    finally:
        for name, listening in made.items():
            listening.close()
            with suppress(OSError):
                os.unlink(os.path.join(home, name))


def serve(folder: str, engine: str, port: int | None, vnc: int | None = None, novnc: str | None = None) -> None:
    """Run a host until this process is asked to end: its interface on `port` of the loopback address too, its screens
    on `vnc`, and in a browser with noVNC of that folder. Raises TraplineError."""
    owning = Owning(folder, engine)
    owning.begin()
    moves = Moves(owning)
    screens = Screens(owning, os.path.join(owning.folder, FOLDER))
    try:
        with private(folder) as sockets, _doors(screens, vnc) as doors:
            owning.follow = screens.follow
            owning.ask(lambda host: None).result()  # after that it has followed what there is
            listening = None if port is None else _loopback(port)
            guard = Guard(listening.getsockname()[1]) if listening else None
            trusted = web.application(owning, moves, True, [seats(owning, screens, doors, guard)])
            served = [(_server(trusted), sockets[API])]
            lines = [f"serving {owning.folder}: {FOLDER}/{API}, {FOLDER}/{QMP}"]
            if listening and guard:
                guarded = web.Guarded(web.application(owning, moves, False, routes(screens, client(novnc))), guard)
                served.append((_server(guarded, LOOPBACK), listening))
                lines.append(guard.address)
            if doors:
                lines.append(f"screens at {doors.address}")
            print("\n".join(lines), flush=True)
            asyncio.run(_serving(owning, qmp.Server(owning, moves), sockets[QMP], served))
    finally:
        moves.end()
        owning.end()
        screens.close()


@contextmanager
def _doors(screens: Screens, port: int | None) -> Iterator["Doors | None"]:
    """Screens for viewers with a password, if that was asked for."""
    if port is None:
        yield None
        return
    try:
        from trapline.hosting.daemon.doors import Doors
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "cryptography":
            raise
        raise UsageError("screens with passwords need cryptography", "pip install 'trapline[vnc]'") from None

    doors = Doors(_loopback(port), screens)
    threading.Thread(target=doors.serve, daemon=True).start()
    try:
        yield doors
    finally:
        doors.close()


async def _serving(
    owning: Owning, monitors: qmp.Server, at: socket.socket, served: list[tuple[uvicorn.Server, socket.socket]]
) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    owning.told = lambda events: loop.call_soon_threadsafe(monitors.tell, events)
    server = await asyncio.start_unix_server(monitors.client, sock=at)
    running = [asyncio.create_task(one._serve([place])) for one, place in served]
    await ended.wait()
    for one, _ in served:
        one.should_exit = one.force_exit = True
    server.close()
    await asyncio.wait(running, timeout=5)
    owning.told = lambda events: None
    print("ended", file=sys.stderr)


def _server(application: web.App, most: int | None = None) -> uvicorn.Server:
    """A server that leaves signals to us."""
    config = uvicorn.Config(
        application,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws="none" if most is None else "websockets-sansio",
        ws_max_size=1 << 16,
        ws_per_message_deflate=False,  # of pictures that are compressed already
        limit_concurrency=most,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=1 << 14,
    )
    return uvicorn.Server(config)


def _loopback(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError as error:
        raise TraplineError(f"cannot listen on port {port}: {error.strerror or error}", "give another, or 0") from None
