"""The same in the form of QMP, QEMU's machine protocol, for clients that speak it: docs/interop/qmp-spec.txt of QEMU.

A connection is about one machine, the one that `x-select` names (the first of the host until then). Commands have
QEMU's names where it has one for them; `x-verb` does any verb of ours, in words. Messages are JSON values one behind
the other: whether lines end between them is the client's business.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from isa.errors import TraplineError, UsageError
from monitor.host.life import State
from trapline.hosting.daemon.asking import asked
from trapline.hosting.daemon.moves import Moves
from trapline.hosting.daemon.owning import Owning

LARGEST = 1 << 16  # bytes of a message
CLIENTS, PATIENCE = 16, 20.0
VERSION = {"qemu": {"major": 0, "minor": 1, "micro": 0}, "package": "trapline"}
STATUS = {
    State.DEFINED: "prelaunch",
    State.RUNNING: "running",
    State.PAUSED: "paused",
    State.IDLE: "running",
    State.HALTED: "shutdown",
    State.CRASHED: "guest-panicked",
    State.SAVED: "postmigrate",
    State.MIGRATING: "finish-migrate",
}
VERBS = {
    "stop": "pause",
    "cont": "resume",
    "system_reset": "reset",
    "system_powerdown": "stop",
    "quit": "kill",
    "migrate_cancel": "cancel",
}
EVENTS = {"running": "RESUME", "paused": "STOP", "halted": "SHUTDOWN", "crashed": "GUEST_PANICKED", "defined": "RESET"}
QUERIES = ("query-status", "query-name", "query-version", "query-commands", "query-migrate", "x-machines", "x-console")
COMMANDS = ("qmp_capabilities", *QUERIES, *VERBS, "migrate", "x-select", "x-verb")


class Refusal(Exception):
    """An error as QMP has it: a class and a description."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Messages:
    """JSON values out of a stream of bytes. Raises Refusal for what is none, or too long."""

    def __init__(self) -> None:
        self._text, self._decoder = "", json.JSONDecoder()

    def feed(self, data: bytes) -> list[Any]:
        self._text = (self._text + data.decode("utf-8", "replace")).lstrip()
        found = []
        while self._text:
            try:
                value, end = self._decoder.raw_decode(self._text)
            except RecursionError:
                raise Refusal("GenericError", "this lies too deep") from None
            except ValueError as error:
                if len(self._text) > LARGEST or not _unfinished(self._text, error):
                    raise Refusal("GenericError", "JSON parse error") from None
                break
            found.append(value)
            self._text = self._text[end:].lstrip()
        return found


def _unfinished(text: str, error: ValueError) -> bool:
    """Whether what cannot be read yet may go on."""
    at = getattr(error, "pos", 0)
    return text[0] in '{["' and (at >= len(text.rstrip()) - 1 or "Unterminated" in str(error) or text[at:].isalnum())


