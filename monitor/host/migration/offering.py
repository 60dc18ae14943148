"""What the other side lacks of a machine: it is offered digests, and says which it wants.

A machine is a few digests, and all that is below them (`monitor.host.objects`). Who has a digest has all below it, so
whatever both sides have, they pass over at the first digest that they share: a program, a disk that hardly changed, a
machine that comes back.
"""

from monitor.host.migration.wire import Channel, Lost
from monitor.host.objects import WIDTH, Objects, below
from monitor.host.record import Record

TOGETHER = 1 << 11  # digests of a message, and objects


class Offering:
    """What the other side has of a machine, by what it was sent, and what it has said."""

    def __init__(self, objects: Objects, channel: Channel) -> None:
        self.objects, self.channel = objects, channel
        self._there: set[bytes] = set()

    def left(self, record: Record) -> int:
        """How many objects the other side lacks, or fewer."""
        return len(self.objects.all_below(_roots(record), self._there))

    def send(self, record: Record) -> tuple[int, int]:
        """Send what the other side lacks, from above: how many objects and bytes. Raises TraplineError."""
        todo, count, size = _roots(record), 0, 0
        while todo:
            new = list(dict.fromkeys(one for one in todo if one not in self._there))
            some, todo = new[:TOGETHER], new[TOGETHER:]
            wanted = self._wanted(some) if some else []
            had = set(some).difference(wanted)
            self._there |= self.objects.all_below(had, self._there)
            self._there.update(wanted)
            found = self._say(wanted)
            todo = [one for kind, data in found for one in below(kind, data)] + todo
            count, size = count + len(found), size + sum(len(data) for _, data in found)
        return count, size

    def serve(self, record: Record) -> dict[str, int]:
        """Answer the other side, which asks for what it lacks while the machine runs there, until it has all of it:
        what it says then. Raises TraplineError, Lost if it asks for anything else."""
        may = set(_roots(record))
        while True:
            header, data = self.channel.hear("want", "held")
            self.channel.pulse()
            if header["kind"] == "held":
                return {key: value for key, value in header.items() if type(value) is int}
            wanted = [data[at : at + WIDTH] for at in range(0, len(data), WIDTH)]
            if len(wanted) > TOGETHER or not may.issuperset(wanted):
                raise Lost("the other host wants what is no part of the machine")
            for found in self._say(wanted):
                may.update(below(*found))

    def _say(self, digests: list[bytes]) -> list[tuple[int, bytes]]:
        """Send these objects."""
        found = self.objects.read_all(digests)
        if found:
            kinds, lengths = [kind for kind, _ in found], [len(data) for _, data in found]
            self.channel.say("objects", b"".join(data for _, data in found), kinds=kinds, lengths=lengths)
        return found

    def _wanted(self, digests: list[bytes]) -> list[bytes]:
        """Those of the digests that the other side wants."""
        self.channel.say("offer", b"".join(digests))
        _, data = self.channel.hear("want")
        wanted = {data[at : at + WIDTH] for at in range(0, len(data), WIDTH)}
        return [one for one in digests if one in wanted]


def _roots(record: Record) -> list[bytes]:
    return [bytes.fromhex(digest) for digest in record.digests]
