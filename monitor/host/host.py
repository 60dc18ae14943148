"""A host: its folder, its machines, and the verbs. Each verb is whole or nothing, and kept when it returns.

`life` says which verbs a state takes, `admission` what the host has room for. Every verb returns the record of the
machine as it is then. Raises `Refused` for a state that does not take the verb, UsageError for a name that is none,
TraplineError for what is too much or cannot be kept.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType

from isa.assembler import Image
from isa.assembler.image_format import dump
from isa.devices import Picture
from isa.engines.choice import DEFAULT
from isa.errors import TraplineError, UsageError
from isa.files.sources_read import read_noted
from isa.files.tables import LARGEST
from monitor.host import admission
from monitor.host.capacity import read_capacity
from monitor.host.contents import Contents
from monitor.host.definition import Definition, check_name
from monitor.host.ledger import ARRIVED, HANDED, Ledger
from monitor.host.life import ACTIVE, State, Verb, after, hearing
from monitor.host.living import Living
from monitor.host.looking import LEDGER, OBJECTS, file_of, served
from monitor.host.objects import Objects
from monitor.host.owner import Owner
from monitor.host.promises import check_terms
from monitor.host.record import Point, Record, Snapshot
from monitor.host.service import Service
from monitor.host.together import Together
from monitor.host.types import DERIVED, concerned
from monitor.host.used import NOTHING
from monitor.statistics import Decision

Change = Callable[[Record, State], Record]


class Host:
    """The host in a folder that has a `host.toml`; it is this process's alone until it is closed. `wait` says for how
    many seconds another process may still have it."""

    def __init__(self, folder: str, engine: str = DEFAULT, wait: float = 10.0) -> None:
        self.folder, path = folder, file_of(folder)
        self.capacity = read_capacity(path, read_noted(path, LARGEST))
        self._owner = Owner(folder, wait)
        try:
            self.ledger = Ledger(os.path.join(folder, LEDGER))
            self.objects = Objects(os.path.join(folder, OBJECTS))
            self.contents = Contents(self.objects)
            self._check_type()
            kind = Living if self.capacity.type == DERIVED else Together
            self.living: admission.Machines = kind(self.capacity, self.contents, engine)
            self._service: Service | None = None
            self._coming: dict[str, frozenset[str]] = {}  # what was sent of machines that are on their way here
            for record in self.machines():
                if record.state is State.MIGRATING:  # its process was killed before it had decided
                    self.cancel(record.name)
        except BaseException:
            self._owner.close()
            raise

    def __enter__(self) -> "Host":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder. Machines stay as they are; those that run take steps again in the next `run`."""
        self.objects.close()
        self.ledger.close()
        self._owner.close()

    # ---- looking

    def machines(self) -> list[Record]:
        return self.ledger.machines()

    def machine(self, name: str) -> Record:
        return self.ledger.machine(name)

    def snapshots(self, name: str) -> list[Snapshot]:
        """Those of a machine, in the order in which they were made."""
        return self.ledger.snapshots(self.machine(name).name)

    def output(self, name: str) -> bytes:
        """What a machine has printed since it was started; of more than a mebibyte the end."""
        return self.living.printed(self.machine(name))

    def picture(self, name: str) -> Picture | None:
        """What a machine's screen shows; None if it is dark. Raises UsageError for a machine that has none."""
        return self.living.picture(admission.check_screen(self.machine(name)))

    def counters(self, name: str) -> dict[tuple[Decision, str], int]:
        """The exits of a machine since it was defined, by what its monitor decided and the cause."""
        return self.machine(name).used.counters

    @property
    def service(self) -> Service | None:
        """The policy over the machines that are on; None on a host that has none. Raises TraplineError."""
        if self._service is None and self.capacity.policy:
            self._service = served(self.capacity, self.ledger)
        return self._service

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
            put = self.contents.put
            point = Point(State.DEFINED, tuple(put(data) for _, data in filled), storage=wanted.storage)
            known = put(dump(image)), put(input) if input else ""
            record = Record(wanted.name, wanted, *known, point, self.ledger.next_generation())
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
            copy = replace(copy, definition=replace(record.definition, name=new))
            copy = replace(copy, generation=self.ledger.next_generation())
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
            running = [record for record in self.machines() if record.state is State.RUNNING]
            records = self.living.run(running, steps, self.service)
            for before in running:
                self._put(records[before.name])
        return [records[record.name] for record in running]

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
            return replace(again.in_state(state), generation=self.ledger.next_generation())

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

    # ---- between hosts, for `monitor.host.migration`

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

    # ---- how

    def _check_type(self) -> None:
        here, was = self.capacity.type, self.ledger.settle_type(self.capacity.type)
        if here != was:
            rule = f"{file_of(self.folder)} says `{here}`, and there are machines that booted on a host of type `{was}`"
            raise TraplineError(rule, f'write `type = "{was}"`, and kill them first')

    def _do(self, name: str, verb: Verb, change: Change, was: State | None = None, *, together: bool = False) -> Record:
        """Take a machine from its state to the one that comes of the verb; with `together`, all that are in one machine
        with it."""
        with self._change():
            record = self.machine(name)
            after(name, record.state, verb, was or record.point.was)
            kept = []
            for one in self._concerned(verb, record, together):
                state = after(one.name, one.state, verb, was or one.point.was)
                assert state is not None
                kept.append(self._keep(change(one, state)))
            return kept[0]

    def _concerned(self, verb: Verb, record: Record, together: bool = False) -> list[Record]:
        """The machines to which a verb happens that is meant for one. Raises Refused."""
        if self.capacity.type == DERIVED:
            return [record]
        return concerned(self.capacity.type, verb, record, self.machines(), together)

    def _fresh(self, record: Record, state: State) -> Record:
        """It has not booted yet; its disks are as it left them."""
        point = Point(state, self.living.disks(record), storage=record.definition.storage)
        return replace(record, point=point, asked=False, sent="", keyed="")

    def _keep(self, record: Record) -> Record:
        if record.state in ACTIVE:
            admission.check_storage_left(self.living, self.ledger.taken(self.living.page, record.name), record)
        if self.service is not None:
            self.service.cut(record.name)
        self._put(record)
        return record

    def _put(self, record: Record) -> None:
        if self.service is not None:
            self.service.settle(record)
        self.ledger.put(record)

    @contextmanager
    def _change(self, sweep: bool = False) -> Iterator[None]:
        """One change of the ledger, and of contents. Those that nobody needs any more are taken away now and then, or
        with `sweep` at once."""
        try:
            with self.ledger.change():
                yield
                if self._service is not None:
                    self.ledger.keep(self._service.changes())
                self.objects.settle()
        except BaseException:
            self.objects.undo()
            self._service = None  # what is kept is as it was
            raise
        if sweep or self.objects.grown:
            self.objects.sweep(self.ledger.digests().union(*self._coming.values()))

    def _new(self, wanted: Definition) -> None:
        self._free(wanted.name)
        admission.check_arriving(wanted.name, self.ledger.arriving(wanted.name))
        admission.check_more(self.living, self.ledger.taken(self.living.page), wanted)

    def _free(self, name: str) -> None:
        if self.ledger.find(name) is not None:
            raise TraplineError(f"there is a machine {name} already", "choose another name, or undefine that one")

    def _snapshot(self, name: str, snapshot: str) -> Snapshot:
        found = self.snapshots(name)
        kept = next((one for one in found if one.name == snapshot), None)
        if kept is None:
            names = ", ".join(one.name for one in found)
            raise UsageError(f"{name} has no snapshot {snapshot!r:.80}", f"it has {names}" if names else "make one")
        return kept
