"""The side that a machine leaves: it sends what the other lacks, while the machine runs and changes some of it again,
until so little is left that the machine may stand still for it. `offering.py` says what the other lacks.

Time is counted in the machine's own steps: an object costs `rate` of them, in which it goes on meanwhile. So the same
machine under the same pace takes the same rounds. It converges if what it changes in a round costs less than the round;
where that does not come by itself, each further round gives it half the steps (it cannot tell: its clock is its steps).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from isa.errors import TraplineError
from isa.machine.identity import meaning_digest
from monitor.host.host import Host
from monitor.host.life import State
from monitor.host.migration.offering import Offering
from monitor.host.migration.wire import VERSION, Channel
from monitor.host.record import Record


@dataclass(frozen=True, slots=True)
class Pace:
    """`limit` is how many steps the machine may stand still, `rate` what an object costs, `rounds` how many there may
    be before it is slowed down, or, without `throttle`, before it is given up; or, with `post_copy`, before it runs at
    the other side, where the rest follows."""

    limit: int = 2_000
    rate: int = 25
    rounds: int = 10
    throttle: bool = True
    post_copy: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """What a round has sent: so many objects and bytes, all that the other side lacked. The machine took `steps` then,
    and was denied `withheld`, since it is throttled; what it changed would have it stand still for `downtime`, all in
    steps."""

    number: int
    objects: int
    bytes: int
    steps: int
    withheld: int
    downtime: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`downtime` is in steps; `arrived` says that the other side has said that it runs. Of post-copy, `ahead` is how
    many steps it took there before all of it had come, and `waited` for how many objects it had to wait."""

    name: str
    rounds: tuple[Round, ...]
    downtime: int
    arrived: bool
    ahead: int = 0
    waited: int = 0


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
    if pace is not None and pace.post_copy and host.ledger.machine(name).definition.networks:
        raise TraplineError(f"{name} has a network, and frames of it would be seen before it is there", "use pre-copy")
    record, pace = host.depart(name, token), pace or Pace()
    channel.pulse = lambda: host.check_leaves(name, token)
    try:
        channel.say(
            "migrate", token=token, version=VERSION, meaning=meaning_digest(host.living.isa), record=_told(record)
        )
        channel.hear("ready")
        offering = Offering(host.objects, channel)
        rounds, record = _rounds(lambda steps: host.step(name, token, steps), record, offering, pace, told)
        if pace.post_copy:
            channel.say("switch", record=_told(record), rate=pace.rate)
            held = offering.serve(record)
        else:
            left, _ = offering.send(record)
            channel.say("whole", record=_told(record))
            held = {"stood": left, **channel.hear("held")[0]}
        host.hand_over(name, token)
    except BaseException as error:
        if host.ledger.handed(name) != token:
            host.give_up(name)
            if isinstance(error, TraplineError):
                host.check_leaves(name, token)  # perhaps what went wrong is that somebody has cancelled it
            raise
        if not isinstance(error, TraplineError):
            raise  # it was decided, and is told the next time
    finally:
        channel.pulse = lambda: None
    arrived = _tell(host, channel, token)
    stood, ahead, waited = (held.get(key, 0) for key in ("stood", "steps", "waited"))
    return Outcome(name, rounds, stood * pace.rate, arrived, ahead, waited)


def _told(record: Record) -> list[str]:
    return [record.name, record.point.text(), record.text()]


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
    step: Callable[[int], Record], record: Record, offering: Offering, pace: Pace, told: Told
) -> tuple[tuple[Round, ...], Record]:
    """Send until little is left: the rounds, and the machine as it stands still then."""
    rounds: list[Round] = []
    slower = 0
    while not (pace.post_copy and len(rounds) >= pace.rounds):
        count, size = offering.send(record)
        offering.channel.say("round", record=_told(record))
        offering.channel.hear("got")
        cost = count * pace.rate
        record = step(cost >> slower)
        if record.state is not State.MIGRATING:
            raise TraplineError(f"{record.name} is {record.state.value} now, and stays", "nothing is left to migrate")
        left = offering.left(record)
        made = Round(len(rounds) + 1, count, size, cost >> slower, cost - (cost >> slower), left * pace.rate)
        rounds.append(made)
        told(made)
        if made.downtime <= pace.limit and not pace.post_copy:
            break
        if len(rounds) >= pace.rounds and not pace.post_copy:
            if not pace.throttle:
                rule = f"{record.name} changes {left} objects in a round, which take {made.downtime:,} steps"
                rule += f", and may stand still for {pace.limit:,}"
                raise NotConverging(rule, "throttle it, or allow more")
            slower += 1
    return tuple(rounds), record
