"""Sockets for a host: two in a folder that is its user's alone, bound by ourselves, and one on the loopback address."""

import asyncio
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.routing import BaseRoute

from isa.errors import TraplineError
from trapline.guard import HOST, Guard
from trapline.hosting.daemon import qmp, web
from trapline.hosting.daemon.owning import Owning
from trapline.hosting.daemon.screens import Screens
from trapline.hosting.daemon.seen import client, routes

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


def serve(folder: str, engine: str, port: int | None, novnc: str | None = None) -> None:
    """Run a host until this process is asked to end. Raises TraplineError."""
    owning = Owning(folder, engine)
    owning.begin()
    screens = Screens(owning, os.path.join(owning.folder, FOLDER))
    try:
        with private(folder) as sockets:
            owning.follow = screens.follow
            owning.ask(lambda host: None)  # after that it follows what there is
            asyncio.run(_serving(owning, sockets, port, routes(screens, client(novnc))))
    finally:
        owning.end()
        screens.close()


async def _serving(owning: Owning, sockets: dict[str, socket.socket], port: int | None, seen: list[BaseRoute]) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    monitors = qmp.Server(owning)
    owning.told = lambda events: loop.call_soon_threadsafe(monitors.tell, events)
    server = await asyncio.start_unix_server(monitors.client, sock=sockets[QMP])
    served = [(_server(web.application(owning, trusted=True)), sockets[API])]
    lines = [f"serving {owning.folder}: {FOLDER}/{API}, {FOLDER}/{QMP}"]
    if port is not None:
        listening = _loopback(port)
        guard = Guard(listening.getsockname()[1])
        guarded = web.Guarded(web.application(owning, trusted=False, more=seen), guard)
        served.append((_server(guarded, LOOPBACK), listening))
        lines.append(guard.address)
    print("\n".join(lines), flush=True)
    running = [asyncio.create_task(one._serve([at])) for one, at in served]
    await ended.wait()
    for one, _ in served:
        one.should_exit = one.force_exit = True
    server.close()
    await asyncio.wait(running, timeout=5)
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
