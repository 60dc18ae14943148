"""The side that a machine leaves: it sends what the other lacks, while the machine runs and changes some of it again,
until so little is left that the machine may stand still for it.

Time is counted in the machine's own steps: a piece costs `rate` of them, in which it goes on meanwhile. So the same
machine under the same pace takes the same rounds. It converges if what it changes in a round costs less than the round;
where that does not come by itself, each further round gives it half the steps (it cannot tell: its clock is its steps).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from isa.errors import TraplineError
from isa.machine.identity import meaning_digest
from monitor.host.host import Host
from monitor.host.life import State
from monitor.host.migration.pieces import Pieces, taken_apart
from monitor.host.migration.wire import VERSION, Channel
from monitor.host.record import Record

MOST_TOGETHER = 1 << 22  # bytes of a message


@dataclass(frozen=True, slots=True)
class Pace:
    """`limit` is how many steps the machine may stand still, `rate` what a piece costs, `rounds` how many there may be
    before it is slowed down, or, without `throttle`, before it is given up."""

    limit: int = 2_000
    rate: int = 100
    rounds: int = 10
    throttle: bool = True


@dataclass(frozen=True, slots=True)
class Round:
    """What a round has sent: so many pieces and bytes, of which all but the first's were changed meanwhile. The machine
    took `steps` then, and was denied `withheld`, since it is throttled; what it changed would have it stand still for
    `downtime`, all in steps."""

    number: int
    pieces: int
    bytes: int
    steps: int
    withheld: int
    downtime: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`downtime` is in steps; `arrived` says that the other side has said that it runs."""

    name: str
    rounds: tuple[Round, ...]
    downtime: int
    arrived: bool


class NotConverging(TraplineError):
    """The machine changes more than can be sent."""

    exit_code = 1


Told = Callable[[Round], object]


def migrate(host: Host, name: str, channel: Channel, pace: Pace | None = None, told: Told = lambda _: None) -> Outcome:
    """Move a machine to the host at the other side; with one that was handed over and not acknowledged, tell it again.
    Raises TraplineError, and the machine is here and runs on, unless it was handed over."""
    handed = host.ledger.handed(name)
    settle(host, channel)
    if handed is not None:
        return Outcome(name, (), 0, arrived=host.ledger.handed(name) is None)
    token = host.ledger.identity() + secrets.token_hex(8)
    record = host.depart(name)
    try:
        channel.say(
            "migrate",
            token=token,
            version=VERSION,
            meaning=meaning_digest(host.living.isa),
            record=[record.name, record.point.text(), record.text()],
        )
        channel.hear("ready")
        rounds, record, left = _rounds(host, record, channel, pace or Pace(), told)
        _send(channel, left)
        channel.say("whole", record=[record.name, record.point.text(), record.text()])
        channel.hear("held")
    except BaseException:
        host.cancel(name)
        raise
    host.hand_over(name, token)
    arrived = _tell(host, channel, token)
    return Outcome(name, rounds, len(left) * (pace or Pace()).rate, arrived)


def settle(host: Host, channel: Channel) -> None:
    """Tell the other side again what was decided about machines that went there. Raises Lost."""
    for token in host.ledger.handed_tokens():
        channel.say("decided", token=token)
        header, _ = channel.hear("known", "unknown")
        if header["kind"] == "known":
            host.ledger.acknowledged(token)


def _tell(host: Host, channel: Channel, token: str) -> bool:
    """The machine is the other side's: whether it knows."""
    try:
        channel.say("decided", token=token)
        channel.hear("known")
    except TraplineError:
        return False
    host.ledger.acknowledged(token)
    return True


def _rounds(
    host: Host, record: Record, channel: Channel, pace: Pace, told: Told
) -> tuple[tuple[Round, ...], Record, Pieces]:
    """Send until little is left: the rounds, the machine as it stands still then, and what is left."""
    sent: dict[str, bytes] = {}
    rounds: list[Round] = []
    slower = 0
    todo = _lacking(taken_apart(host.contents, record), sent)
    while True:
        _send(channel, todo)
        cost = len(todo) * pace.rate
        record = host.step(record.name, cost >> slower)
        if record.state is not State.MIGRATING:
            raise TraplineError(f"{record.name} is {record.state.value} now, and stays", "nothing is left to migrate")
        size = sum(map(len, todo.values()))
        left = _lacking(taken_apart(host.contents, record), sent)
        made = Round(len(rounds) + 1, len(todo), size, cost >> slower, cost - (cost >> slower), len(left) * pace.rate)
        rounds.append(made)
        told(made)
        if made.downtime <= pace.limit:
            return tuple(rounds), record, left
        if len(rounds) >= pace.rounds:
            if not pace.throttle:
                rule = f"{record.name} changes {len(left)} pieces in a round, which take {made.downtime:,} steps"
                rule += f", and may stand still for {pace.limit:,}"
                raise NotConverging(rule, "throttle it, or allow more")
            slower += 1
        todo = left


def _lacking(pieces: Pieces, sent: dict[str, bytes]) -> Pieces:
    """Those that the other side does not have as they are now; those that are gone are sent as nothing."""
    digests = {key: sha256(data).digest() for key, data in pieces.items()}
    changed = {key: data for key, data in pieces.items() if sent.get(key) != digests[key]}
    gone: Pieces = dict.fromkeys(sent.keys() - pieces.keys(), b"")
    sent.clear()
    sent.update(digests)
    return changed | gone


def _send(channel: Channel, pieces: Pieces) -> None:
    """All of them, in messages that are not too large, and that it was all."""
    names: list[str] = []
    data = bytearray()
    for key, piece in pieces.items():
        if names and len(data) + len(piece) > MOST_TOGETHER:
            channel.say("pieces", bytes(data), names=names, lengths=[len(pieces[name]) for name in names])
            names, data = [], bytearray()
        names.append(key)
        data += piece
    channel.say("pieces", bytes(data), names=names, lengths=[len(pieces[name]) for name in names])
    channel.say("round")
    channel.hear("got")
