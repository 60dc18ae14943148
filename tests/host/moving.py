"""Two hosts for tests, between which a machine moves."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from isa.errors import TraplineError
from monitor.host import Host
from monitor.host.migration import Channel, Outcome, Pace, migrate, receive
from monitor.host.record import Record
from tests.host.hosts import define, opened

PACE = Pace(limit=100, rate=5)
POST_COPY = Pace(rate=5, rounds=0, post_copy=True)  # it leaves at once, and all of it follows


def moved(source: Host, target: Host, pace: Pace = PACE, name: str = "web") -> Outcome:
    """Migrate a machine from one host to another."""
    ours, theirs = (Channel(end, 10) for end in socket.socketpair())

    def arrive() -> None:
        with closing(theirs), suppress(TraplineError):
            receive(target, theirs)

    thread = threading.Thread(target=arrive)
    thread.start()
    try:
        return migrate(source, name, ours, pace)
    finally:
        ours.close()
        thread.join()


@contextmanager
def two(path: Path) -> Iterator[tuple[Host, Host]]:
    with opened(path / "one") as one, opened(path / "two") as other:
        yield one, other


def begun(host: Host, steps: int = 400) -> None:
    define(host)
    host.start("web")
    host.send("web", b"abwc")
    host.run(steps)


def where(hosts: tuple[Host, Host]) -> list[Record]:
    """The machines called `web` that are on."""
    found = [host.ledger.find("web") for host in hosts]
    return [record for record in found if record is not None]
