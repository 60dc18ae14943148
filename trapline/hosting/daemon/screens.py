"""The screens of a host's machines: each is served to viewers of VNC on a socket in `run/`, which is its user's alone.
A browser reaches the same socket through `seen.py`.

Viewers have threads of their own, and the host has one (`owning.py`). So what they do is asked of the host like all
else; and while somebody looks, the host shows what has changed when a portion of steps has ended.
"""

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from isa.errors import TraplineError
from monitor.clients import Gone
from monitor.host import Host, Record
from monitor.screens.rfb import Server
from monitor.screens.shown import Shown
from trapline.hosting.daemon.owning import Owning
from trapline.listening import listening

SUFFIX = ".vnc"
PATIENCE = 10.0  # seconds for the host to show what there is


class Seat(Shown):
    """The screen of a machine, for those who sit before it."""

    def __init__(self, owning: Owning, name: str) -> None:
        super().__init__()
        self.owning, self.name, self._at = owning, name, ""

    @contextmanager
    def watched(self) -> Iterator[None]:
        with super().watched():
            try:
                self.owning.ask(self._look).result(PATIENCE)
            except (TraplineError, TimeoutError):
                raise Gone from None
            yield

    def type(self, event: bytes) -> bool:
        """It is pressed when the host comes to it, with what else was done meanwhile. What the machine does not take
        is lost, as on a keyboard whose machine is off."""
        first = super().type(event)
        if first:
            try:
                self.owning.ask(self._press)
            except TraplineError:  # too much is asked of the host
                self.typed()
        return first

    def _press(self, host: Host) -> None:
        if events := b"".join(self.typed()):
            host.press(self.name, events)

    def _look(self, host: Host) -> None:
        self.look(host, host.machine(self.name))

    def look(self, host: Host, record: Record) -> None:
        """Show what the machine shows now."""
        if self._at != record.point.machine:
            self._at = record.point.machine
            try:
                self.show(host.picture(self.name))
            except TraplineError:  # what was kept of it is damaged
                self.show(None)


class Screens:
    """Those of all machines that have one; `home` is the folder of their sockets."""

    def __init__(self, owning: Owning, home: str) -> None:
        self.owning, self.home = owning, home
        self._served: dict[str, tuple[Seat, Server | None]] = {}

    def follow(self, host: Host, records: Iterable[Record]) -> None:
        """Serve the screens of these machines and of no other, and show what they show where somebody looks."""
        known = {record.name: record for record in records if record.definition.screen}
        for name in self._served.keys() - known:
            self._leave(name)
        for name, record in known.items():
            if name not in self._served:
                self._serve(name)
            seat, _ = self._served[name]
            if seat.viewers:
                seat.look(host, record)

    def close(self) -> None:
        for name in list(self._served):
            self._leave(name)

    def seats(self) -> list[Seat]:
        return [seat for seat, _ in list(self._served.values())]

    def place(self, name: str) -> str:
        """Where a machine's viewers connect."""
        return os.path.join(self.home, name + SUFFIX)

    def _serve(self, name: str) -> None:
        seat = Seat(self.owning, name)
        server = None
        try:
            server = Server(listening(self.place(name), None), seat, name)
            threading.Thread(target=server.serve, daemon=True).start()
        except (TraplineError, RuntimeError) as error:  # no place, no more threads: all else can be had
            print(f"nobody can see {name}: {error}", file=sys.stderr, flush=True)
        self._served[name] = seat, server

    def _leave(self, name: str) -> None:
        seat, server = self._served.pop(name)
        seat.end()
        if server is not None:
            server.close()
            with suppress(OSError):
                os.unlink(self.place(name))