class Session:
    """One client."""

    def __init__(self, owning: Owning, moves: Moves, writer: asyncio.StreamWriter) -> None:
        self.owning, self.moves, self.writer = owning, moves, writer
        self.ready, self.name = False, ""

    def say(self, message: dict[str, Any]) -> None:
        self.writer.write(json.dumps(message).encode() + b"\r\n")

    async def serve(self, reader: asyncio.StreamReader) -> None:
        self.say({"QMP": {"version": VERSION, "capabilities": []}})
        messages = Messages()
        while data := await reader.read(4096):
            try:
                for message in messages.feed(data):
                    self.say(await self.answer(message))
                    async with asyncio.timeout(PATIENCE):
                        await self.writer.drain()
            except Refusal as refusal:
                self.say(_error(refusal.kind, str(refusal)))
                messages = Messages()

    async def answer(self, message: Any) -> dict[str, Any]:
        known = {"id": message["id"]} if isinstance(message, dict) and "id" in message else {}
        try:
            return {"return": await self._done(message), **known}
        except Refusal as refusal:
            return {**_error(refusal.kind, str(refusal)), **known}
        except UsageError as error:
            return {**_error("DeviceNotFound", error.render()), **known}
        except TraplineError as error:
            return {**_error("GenericError", error.render()), **known}
        except Exception:
            return {**_error("GenericError", "a mistake in Trapline"), **known}

    async def _done(self, message: Any) -> Any:
        match message:
            case {"execute": str(command)}:
                arguments = message.get("arguments", {})
            case _:
                raise Refusal("GenericError", "QMP input must be a JSON object with the member 'execute'")
        if not isinstance(arguments, dict):
            raise Refusal("GenericError", "QMP input member 'arguments' must be an object")
        if command not in COMMANDS:
            raise Refusal("CommandNotFound", f"The command {command:.60} has not been found")
        if not self.ready and command != "qmp_capabilities":
            raise Refusal("CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'")
        if command == "qmp_capabilities":
            self.ready = True
            return {}
        return await self._command(command, arguments)

    async def _command(self, command: str, arguments: dict[str, Any]) -> Any:
        if command == "query-version":
            return VERSION
        if command == "query-commands":
            return [{"name": name} for name in COMMANDS]
        if command == "x-machines":
            return [record.facts() for record in await self._ask(lambda host: host.machines())]
        if command == "x-verb":
            action, words = str(arguments.get("verb")), arguments.get("words", [])
            if action in self.moves.begins:
                return await asyncio.to_thread(self.moves.begin, action, words, False)
            return await self._ask(asked(action, words, self.owning.folder))
        if command == "x-select":
            wanted = str(arguments.get("name", ""))
            self.name = (await self._ask(lambda host: host.machine(wanted))).name
            return {}
        if command == "migrate":
            kind, _, path = str(arguments.get("uri", "")).partition(":")
            if kind != "unix":
                raise Refusal("GenericError", "a `uri` is unix:PATH; x-verb migrates over a network, with certificates")
            words = [await self._selected(), path if "/" in path else f"./{path}"]
            await asyncio.to_thread(self.moves.begin, "migrate", words, True)
            return {}
        return await self._about(command, await self._selected())

    async def _about(self, command: str, name: str) -> Any:
        """A command about one machine."""
        if command == "query-name":
            return {"name": name}
        if command == "x-console":
            printed: bytes = await self._ask(lambda host: host.output(name))
            return {"output": printed.decode("latin-1")}
        if command == "query-status":
            state: State = (await self._ask(lambda host: host.machine(name))).state
            return {"status": STATUS[state], "running": state in (State.RUNNING, State.IDLE), "x-state": state.value}
        if command == "query-migrate":
            return self._migration(name)
        await self._ask(asked(VERBS[command], [name], self.owning.folder))
        return {}

    def _migration(self, name: str) -> dict[str, Any]:
        """The last migration of a machine, in QEMU's words."""
        move = next((move for move in self.moves.known() if move["name"] == name), None)
        if move is None:
            return {}
        sent = {"transferred": sum(made["bytes"] for made in move["rounds"]), "dirty-sync-count": len(move["rounds"])}
        why = {"error-desc": move["error"]["message"]} if move["error"] else {}
        return {"status": move["status"], "ram": sent, **why}

    async def _selected(self) -> str:
        if not self.name:
            machines = await self._ask(lambda host: host.machines())
            if not machines:
                raise Refusal("DeviceNotFound", "this host has no machine")
            self.name = machines[0].name
        return self.name

    async def _ask(self, what: Callable[..., Any]) -> Any:
        return await asyncio.wrap_future(self.owning.ask(what))

    def tell(self, event: dict[str, Any]) -> None:
        """An event, to a client that reads what it is told."""
        named, data = _event(event)
        if not self.ready or named is None or self.writer.transport.get_write_buffer_size() > LARGEST:
            return
        now = time.time()
        stamp = {"seconds": int(now), "microseconds": int(now % 1 * 1_000_000)}
        self.say({"event": named, "timestamp": stamp, "data": data})


def _event(event: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """An event as QEMU calls it, and what it says; None for one that QEMU does not have."""
    if event["event"] == "migration":
        return "MIGRATION", {"status": event["status"], "name": event["machine"]}
    if event["event"] == "round":
        return "MIGRATION_PASS", {"pass": event["round"], "name": event["machine"]}
    return EVENTS.get(event["event"]), {
        "name": event["machine"],
        "steps": event.get("steps", 0),
        "state": event["event"],
    }


def _error(kind: str, text: str) -> dict[str, Any]:
    return {"error": {"class": kind, "desc": text}}


class Server:
    """All clients of one host. `tell` may be called by any thread."""

    def __init__(self, owning: Owning, moves: Moves) -> None:
        self.owning, self.moves = owning, moves
        self.sessions: set[Session] = set()

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self.owning, self.moves, writer)
        if len(self.sessions) >= CLIENTS:
            writer.close()
            return
        self.sessions.add(session)
        try:
            await session.serve(reader)
        except (OSError, TimeoutError):
            pass
        finally:
            self.sessions.discard(session)
            writer.transport.abort()

    def tell(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            for session in list(self.sessions):
                session.tell(event)
