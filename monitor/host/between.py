"""What happens to machines between this host and others: `monitor.host.migration` has who does it when, and why there
is one machine whoever is killed."""

from collections.abc import Mapping
from dataclasses import replace

from monitor.host import admission
from monitor.host.keeping import Keeping
from monitor.host.ledger import ARRIVED, HANDED
from monitor.host.life import State, Verb, after
from monitor.host.record import Record


class Between(Keeping):
    """The verbs of two hosts between whom a machine moves."""

    def _begin(self) -> None:
        for record in self.machines():
            if record.state is State.MIGRATING:  # its process was killed before it had decided
                self.cancel(record.name)

    # ---- where it leaves

    def depart(self, name: str) -> Record:
        """It is on its way to another host, and takes steps in `step` alone."""
        return self._do(name, Verb.MIGRATE, Record.departing)

    def step(self, name: str, steps: int) -> Record:
        """Give a machine that is on its way at most so many steps. It may end with that, and stays then."""
        with self._change():
            before = self.machine(name)
            after(name, before.state, Verb.CANCEL, before.point.was)
            record = self.living.run([before.in_state(State.RUNNING)], steps)[name]
            if record.state in (State.RUNNING, State.IDLE):
                record = replace(record, point=replace(record.point, state=State.MIGRATING, was=record.state))
            self._put(record)
        return record

    def cancel(self, name: str) -> Record:
        """It stays: what it was before it was to leave. One that has ended meanwhile stays as it ended."""
        record = self.machine(name)
        return self._do(name, Verb.CANCEL, Record.in_state) if record.state is State.MIGRATING else record

    def hand_over(self, name: str, token: str) -> Record:
        """The decision: from now on the machine is the other host's, whether or not that knows."""
        with self._change(sweep=True):
            record = self.machine(name)
            after(name, record.state, Verb.LEAVES, record.state)
            self.ledger.remove(name)
            self.ledger.note_move(token, HANDED, name)
        return record

    # ---- where it arrives

    def take(self, token: str, record: Record, sent: Mapping[bytes, tuple[int, bytes]]) -> None:
        """Keep what another host has sent of a machine that is on its way here. Nothing names it yet but this process;
        nothing of it is taken away before `let_go`."""
        with self._change():
            self.contents.take(record.digests, sent, admission.most_bytes(self.living, record.definition))
            self._coming[token] = self._coming.get(token, frozenset()).union(record.digests)

    def let_go(self, token: str) -> None:
        """No more of that machine comes."""
        self._coming.pop(token, None)

    def hold(self, token: str, record: Record, sent: Mapping[bytes, tuple[int, bytes]]) -> None:
        """Keep the last of a machine of another host, which is not this one's before `arrive`. One of that name that
        was held before, and not decided about, is forgotten."""
        self.take(token, record, sent)
        with self._change():
            self._free(record.name)
            for other in self.ledger.arriving(record.name):
                self.ledger.forget_move(other)
            self.ledger.hold(token, replace(record, snapshot=""))

    def arrive(self, token: str) -> bool:
        """The other host has decided: the machine of this token is this one's, and goes on. Whether it is known."""
        with self._change():
            record = self.ledger.held(token)
            if record is None:
                return self.ledger.arrived(token)
            self._free(record.name)
            self.ledger.raise_generation(record.generation)
            self._keep(record.in_state(record.point.was))
            self.ledger.note_move(token, ARRIVED, record.name)
        return True
