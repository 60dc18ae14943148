"""A host: its folder, its machines, and the verbs. Each verb is whole or nothing, and kept when it returns.

`life` says which verbs a state takes, `admission` what the host has room for. Every verb returns the record of the
machine as it is then. Raises `Refused` for a state that does not take the verb, UsageError for a name that is none,
TraplineError for what is too much or cannot be kept.
"""

from collections.abc import Sequence
from dataclasses import replace

from isa.assembler import Image
from isa.assembler.image_format import dump
from isa.devices.arrivals import MOST_KEPT
from isa.devices.screen import Picture
from isa.errors import TraplineError, UsageError
from monitor.host import admission
from monitor.host.between import Between
from monitor.host.captures import check_captured
from monitor.host.copies import check_alone, without
from monitor.host.definition import Definition, check_name
from monitor.host.life import State, Verb, after, hearing
from monitor.host.promises import check_terms
from monitor.host.record import Point, Record, Snapshot
from monitor.host.used import NOTHING
from monitor.statistics import Decision


class Host(Between):
    """The host in a folder that has a `host.toml`, for as long as nobody closes it (`keeping.py`)."""

    # ---- looking

    def snapshots(self, name: str) -> list[Snapshot]:
        """Those of a machine, in the order in which they were made."""
        return self.ledger.snapshots(self.machine(name).name)

    def output(self, name: str) -> bytes:
        """What a machine has printed since it was started; of more than a mebibyte the end."""
        return self.living.printed(self.machine(name))

    def picture(self, name: str) -> Picture | None:
        """What a machine's screen shows; None if it is dark. Raises UsageError for a machine that has none."""
        return self.living.picture(admission.check_screen(self.machine(name)))

    def done(self, name: str) -> Sequence[tuple[int, bytes]]:
        """What was done at a machine's keyboard and pointer since it booted: steps and events. Raises UsageError for a
        machine that has none, TraplineError if that was too much to keep."""
        done = self.living.done(admission.check_screen(self.machine(name)))
        if not done.whole:
            rule = f"more was done at {name} than is kept, {MOST_KEPT:,} events"
            raise TraplineError(rule, "reset it, and it is kept from there on")
        return done.past

    def counters(self, name: str) -> dict[tuple[Decision, str], int]:
        """The exits of a machine since it was defined, by what its monitor decided and the cause."""
        return self.machine(name).used.counters

    # ---- machines that come and go

    def define(self, wanted: Definition, image: Image, input: bytes = b"", disks: Sequence[bytes] = ()) -> Record:
        """A new machine with this program; `disks` hold what those of the definition have that name a file."""
        check_name(wanted.name)
        check_terms(self.capacity, wanted)
        self.living.check(wanted)
        filled = admission.filled(self.living, wanted, image, list(disks))
        wanted = replace(wanted, disks=tuple(part for part, _ in filled))
        with self._change():
            self._new(wanted)
            if any(part.volume for part in wanted.disks):
                check_alone(wanted, self.machines())
            wanted = self.joined(wanted)
            put = self.contents.put
            point = Point(State.DEFINED, tuple(put(data) for _, data in filled), storage=wanted.storage)
            known = put(dump(image)), put(input) if input else ""
            record = Record(wanted.name, wanted, *known, point, *self.ledger.next_generation())
            self.ledger.put(record)
        return record

    def clone(self, name: str, new: str) -> Record:
        """A copy of a machine, in the same state and at the same step, with another generation. It has no snapshots."""
        check_name(new)
        with self._change():
            record = self.machine(name)
            after(name, record.state, Verb.CLONE, record.state)
            self._concerned(Verb.CLONE, record)
            self._new(replace(record.definition, name=new))
            copy = replace(record.in_state(hearing(record.state)), name=new, snapshot="", used=NOTHING)
            parts = tuple(replace(part, station=0) for part in record.definition.networks)
            wanted = replace(without(record.definition), name=new, networks=parts)
            copy = replace(copy, definition=self.joined(wanted))
            copy = copy.as_new(*self.ledger.next_generation())
            self._keep(copy)
        return copy

    def undefine(self, name: str, everything: bool = False) -> Record:
        """Forget a machine. What it would leave, saved state and snapshots, must be gone, or meant: `everything`. One
        that is held for another host, and nowhere else perhaps, is forgotten with `everything` alone."""
        with self._change(sweep=True):
            held = self.ledger.arriving(name)
            if held and everything:
                record = self.ledger.held(held[0])
                assert record is not None
                for token in held:
                    self.ledger.forget_move(token)
                return record
            admission.check_arriving(name, held)
            record = self.machine(name)
            after(name, record.state, Verb.UNDEFINE, record.state)
            self._concerned(Verb.UNDEFINE, record)
            admission.check_left(record, self.snapshots(name), everything)
            self.ledger.remove(name)
        return record

    # ---- on and off

    def start(self, name: str) -> Record:
        """Boot it."""
        return self._do(name, Verb.START, self._fresh)

    def pause(self, name: str, together: bool = False) -> Record:
        return self._do(name, Verb.PAUSE, Record.in_state, together=together)

    def resume(self, name: str, together: bool = False) -> Record:
        return self._do(name, Verb.RESUME, Record.in_state, together=together)

    def stop(self, name: str) -> Record:
        """Ask the guest to end; it may take its time, or not listen."""
        return self._do(name, Verb.STOP, lambda record, state: replace(record.in_state(state), asked=True))

    def kill(self, name: str, together: bool = False) -> Record:
        """Switch it off, whatever it is doing; or throw away what was saved of it."""
        return self._do(name, Verb.KILL, self._fresh, together=together)

    def reset(self, name: str, together: bool = False) -> Record:
        """Boot it anew, without asking it; its disks stay as they are."""
        return self._do(name, Verb.RESET, self._fresh, together=together)

    def send(self, name: str, characters: bytes) -> Record:
        """Type something on its console, which it finds there when it next runs."""
        admission.check_input(self.machine(name), characters)
        typed = characters.decode("latin-1")

        def sent(record: Record, state: State) -> Record:
            admission.check_listens(self.living, record)
            return replace(record.in_state(state), sent=record.sent + typed)

        return self._do(name, Verb.SEND, sent)

    def press(self, name: str, events: bytes) -> Record:
        """Do something at its keyboard and pointer (`isa.devices.pressed`, `pointed`), where it may be typed for."""
        admission.check_keys(admission.check_screen(self.machine(name)), events)

        def pressed(record: Record, state: State) -> Record:
            return replace(record.in_state(state), keyed=record.keyed + events.hex())

        return self._do(name, Verb.SEND, pressed)

    def resize(self, name: str, storage: int) -> Record:
        """Another size of storage, from its next start on."""
        admission.check_storage(self.living, self.machine(name).definition, storage)

        def resized(record: Record, state: State) -> Record:
            return self._fresh(replace(record, definition=replace(record.definition, storage=storage)), state)

        return self._do(name, Verb.RESIZE, resized)

    def run(self, steps: int) -> list[Record]:
        """Give every machine that runs at most so many steps, or, on a host with a policy, all of them so many of its
        clock; those that run, as they are then. They are kept together, with all that they did, or as they were."""
        with self._change():
            machines = self.machines()
            running = [record for record in machines if record.state is State.RUNNING]
            waiting = self._may_hear(machines)
            records = self.living.run([*running, *waiting], steps, self.service, self.wires)
            heard = [before for before in waiting if records[before.name] != before]
            changed = {before.name for before in [*running, *heard]}
            self._kept.update((record.name, record) for record in machines)  # a volume may be behind
            for name in sorted(changed):
                self._put(records[name])
            if self.wires is not None:
                self.ledger.keep_wires(self.wires.kept())
        return [records[record.name] for record in machines if record.name in changed]

    def capture(self, name: str, off: bool = False) -> Record:
        """Have a file with the frames that pass at a machine's port from now on, `captures.path(name)`; or no more."""
        with self._change():
            record = self.machine(name)
            check_captured(name, bool(record.definition.networks), self.wires.captured if self.wires else ())
            if self.wires is not None:
                self.wires.captured = (self.wires.captured - {name}) | (set() if off else {name})
                if not off:
                    self.captures.begin(name)
                self.ledger.keep_wires(self.wires.kept())
        return record

    def _may_hear(self, machines: list[Record]) -> list[Record]:
        """Those that wait, and to which a frame may come."""
        if self.wires is None:
            return []
        self.wires.machines = {r.name: part for r in machines for part in r.definition.networks}
        self.wires.captured &= self.wires.machines.keys()
        self.wires.on = {r.name for r in machines if r.state in (State.RUNNING, State.IDLE)}
        self.wires.away = {r.name for r in machines if r.state is State.MIGRATING}
        sends = any(record.state is State.RUNNING and record.definition.networks for record in machines)
        if not sends and not self.wires.flying:
            return []
        return [record for record in machines if record.state is State.IDLE and record.definition.networks]

    # ---- points

    def save(self, name: str, together: bool = False) -> Record:
        """Switch it off, to go on from here later."""

        def saved(record: Record, state: State) -> Record:
            return replace(record, point=replace(record.point, state=state, was=record.state))

        return self._do(name, Verb.SAVE, saved, together=together)

    def restore(self, name: str, together: bool = False) -> Record:
        """Go on from where it was saved."""
        return self._do(name, Verb.RESTORE, Record.in_state, together=together)

    def snapshot(self, name: str, snapshot: str) -> Record:
        """Keep what it is now, disks too, under a name; the machine goes on. What was typed and has not arrived is no
        part of it."""
        check_name(snapshot)

        def kept(record: Record, state: State) -> Record:
            admission.check_snapshot(name, self.snapshots(name), snapshot)
            self.ledger.put_snapshot(name, Snapshot(snapshot, record.snapshot, record.point))
            return replace(record, snapshot=snapshot)

        return self._do(name, Verb.SNAPSHOT, kept)

    def revert(self, name: str, snapshot: str) -> Record:
        """Be again what was kept, with another generation: the guest goes on from the same point a second time."""
        point = self._snapshot(name, snapshot).point

        def back(record: Record, state: State) -> Record:
            wanted = replace(record.definition, storage=point.storage)
            again = replace(record, definition=wanted, point=point, snapshot=snapshot, asked=False, sent="", keyed="")
            return again.in_state(state).as_new(*self.ledger.next_generation())

        return self._do(name, Verb.REVERT, back, hearing(point.state))

    def forget(self, name: str, snapshot: str) -> Record:
        """Remove a snapshot; those that come from it stay, and come from the one before it."""
        with self._change(sweep=True):
            record, kept = self.machine(name), self._snapshot(name, snapshot)
            self.ledger.remove_snapshot(name, kept)
            if record.snapshot == snapshot:
                record = replace(record, snapshot=kept.parent)
                self.ledger.put(record)
        return record

    # ---- how

    def _fresh(self, record: Record, state: State) -> Record:
        """It has not booted yet; its disks are as it left them."""
        point = Point(state, self.living.disks(record), storage=record.definition.storage)
        return replace(record, point=point, asked=False, sent="", keyed="")

    def _new(self, wanted: Definition) -> None:
        self._free(wanted.name)
        admission.check_arriving(wanted.name, self.ledger.arriving(wanted.name))
        admission.check_more(self.living, self.ledger.taken(self.living.page), wanted)

    def _snapshot(self, name: str, snapshot: str) -> Snapshot:
        found = self.snapshots(name)
        kept = next((one for one in found if one.name == snapshot), None)
        if kept is None:
            names = ", ".join(one.name for one in found)
            raise UsageError(f"{name} has no snapshot {snapshot!r:.80}", f"it has {names}" if names else "make one")
        return kept
