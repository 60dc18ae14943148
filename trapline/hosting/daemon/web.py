"""The JSON interface over HTTP, for programs on this machine: docs/host-interface.md. What a browser reaches goes
through one check of token, name and origin (`trapline.guard`); the socket in the host's folder is this user's alone."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from isa.errors import TraplineError
from monitor.host import Host, Record
from trapline.guard import Guard, headers
from trapline.hosting.daemon.asking import asked, failure
from trapline.hosting.daemon.moves import Moves
from trapline.hosting.daemon.owning import Busy, Owning
from trapline.hosting.metrics import TYPE, exposed
from trapline.hosting.shot import taken
from trapline.hosting.told import account
from trapline.hosting.view import facts, rows

PAGE = Path(__file__).parent / "page"
LARGEST = 1 << 17  # bytes of a request's body
PATIENCE = 10.0  # seconds for it to come
KINDS = {"screen": "image/png", "recording": "application/jsonl"}
REFUSED = {1: 409, 2: 404, 3: 422}  # by exit code; what else, 500
SCREEN = re.compile(r"/screens/([^/]+)/")
Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def application(owning: Owning, moves: Moves, trusted: bool, more: Sequence[BaseRoute] = ()) -> Starlette:
    """The interface. Who is `trusted` is the user that owns the host, and may name files anywhere; `more` is there."""

    async def verb(request: Request) -> Response:
        try:
            async with asyncio.timeout(PATIENCE):
                body = await _body(request)
            given = json.loads(body or b"{}")
            words = given.get("words", []) if isinstance(given, dict) else None
            action = request.path_params["verb"]
            if action in moves.begins:
                return JSONResponse(await asyncio.to_thread(moves.begin, action, words, trusted))
            what = asked(action, words, owning.folder, trusted)
            return JSONResponse(await asyncio.wrap_future(owning.ask(what)))
        except (ValueError, TimeoutError) as error:
            return _failed(TraplineError(f"this is no request: {error or 'it did not come to its end'}"), 400)
        except Busy as error:
            return _failed(error, 503)
        except Exception as error:
            return _failed(error)

    async def machines(request: Request) -> Response:
        records = await asyncio.wrap_future(owning.ask(lambda host: host.machines()))
        return JSONResponse({"machines": [record.facts() for record in records]})

    async def migrations(request: Request) -> Response:
        return JSONResponse({"migrations": moves.known()})

    async def machine(request: Request) -> Response:
        try:
            name = request.path_params["name"]
            record = await asyncio.wrap_future(owning.ask(lambda host: host.machine(name)))
            return JSONResponse(record.facts())
        except Exception as error:
            return _failed(error)

    async def console(request: Request) -> Response:
        try:
            name = request.path_params["name"]
            printed = await asyncio.wrap_future(owning.ask(lambda host: host.output(name)))
            return JSONResponse({"name": name, "output": printed.decode("latin-1")})
        except Exception as error:
            return _failed(error)

    async def kept(request: Request) -> Response:
        try:
            name, what = request.path_params["name"], request.url.path.rpartition("/")[2]
            data = await asyncio.wrap_future(owning.ask(lambda host: taken(host, name, what)))
            return Response(data, media_type=KINDS[what])
        except Exception as error:
            return _failed(error)

    async def events(request: Request) -> Response:
        since = request.query_params.get("since", "0")
        first = int(since) if since.isdecimal() and len(since) < 20 else 0
        return JSONResponse({"events": [event for event in list(owning.events) if event["number"] > first]})

    async def top(request: Request) -> Response:
        records, accounts = await asyncio.wrap_future(owning.ask(_viewed))
        return JSONResponse({"machines": facts(rows(records, accounts))})

    async def measured(request: Request) -> Response:
        try:
            records, accounts = await asyncio.wrap_future(owning.ask(_viewed))
            return Response(exposed(records, accounts), media_type=TYPE)
        except TraplineError as error:
            return _failed(error)

    async def page(request: Request) -> Response:
        name = "top.js" if request.url.path.endswith("top.js") else "top.html"
        kind = "text/javascript" if name == "top.js" else "text/html"
        return Response((PAGE / name).read_bytes(), media_type=kind)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/top.js", page),
            Route("/metrics", measured),
            Route("/v1/top", top),
            Route("/v1/machines", machines),
            Route("/v1/machines/{name}", machine),
            Route("/v1/machines/{name}/console", console),
            Route("/v1/machines/{name}/screen", kept),
            Route("/v1/machines/{name}/recording", kept),
            Route("/v1/events", events),
            Route("/v1/migrations", migrations),
            Route("/v1/{verb}", verb, methods=["POST"]),
            *more,
        ]
    )


def _viewed(host: Host) -> tuple[list[Record], list[dict[str, Any] | None]]:
    records = host.machines()
    return records, [account(host.service, record) for record in records]


async def _body(request: Request) -> bytes:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > LARGEST:
            raise ValueError(f"it has more than {LARGEST} bytes")
    return data


def _failed(error: Exception, status: int = 0) -> Response:
    told = failure(error)
    return JSONResponse(told, status or REFUSED.get(told["error"]["exit_code"], 500))


class Guarded:
    """An application behind the check of who asks: a token in `Authorization: Bearer`, or first in the path. A screen
    has one of its own, with which nothing else can be had."""

    def __init__(self, inner: App, guard: Guard) -> None:
        self.inner, self.guard = inner, guard

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        given = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in scope["headers"]}
        token = given.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            _, token, rest = (scope["path"] + "/").split("/", 2)
            scope = {**scope, "path": "/" + rest.removesuffix("/"), "raw_path": None}
        seat = SCREEN.match(scope["path"])
        guards = (self.guard, self.guard.narrow(seat[1])) if seat else (self.guard,)
        why = min(guard.refusal(token, given, scope["type"] == "websocket") for guard in guards)
        if why:
            await JSONResponse({"error": {"message": why, "help": "", "exit_code": 2}}, 403)(scope, receive, send)
            return
        more = [(name.lower().encode(), value.encode()) for name, value in headers(self.guard).items()]

        async def sending(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        await self.inner(scope, receive, sending)
