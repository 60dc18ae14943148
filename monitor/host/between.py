"""What happens to machines between this host and others: `monitor.host.migration` has who does it when, and why there
is one machine whoever is killed."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from isa.errors import TraplineError
from monitor.host import admission
from monitor.host.contents import Contents
from monitor.host.copies import without
from monitor.host.keeping import Keeping
from monitor.host.ledger import ARRIVED, HANDED, LEAVING
from monitor.host.life import State, Verb, after
from monitor.host.record import Record


class Cancelled(TraplineError):
    """Somebody has cancelled a migration before it was decided: the machine stays."""

    exit_code = 1


class _Tried(Exception):
    """It could be done, and is not to be."""


class Between(Keeping):
    """The verbs of two hosts between whom a machine moves."""

    def _begin(self) -> None:
        for record in self.machines():
            if record.state is State.MIGRATING:  # its process was killed before it had decided
                self.give_up(record.name)

    # ---- where it leaves

    def depart(self, name: str, token: str) -> Record:
        """It is on its way to another host, and takes steps in `step` alone."""

        def departing(record: Record, state: State) -> Record:
            self.ledger.stays(name)  # what was said of a move before
            self.ledger.note_move(token, LEAVING, name)
            return record.departing(state)

        return self._do(name, Verb.MIGRATE, departing)

    def check_leaves(self, name: str, token: str) -> None:
        """Whether nobody has cancelled it. Raises Cancelled."""
        if not self.ledger.leaves(token):
            raise Cancelled(f"{name} stays: its migration was cancelled", "migrate it again when it is to go")

    def step(self, name: str, token: str, steps: int) -> Record:
        """Give a machine that is on its way at most so many steps. It may end with that, and stays then."""
        with self._change():
            self.check_leaves(name, token)
            before = self.machine(name)
            after(name, before.state, Verb.CANCEL, before.point.was)
            record = self._alone(before.in_state(State.RUNNING), steps)
            if record.state in (State.RUNNING, State.IDLE):
                record = replace(record, point=replace(record.point, state=State.MIGRATING, was=record.state))
            self._put(record)
        return record

    def _alone(self, before: Record, steps: int) -> Record:
        """One machine takes steps; what it sends is on the way, and nothing arrives."""
        wires = self.wires
        if wires is not None:
            wires.still = self.clock
        record = self.living.run([before], steps, None, wires)[before.name]
        if wires is not None:
            wires.still = None
            self.ledger.keep_wires(wires.kept())
        return record

    def cancel(self, name: str) -> Record:
        """It stays: what it was before it was to leave. Whoever migrates it finds that it does."""
        with self._change():
            record = self.machine(name)
            if self.ledger.stays(name) and record.state is not State.MIGRATING:
                return record  # withdrawn, and whoever migrated it has given it up already
        return self._do(name, Verb.CANCEL, Record.in_state)

    def give_up(self, name: str) -> None:
        """The same by whoever migrates it. One that has ended meanwhile stays as it ended; one that was handed over is
        gone."""
        record = self.ledger.find(name)
        if record is not None and record.state is State.MIGRATING:
            self._do(name, Verb.CANCEL, Record.in_state)

    def hand_over(self, name: str, token: str) -> Record:
        """The decision: from now on the machine is the other host's, whether or not that knows. Raises Cancelled."""
        with self._change(sweep=True):
            self.check_leaves(name, token)
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

    def hold(
        self,
        token: str,
        record: Record,
        sent: Mapping[bytes, tuple[int, bytes]],
        became: Callable[[Contents], Record] | None = None,
    ) -> None:
        """Keep the last of a machine of another host, which is not this one's before `arrive`. One of that name that
        was held before, and not decided about, is forgotten. `became` puts away what it has become since."""
        self.take(token, record, sent)
        self._try(record)
        with self._change():
            self._free(record.name)
            if became is not None:
                record = became(self.contents).departing(State.MIGRATING)
            for other in self.ledger.arriving(record.name):
                self.ledger.forget_move(other)
            self.ledger.settle_identity()
            self.ledger.hold(token, replace(record, snapshot="", definition=without(record.definition)))

    def _try(self, record: Record) -> None:
        """Whether it could be on here, beside those that are. Raises TraplineError."""
        with suppress(_Tried), self._change():
            self._keep(record.in_state(record.point.was))
            raise _Tried

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
