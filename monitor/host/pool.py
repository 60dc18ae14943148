"""Desktops for users, all clones of one machine: each user gets one, and when he leaves it is thrown away or kept.

The machine that they are clones of, *the image*, is any machine of the host: started once, and set up as all are to
find it. A user's own is called after both, `desk-alice`, and is known by that and by having the same program and the
same definition; nothing else is kept of a pool. A clone copies nothing, so what a desktop costs is what it changes.
"""

from dataclasses import replace

from isa.errors import TraplineError
from monitor.host.definition import check_name
from monitor.host.host import Host
from monitor.host.life import ACTIVE, State
from monitor.host.record import Record

OFF = (State.DEFINED, State.HALTED, State.CRASHED)


class Pool:
    """The desktops of a host that are clones of this machine. Raises UsageError if there is none of that name."""

    def __init__(self, host: Host, image: str) -> None:
        self.host, self.image = host, host.machine(image).name

    def name(self, user: str) -> str:
        """What a user's machine is called. Raises UsageError for what names no machine."""
        return check_name(f"{self.image}-{user}")

    def taken(self) -> list[Record]:
        """The desktops that users have, or have left and are kept."""
        begins = f"{self.image}-"
        return [one for one in self.host.machines() if one.name.startswith(begins) and self._ours(one)]

    def take(self, user: str) -> Record:
        """A user's desktop, which goes on: what was kept for him, or a new clone of the image as it is."""
        name = self.name(user)
        found = self.host.ledger.find(name)
        if found is None:
            found = self.host.clone(self.image, name)
        else:
            self._check(found)
        if found.state is State.SAVED:
            found = self.host.restore(name)
        if found.state is State.PAUSED:
            return self.host.resume(name)
        return self.host.start(name) if found.state in OFF else found

    def leave(self, user: str, keep: bool = False) -> Record:
        """A user leaves his desktop, which is thrown away; or switched off and kept for him."""
        name = self.name(user)
        found = self._check(self.host.machine(name))
        if keep:
            return self.host.save(name) if found.state in ACTIVE else found
        if found.state in ACTIVE:
            self.host.kill(name)
        return self.host.undefine(name, everything=True)

    def _check(self, record: Record) -> Record:
        if not self._ours(record):
            rule = f"{record.name} is no clone of {self.image}"
            raise TraplineError(rule, "use another name for the user, or another for that machine")
        return record

    def _ours(self, record: Record) -> bool:
        image = self.host.machine(self.image)
        same = replace(record.definition, name=image.name) == image.definition
        return same and (record.image, record.input) == (image.image, image.input)
