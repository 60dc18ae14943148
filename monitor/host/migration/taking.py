"""Objects that come from the other side: asked for by their digests, and compared with them."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeGuard

from monitor.host.migration.wire import Channel, Lost
from monitor.host.objects import GROUP, TREE, WIDTH, Objects, digest_of

KINDS = range(GROUP, 16)  # of objects
ROOM = 4  # times what the largest contents of a machine may have, for all of it
Sent = dict[bytes, tuple[int, bytes]]


def asked(channel: Channel, wanted: Sequence[bytes]) -> Sent:
    """Say which objects are wanted, and hear them. Raises Lost."""
    channel.say("want", b"".join(wanted))
    if not wanted:
        return {}
    header, data = channel.hear("objects")
    kinds, lengths = header.get("kinds"), header.get("lengths")
    if not _numbers(kinds, len(wanted)) or not _numbers(lengths, len(wanted)) or sum(lengths) != len(data):
        raise Lost("the objects are not as many, or not as long, as was said")
    found, at = Sent(), 0
    for digest, kind, length in zip(wanted, kinds, lengths, strict=True):
        object = data[at : at + length]
        at += length
        if kind not in KINDS or length < 0 or digest_of(kind, object) != digest:
            raise Lost("the objects are others than were wanted")
        found[digest] = kind, object
    return found


def _numbers(given: Any, count: int) -> TypeGuard[list[int]]:
    return isinstance(given, list) and len(given) == count and all(type(number) is int for number in given)


class Fetched(Objects):
    """The objects of a host, and beside them those of another, each of which comes when it is read. `waited` says for
    how many somebody had to wait, and `most` how many bytes any contents may have."""

    def __init__(self, here: Objects, channel: Channel, sent: Sent, most: int) -> None:
        self.path, self._here, self._channel = here.path, here, channel
        self._most, self._room = most, ROOM * most
        self.sent, self.waited = sent, 0

    def lacking(self, digests: Iterable[bytes]) -> list[bytes]:
        return self._here.lacking(one for one in dict.fromkeys(digests) if one not in self.sent)

    def read(self, digest: bytes) -> tuple[int, bytes]:
        if self.lacking([digest]):
            self.waited += 1
            self.ask([digest])
        return self.sent.get(digest) or self._here.read(digest)

    def ask(self, digests: Sequence[bytes]) -> None:
        """Have these come. Raises Lost."""
        if digests:
            found = asked(self._channel, digests)
            self._room -= sum(len(data) for _, data in found.values())
            sizes = [int.from_bytes(data[:WIDTH], "little") for kind, data in found.values() if kind == TREE]
            if self._room < 0 or max(sizes, default=0) > self._most:
                raise Lost("more than any such machine has")
            self.sent |= found
