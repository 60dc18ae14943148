"""Screens in a browser, each below `screens/NAME/`: a page, noVNC's files where the user has them, and a WebSocket to
the machine's socket (`screens.py`). What is said there is RFB, and nobody here reads it."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from isa.errors import TraplineError
from monitor.host.admission import check_screen
from monitor.host.networks import NAME
from trapline.guard import Guard
from trapline.hosting.daemon.asking import failure
from trapline.hosting.daemon.owning import Owning
from trapline.hosting.daemon.screens import Screens

if TYPE_CHECKING:
    from trapline.hosting.daemon.doors import Doors

PAGE = Path(__file__).parent / "page"
AT_ONCE = 1 << 16  # bytes
CLIENT = "core/rfb.js"  # of noVNC
PLACES = ("/usr/share/novnc",)  # where Debian's package has it
KINDS = {".html": "text/html", ".js": "text/javascript"}


def client(folder: str | None) -> str | None:
    """The folder of noVNC: the given one, or that of the system; None if neither has it."""
    return next((at for at in ([folder] if folder else PLACES) if os.path.isfile(os.path.join(at, CLIENT))), None)


def routes(screens: Screens, novnc: str | None) -> list[BaseRoute]:
    """Behind them is a browser that was let in (`web.Guarded`)."""

    async def page(request: Request) -> Response:
        name = "screen.js" if request.url.path.endswith(".js") else "screen.html" if novnc else "unseen.html"
        return Response((PAGE / name).read_bytes(), media_type=KINDS[Path(name).suffix])

    async def socket(websocket: WebSocket) -> None:
        name = websocket.path_params["name"]
        try:
            if not NAME.fullmatch(name):
                raise FileNotFoundError(name)
            reader, writer = await asyncio.open_unix_connection(screens.place(name))
        except OSError:
            await websocket.close(1008)
            return
        await websocket.accept("binary" if "binary" in websocket.scope["subprotocols"] else None)
        try:
            await _carried(websocket, reader, writer)
        finally:
            writer.transport.abort()

    found: list[BaseRoute] = [
        Route("/screens/{name}/", page),
        Route("/screens/{name}/screen.js", page),
        WebSocketRoute("/screens/{name}/socket", socket),
    ]
    return [*found, Mount("/screens/{name}/novnc", StaticFiles(directory=novnc))] if novnc else found


def seats(owning: Owning, screens: Screens, doors: "Doors | None", guard: Guard | None) -> BaseRoute:
    """Where a machine is to be seen, for the user who owns the host: he tells whom he likes."""

    async def seat(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            await asyncio.wrap_future(owning.ask(lambda host: check_screen(host.machine(name))))
        except TraplineError as error:
            return JSONResponse(failure(error), 404)
        page = f"{guard.narrow(name).address}screens/{name}/" if guard else ""
        vnc, password = (doors.address, doors.password(name)) if doors else ("", "")
        return JSONResponse({"socket": screens.place(name), "vnc": vnc, "password": password, "page": page})

    return Route("/v1/machines/{name}/seat", seat)


async def _carried(websocket: WebSocket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes both ways, until one side goes."""

    async def heard() -> None:
        with suppress(WebSocketDisconnect, KeyError, OSError):  # KeyError: it says text
            while True:
                writer.write(await websocket.receive_bytes())
                await writer.drain()

    async def said() -> None:
        with suppress(RuntimeError, OSError):  # it has gone meanwhile
            while data := await reader.read(AT_ONCE):
                await websocket.send_bytes(data)

    tasks = [asyncio.create_task(heard()), asyncio.create_task(said())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    with suppress(RuntimeError):
        await websocket.close()
