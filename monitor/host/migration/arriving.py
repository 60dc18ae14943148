"""The side where a machine arrives: it asks for what it lacks, holds the machine on its disk, and runs it when the
other side has decided."""

import json
from typing import Any, TypeGuard

from isa.errors import TraplineError
from isa.machine.identity import meaning_digest
from monitor.host import admission
from monitor.host.definition import check_name
from monitor.host.host import Host
from monitor.host.migration.wire import VERSION, Channel, Lost
from monitor.host.objects import GROUP, WIDTH, digest_of
from monitor.host.record import Record
from monitor.host.types import DERIVED

KINDS = range(GROUP, 16)  # of objects
Sent = dict[bytes, tuple[int, bytes]]


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
    room = 4 * admission.most_bytes(host.living, record.definition)
    sent: Sent = {}
    while True:
        header, data = channel.hear("offer", "round", "whole")
        if header["kind"] == "offer":
            sent |= _asked(host, channel, data, sent)
            room -= len(data)
            if sum(len(data) for _, data in sent.values()) > room:
                raise Lost("more than any such machine has")
            continue
        record = _record(header, record)
        keep = host.take if header["kind"] == "round" else host.hold
        try:
            keep(token, record, sent)
        except TraplineError as error:
            channel.say("refused", why=error.message, help=error.help)
            raise
        sent = {}
        if header["kind"] == "whole":
            channel.say("held")
            return
        channel.say("got")


def _asked(host: Host, channel: Channel, offered: bytes, sent: Sent) -> Sent:
    """Of the digests that are offered those objects that are not here."""
    digests = [offered[at : at + WIDTH] for at in range(0, len(offered), WIDTH)]
    wanted = host.objects.lacking(one for one in dict.fromkeys(digests) if one not in sent)
    channel.say("want", b"".join(wanted))
    if not wanted:
        return {}
    header, data = channel.hear("objects")
    kinds, lengths = header.get("kinds"), header.get("lengths")
    if not _numbers(kinds, len(wanted)) or not _numbers(lengths, len(wanted)) or sum(lengths) != len(data):
        raise Lost("the objects are not as many, or not as long, as was said")
    found, at = {}, 0
    for digest, kind, length in zip(wanted, kinds, lengths, strict=True):
        object = data[at : at + length]
        at += length
        if kind not in KINDS or length < 0 or digest_of(kind, object) != digest:
            raise Lost("the objects are others than were wanted")
        found[digest] = kind, object
    return found


def _numbers(given: Any, count: int) -> TypeGuard[list[int]]:
    return isinstance(given, list) and len(given) == count and all(type(number) is int for number in given)


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
    return token, record


def _record(header: dict[str, Any], known: Record | None = None) -> Record:
    """What the other side says of a machine; of the one that is known, if there is one."""
    try:
        given, point, text = header["record"]
        found = Record.parse(str(given), point, text)
        if any(len(bytes.fromhex(digest)) != WIDTH for digest in found.digests):
            raise ValueError
    except (KeyError, ValueError, TypeError, LookupError, json.JSONDecodeError):
        raise TraplineError("what it says of the machine makes no sense", "see that it is a host") from None
    if known is not None and (found.name, found.definition) != (known.name, known.definition):
        raise TraplineError("it speaks of another machine", "see that it is a host")
    return found
