"""Machines that move between a host that is served and others, each move in a thread of its own. Meanwhile the host
serves on: what a move asks of it is done between two portions, as verbs are."""

import argparse
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from isa.errors import TraplineError, UsageError
from trapline.hosting import migrate as leaving
from trapline.hosting import receive as arriving
from trapline.hosting.daemon.asking import failure, parsed, within
from trapline.hosting.daemon.owning import Owning
from trapline.hosting.daemon.through import through
from trapline.hosting.moving import Listening, connected, located

if TYPE_CHECKING:
    from monitor.host.migration import Outcome
    from monitor.host.migration.leaving import Round

ACTIVE, COMPLETED, FAILED, CANCELLED = "active", "completed", "failed", "cancelled"
KEPT = 100  # moves that have ended, and can be looked at
MOST = 16  # at once; the same of places at which machines arrive
LOOK = 0.2  # seconds between two looks whether it is to end


@dataclass(slots=True)
class Move:
    """A machine on its way; `address` is where it goes."""

    name: str
    address: str
    status: str = ACTIVE
    rounds: "list[Round]" = field(default_factory=list)
    outcome: "Outcome | None" = None
    error: dict[str, Any] | None = None

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        known = {"name": self.name, "address": self.address, "status": self.status}
        outcome = asdict(self.outcome) if self.outcome is not None else None
        return {**known, "rounds": [asdict(one) for one in self.rounds], "outcome": outcome, "error": self.error}


class Moves:
    """Those of the host that `owning` has."""

    def __init__(self, owning: Owning) -> None:
        self.owning = owning
        self.begins = {"migrate": self._migrate, "receive": self._receive}
        self._moves: dict[str, Move] = {}
        self._places: dict[str, threading.Thread] = {}
        self._threads: dict[str, tuple[threading.Thread, socket.socket]] = {}
        self._lock, self._ending = threading.Lock(), False

    def begin(self, action: str, words: object, anywhere: bool) -> dict[str, Any]:
        """Begin what the words say; what can be said of it then. May take a while. Raises TraplineError."""
        with self._lock:
            return self.begins[action](words, anywhere)

    def known(self) -> list[dict[str, Any]]:
        """What is known of moves that are under way, and of those that have ended lately: of a machine the last."""
        return [move.facts() for move in list(self._moves.values())]

    def end(self) -> None:
        """Have all of them end. Machines that are on their way stay."""
        self._ending = True
        with self._lock:
            for thread, connection in list(self._threads.values()):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                thread.join()
            for thread in list(self._places.values()):
                thread.join()

    # ---- where they leave

    def _migrate(self, words: object, anywhere: bool) -> dict[str, Any]:
        arguments = self._parsed("migrate", leaving.options, words, anywhere)
        name, host = arguments.name, through(self.owning)
        if name in self._threads or len(self._threads) >= MOST:
            raise TraplineError(f"{name} is on its way, or {MOST} machines are", "wait until one has arrived")
        arguments.address = self._placed(arguments.address, anywhere)
        if host.ledger.handed(name) is None:
            host.machine(name)
        connection = connected(arguments)
        move = Move(name, arguments.address)
        self._moves.pop(name, None)
        for one in [one for one, old in self._moves.items() if old.status != ACTIVE][KEPT:]:
            self._moves.pop(one)
        self._moves[name] = move
        thread = threading.Thread(target=self._leave, args=(move, connection, leaving.pace(arguments)), daemon=True)
        self._threads[name] = thread, connection
        thread.start()
        return {"machines": [], "lines": [f"{name}: on its way to {arguments.address}"], "migration": move.facts()}

    def _leave(self, move: Move, connection: socket.socket, pace: Any) -> None:
        from monitor.host.between import Cancelled
        from monitor.host.migration import Channel, migrate

        def told(made: "Round") -> None:
            move.rounds.append(made)
            facts = asdict(made)
            self._tell(move.name, "round", round=facts.pop("number"), **facts)

        self._tell(move.name, "migration", status=ACTIVE, address=move.address)
        try:
            with closing(Channel(connection)) as channel:
                move.outcome = migrate(through(self.owning), move.name, channel, pace, told)
            move.status = COMPLETED if move.outcome.arrived else FAILED
        except Exception as error:
            move.error = failure(error)["error"]
            move.status = CANCELLED if isinstance(error, Cancelled) else FAILED
        finally:
            self._threads.pop(move.name, None)
            why = {"detail": move.error["message"]} if move.error else {}
            self._tell(move.name, "migration", status=move.status, address=move.address, **why)

    # ---- where they arrive

    def _receive(self, words: object, anywhere: bool) -> dict[str, Any]:
        arguments = self._parsed("receive", arriving.options, words, anywhere)
        arguments.listen = self._placed(arguments.listen, anywhere)
        if len(self._places) >= MOST:
            raise TraplineError(f"machines arrive at {MOST} places already", "use one of those")
        listening = Listening(arguments)
        listening.socket.settimeout(LOOK)
        address = listening.address
        thread = threading.Thread(target=self._arrive, args=(listening, address, arguments.times), daemon=True)
        self._places[address] = thread
        thread.start()
        return {"machines": [], "lines": [f"{self.owning.folder} receives at {address}"], "address": address}

    def _arrive(self, listening: Listening, address: str, times: int | None) -> None:
        from monitor.host.migration import Channel, receive

        arrived = 0
        with closing(listening):
            while not self._ending and (times is None or arrived < times):
                connection = listening.accept()
                if connection is None:
                    continue
                with closing(Channel(connection)) as channel:
                    channel.pulse = self._check_ending
                    try:
                        arrived += receive(through(self.owning), channel) is not None
                    except Exception as error:
                        self._tell("", "refused", detail=failure(error)["error"]["message"])
        self._places.pop(address, None)

    def _check_ending(self) -> None:
        if self._ending:
            raise TraplineError("the host is being closed", "migrate it again")

    # ---- how

    def _parsed(
        self, action: str, options: Callable[[argparse.ArgumentParser], None], words: object, anywhere: bool
    ) -> argparse.Namespace:
        if self._ending:
            raise UsageError("the host is being closed", "start it again")
        return parsed(action, options, words, self.owning.folder, anywhere)

    def _placed(self, address: str, anywhere: bool) -> str:
        return located(address, lambda path: within(path, self.owning.folder, anywhere))

    def _tell(self, machine: str, event: str, **facts: object) -> None:
        with suppress(TraplineError):
            self.owning.ask(lambda host: self.owning.happened(machine, event, **facts))
