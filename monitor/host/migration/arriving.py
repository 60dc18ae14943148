"""The side where a machine arrives: it takes the pieces, holds the machine on its disk, and runs it when the other side
has decided."""

import json
from typing import Any

from isa.errors import TraplineError
from isa.machine.identity import meaning_digest
from monitor.host import admission
from monitor.host.definition import check_name
from monitor.host.host import Host
from monitor.host.migration.pieces import Pieces, put_together
from monitor.host.migration.wire import VERSION, Channel, Lost
from monitor.host.record import Record

MOST_PIECES, MOST_BYTES = 1 << 22, 1 << 31


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
    pieces: Pieces = {}
    while True:
        header, data = channel.hear("pieces", "round", "whole")
        if header["kind"] == "pieces":
            _add(pieces, header, data)
        elif header["kind"] == "round":
            channel.say("got")
        else:
            break
    record = _record(header, record.name)
    try:
        host.hold(token, record, lambda contents: put_together(contents, pieces, record.point))
    except TraplineError as error:
        channel.say("refused", why=error.message, help=error.help)
        raise
    channel.say("held")
    header, _ = channel.hear("decided")
    if header.get("token") != token or not host.arrive(token):
        raise Lost("the other side decides about another machine")
    channel.say("known")
    return record.name


def _agreed(host: Host, header: dict[str, Any]) -> tuple[str, Record]:
    """The token and the machine as it is at first, if this host can take it."""
    if header.get("version") != VERSION:
        raise TraplineError(f"it speaks version {header.get('version')!r:.20}, and this host {VERSION}", "use the same")
    token = header.get("token")
    if not isinstance(token, str) or len(token) != 32:
        raise TraplineError("it has no token", "see that it is a host")
    record = _record(header, "")
    check_name(record.name)
    if header.get("meaning") != meaning_digest(host.living.isa):
        rule = f"the machine is another one than this host's {host.living.isa.name}"
        raise TraplineError(rule, "migrate between hosts of one description")
    others = [held for held in host.ledger.arriving(record.name) if held[:16] != token[:16]]
    if host.ledger.find(record.name) is not None or others:  # a source that comes again has decided about its own
        raise TraplineError(f"there is a machine {record.name} already", "undefine it there, or send another")
    taken = host.ledger.taken(host.living.page)
    admission.check_storage(host.living, record.definition, record.definition.storage)
    admission.check_more(host.living, taken, record.definition)
    admission.check_storage_left(host.living, taken, record)
    return token, record


def _record(header: dict[str, Any], name: str) -> Record:
    try:
        given, point, text = header["record"]
        found = Record.parse(str(given), point, text)
    except (KeyError, ValueError, TypeError, LookupError, json.JSONDecodeError):
        raise TraplineError("what it says of the machine makes no sense", "see that it is a host") from None
    if name and found.name != name:
        raise TraplineError("it speaks of another machine", "see that it is a host")
    return found


def _add(pieces: Pieces, header: dict[str, Any], data: bytes) -> None:
    names, lengths = header.get("names"), header.get("lengths")
    right = isinstance(names, list) and isinstance(lengths, list) and len(names) == len(lengths)
    if not right or not all(isinstance(n, str) for n in names or ()) or not all(type(n) is int for n in lengths or ()):
        raise Lost("the pieces have no names")
    if sum(lengths or ()) != len(data) or any(length < 0 for length in lengths or ()):
        raise Lost("the pieces are not as long as was said")
    at = 0
    for name, length in zip(names or (), lengths or (), strict=True):
        if length:
            pieces[name] = data[at : at + length]
        else:
            pieces.pop(name, None)
        at += length
    if len(pieces) > MOST_PIECES or sum(map(len, pieces.values())) > MOST_BYTES:
        raise Lost("more pieces than any machine has")
