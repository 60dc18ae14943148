"""The side where a machine arrives: it asks for what it lacks, holds the machine on its disk, and runs it when the
other side has decided."""

import json
from typing import Any

from isa.errors import TraplineError
from isa.machine.identity import meaning_digest
from monitor.host import admission
from monitor.host.definition import check_name
from monitor.host.host import Host
from monitor.host.migration.ahead import Ahead
from monitor.host.migration.taking import ROOM, Fetched, Sent, asked
from monitor.host.migration.wire import VERSION, Channel, Lost
from monitor.host.objects import WIDTH
from monitor.host.promises import check_terms
from monitor.host.record import Record
from monitor.host.types import DERIVED

MOST_RATE = 1 << 14  # steps that an object may take, while the machine runs ahead


def receive(host: Host, channel: Channel) -> str | None:
    """Serve one connection: what the other side has decided, and a machine that it sends. Its name if one has arrived.
    Raises TraplineError; what the other side has not decided about is forgotten then, or kept until it has."""
    while True:
        try:
            header, _ = channel.hear("decided", "migrate")
        except Lost:
            return None
        if header["kind"] == "migrate":
            return _take(host, channel, header)
        known = host.arrive(str(header.get("token")))
        channel.say("known" if known else "unknown")


def _take(host: Host, channel: Channel, header: dict[str, Any]) -> str | None:
    try:
        token, record = _agreed(host, header)
    except TraplineError as error:
        channel.say("refused", why=error.message, help=error.help)
        raise
    channel.say("ready")
    try:
        _hold(host, channel, token, record)
    finally:
        host.let_go(token)
    header, _ = channel.hear("decided")
    if header.get("token") != token or not host.arrive(token):
        raise Lost("the other side decides about another machine")
    channel.say("known")
    return record.name


def _hold(host: Host, channel: Channel, token: str, record: Record) -> None:
    """Take what the other side sends, until this one has all of it, and has said so."""
    most = admission.most_bytes(host.living, record.definition)
    room, sent = ROOM * most, Sent()
    while True:
        header, data = channel.hear("offer", "round", "whole", "switch")
        if header["kind"] == "offer":
            found = asked(channel, _lacking(host, data, sent))
            room -= len(data) + sum(len(data) for _, data in found.values())
            if room < 0:
                raise Lost("more than any such machine has")
            sent |= found
            continue
        record = _record(header, record)
        try:
            if header["kind"] == "switch":
                return _run_ahead(host, channel, token, record, header.get("rate"), Sent())
            keep = host.take if header["kind"] == "round" else host.hold
            keep(token, record, sent)
        except Lost:
            raise
        except TraplineError as error:
            channel.say("refused", why=error.message, help=error.help)
            raise
        if header["kind"] == "whole":
            return channel.say("held")
        sent = Sent()
        channel.say("got")


def _run_ahead(host: Host, channel: Channel, token: str, record: Record, rate: object, sent: Sent) -> None:
    """Have the machine run before all of it has come."""
    if type(rate) is not int or not 0 <= rate <= MOST_RATE:
        rule = f"an object is to take {rate!r:.20} steps, and takes 0 to {MOST_RATE:,} by post-copy"
        raise TraplineError(rule, "give another `--rate`")
    fetched = Fetched(host.objects, channel, sent, admission.most_bytes(host.living, record.definition))
    ahead = Ahead(host.capacity, fetched, record)
    stood, fetched.waited = fetched.waited, 0
    try:
        ahead.come(rate)
    except Lost as error:
        rule = f"{error.message}; {record.name} had run {ahead.steps:,} steps here before all of it had come"
        raise Lost(rule, "nobody has seen those: it goes on at its source, from where it left") from None
    host.hold(token, record, sent, ahead.kept)
    channel.say("held", stood=stood, steps=ahead.steps, waited=fetched.waited)


def _lacking(host: Host, offered: bytes, sent: Sent) -> list[bytes]:
    """Of the digests that are offered those of objects that are not here."""
    digests = dict.fromkeys(offered[at : at + WIDTH] for at in range(0, len(offered), WIDTH))
    return host.objects.lacking(one for one in digests if one not in sent)


def _agreed(host: Host, header: dict[str, Any]) -> tuple[str, Record]:
    """The token and the machine as it is at first, if this host can take it."""
    if header.get("version") != VERSION:
        raise TraplineError(f"it speaks version {header.get('version')!r:.20}, and this host {VERSION}", "use the same")
    token = header.get("token")
    if not isinstance(token, str) or len(token) != 32:
        raise TraplineError("it has no token", "see that it is a host")
    record = _record(header)
    check_name(record.name)
    if header.get("meaning") != meaning_digest(host.living.isa):
        rule = f"the machine is another one than this host's {host.living.isa.name}"
        raise TraplineError(rule, "migrate between hosts of one description")
    if host.capacity.type != DERIVED:
        raise TraplineError(f"a host of type `{host.capacity.type}` takes no machines of others", "send it elsewhere")
    others = [held for held in host.ledger.arriving(record.name) if held[:16] != token[:16]]
    if host.ledger.find(record.name) is not None or others:  # a source that comes again has decided about its own
        raise TraplineError(f"there is a machine {record.name} already", "undefine it there, or send another")
    taken = host.ledger.taken(host.living.page)
    admission.check_storage(host.living, record.definition, record.definition.storage)
    admission.check_more(host.living, taken, record.definition)
    host.joined(record.definition)
    admission.check_storage_left(host.living, taken, record)
    check_terms(host.capacity, record.definition)
    if host.joined(record.definition) != record.definition:
        raise TraplineError(f"{record.name} has no place in a network here", "define it there")
    return token, record


def _record(header: dict[str, Any], known: Record | None = None) -> Record:
    """What the other side says of a machine; of the one that is known, if there is one."""
    try:
        given, point, text = header["record"]
        found = Record.parse(str(given), point, text)
        if any(len(bytes.fromhex(digest)) != WIDTH for digest in found.digests) or not found.leaves:
            raise ValueError
    except (KeyError, ValueError, TypeError, LookupError, json.JSONDecodeError):
        raise TraplineError("what it says of the machine makes no sense", "see that it is a host") from None
    if known is not None and (found.name, found.definition) != (known.name, known.definition):
        raise TraplineError("it speaks of another machine", "see that it is a host")
    return found
