"""Two hosts for tests, between which a machine moves."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from isa.errors import TraplineError
from monitor.host import Host
from monitor.host.migration import Channel, Outcome, Pace, migrate, receive
from monitor.host.record import Record
from tests.host.hosts import define, opened

PACE = Pace(limit=100, rate=5)


class Killed(BaseException):
    """A process that is no more."""


class Mortal:
    """Counts what one side does that another could notice, and is killed before or after one of these."""

    def __init__(self, last: int = -1) -> None:
        self.count, self.last = 0, last

    def wrap(self, does: Callable[..., object]) -> Callable[..., object]:
        def done(*given: object, **named: object) -> object:
            self.beat()
            result = does(*given, **named)
            self.beat()
            return result

        return done

    def beat(self) -> None:
        self.count += 1
        if self.count > self.last >= 0:
            raise Killed


def mortal(host: Host, channel: Channel, life: Mortal) -> None:
    for of, names in ((channel, ("say", "hear")), (host, ("hand_over", "hold", "arrive", "depart", "step"))):
        for name in names:
            setattr(of, name, life.wrap(getattr(of, name)))


def moved(source: Host, target: Host, lives: tuple[Mortal, Mortal] | None = None, pace: Pace = PACE) -> Outcome | None:
    """Migrate `web` from one host to another; None if either was killed."""
    ours, theirs = (Channel(end, 10) for end in socket.socketpair())
    if lives:
        mortal(source, ours, lives[0])
        mortal(target, theirs, lives[1])
    ended: list[BaseException] = []

    def arrive() -> None:
        try:
            receive(target, theirs)
        except (Killed, TraplineError) as error:
            ended.append(error)
        finally:
            theirs.close()

    thread = threading.Thread(target=arrive)
    thread.start()
    try:
        return migrate(source, "web", ours, pace)
    except Killed:
        return None
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
