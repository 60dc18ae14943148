"""A server for one browser on this machine: the page, what it is drawn with, and the socket of the application.

The application runs as the same command in a process of its own, as textual-serve has it; that draws in the page with a
script of its own, which is all that is taken from it. There is nothing else to ask for. It ends with its browser, with
its application, or with Ctrl-C.
"""

import asyncio
import json
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from importlib.resources import files
from string import Template

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from isa.errors import TraplineError
from trapline.guard import HOST, Guard, headers
from trapline.interrupts import SIGNALS, code_of

LARGEST = 1 << 16  # bytes of a message
MOST_CELLS = 1_000  # columns and lines of a terminal
OURS = files(__package__)
THEIRS = files("textual_serve") / "static"
PARTS = {
    "page.js": OURS / "page.js",
    "textual.js": THEIRS / "js" / "textual.js",
    "xterm.css": THEIRS / "css" / "xterm.css",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(port: int) -> int:
    """Serve the command that runs now on a port, or on a free one for 0; the exit code."""
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise TraplineError(f"cannot listen on port {port}: {error.strerror}", "choose another `--port`") from None
    command = shlex.join([sys.executable, "-m", "trapline", *sys.argv[1:]])
    with listening:
        return asyncio.run(Served(Guard(listening.getsockname()[1]), f"exec {command}").run(listening))


class Process(AppService):
    """The application in a process of its own. Its socket is closed when it ends, however that happens."""

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            if self._process is not None:
                await self._process.wait()
            await self.remote_close()


class Served:
    """`command` is a shell's."""

    def __init__(self, guard: Guard, command: str) -> None:
        self.guard, self.command = guard, command
        self.code = 0
        self._ended = asyncio.Event()
        self._socket: web.WebSocketResponse | None = None

    async def run(self, listening: socket.socket) -> int:
        """Until it ends; the exit code."""
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._end, code_of(number))
        application = web.Application(middlewares=[self._guarded])
        application.router.add_get("/{token}/", self._page)
        application.router.add_get("/{token}/ws", self._converse)
        application.router.add_get("/{token}/{part}", self._part)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            print(f"{self.guard.address}\nopen this in a browser of this machine; Ctrl-C ends it", flush=True)
            await self._ended.wait()
        finally:
            if self._socket is not None:
                await self._socket.close()
            await runner.cleanup()
        return self.code

    def _end(self, code: int = 0) -> None:
        self.code = code
        self._ended.set()

    # ---- what can be asked for

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        asks_socket = request.path.endswith("/ws")
        refusal = self.guard.refusal(request.match_info.get("token", ""), request.headers, asks_socket)
        if refusal:
            return web.Response(status=403, text=f"{refusal}\n")
        given = await handler(request)
        if not given.prepared:
            given.headers.update(headers(self.guard))
        return given

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page = Template((OURS / "page.html").read_text("utf-8"))
        where = f"ws://{request.headers['Host']}/{self.guard.token}/ws"
        return web.Response(text=page.substitute(socket=where), content_type="text/html")

    async def _part(self, request: web.Request) -> web.StreamResponse:
        part = request.match_info["part"]
        if part not in PARTS:
            return web.Response(status=404, text="there is nothing here\n")
        kind = "text/javascript" if part.endswith(".js") else "text/css"
        return web.Response(body=PARTS[part].read_bytes(), content_type=kind)

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        """The application for as long as the browser stays. There is one, and one browser."""
        if self._socket is not None:
            return web.Response(status=409, text="a browser has this debugger already; start another one\n")
        self._socket = browser = web.WebSocketResponse(heartbeat=15, max_msg_size=LARGEST)
        try:
            await browser.prepare(request)
            await self._show(browser, _size(request, "width", 80), _size(request, "height", 24))
        finally:
            self._end()
        return browser

    async def _show(self, browser: web.WebSocketResponse, width: int, height: int) -> None:
        async def close() -> None:
            await browser.close()

        process = Process(
            self.command,
            write_bytes=browser.send_bytes,
            write_str=browser.send_str,
            close=close,
            download_manager=DownloadManager(),
        )
        await process.start(width, height)
        try:
            async for message in browser:
                if message.type is WSMsgType.TEXT:
                    await _pass_on(message.data, process, browser)
        finally:
            await process.stop()


def _size(request: web.Request, name: str, usual: int) -> int:
    """How wide or high the terminal of the page is."""
    asked = request.query.get(name, "")
    return max(1, min(int(asked), MOST_CELLS)) if asked.isdecimal() and len(asked) < 5 else usual


async def _pass_on(text: str, process: Process, browser: web.WebSocketResponse) -> None:
    """What a browser says; what makes no sense is left out."""
    try:
        said = json.loads(text)
    except ValueError:
        return
    match said:
        case ["stdin", str(keys)]:
            await process.send_bytes(keys.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}] if 0 < width < MOST_CELLS > height > 0:
            await process.set_terminal_size(width, height)
        case ["ping", str(sent)]:
            await browser.send_json(["pong", sent])
        case ["blur"]:
            await process.blur()
        case ["focus"]:
            await process.focus()
