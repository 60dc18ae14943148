"""What is under every verb of a host: its folder, taken as one process's own, and changes of it, each whole or nothing.

Next: `between.py`, what happens between two hosts, and `host.py`, what users do.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from isa.engines.choice import DEFAULT
from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.files.tables import LARGEST
from monitor.host import admission
from monitor.host.capacity import read_capacity
from monitor.host.captures import Captures
from monitor.host.contents import Contents
from monitor.host.copies import Copies
from monitor.host.definition import Definition
from monitor.host.ledger import Ledger
from monitor.host.life import ACTIVE, State, Verb, after
from monitor.host.living import Living
from monitor.host.looking import LEDGER, OBJECTS, file_of, served, wired
from monitor.host.networks import joined
from monitor.host.objects import Objects
from monitor.host.owner import Owner
from monitor.host.record import Record
from monitor.host.service import Service
from monitor.host.together import Together
from monitor.host.types import DERIVED, concerned
from monitor.host.wires import Wires

Change = Callable[[Record, State], Record]


class Keeping:
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
            self._wires: Wires | None = None
            self.captures, self.copies = Captures(folder), Copies(folder, self.contents)
            self._kept: dict[str, Record] = {}  # by the change that is being made
            self._coming: dict[str, frozenset[str]] = {}  # what was sent of machines that are on their way here
            self._begin()
        except BaseException:
            self._owner.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder. Machines stay as they are; those that run take steps again in the next `run`."""
        self.objects.close()
        self.ledger.close()
        self._owner.close()

    def machines(self) -> list[Record]:
        return self.ledger.machines()

    def machine(self, name: str) -> Record:
        return self.ledger.machine(name)

    @property
    def service(self) -> Service | None:
        """The policy over the machines that are on; None on a host that has none. Raises TraplineError."""
        if self._service is None and self.capacity.policy:
            self._service = served(self.capacity, self.ledger)
        return self._service

    @property
    def wires(self) -> Wires | None:
        """The networks of the machines; None on a host that has none. Raises TraplineError."""
        if self._wires is None and self.capacity.networks:
            self._wires = wired(self.capacity, self.ledger)
            self._wires.told = self.captures.note
        return self._wires

    @property
    def flying(self) -> bool:
        """Whether frames are on the way: then time passes though all machines wait."""
        return self.wires is not None and self.wires.flying

    @property
    def clock(self) -> int:
        """Of the networks, in steps."""
        return (
            self.service.books.spent if self.service is not None else self.wires.clock if self.wires is not None else 0
        )

    def joined(self, wanted: Definition) -> Definition:
        """A definition with ports that are free. Raises TraplineError."""
        if not wanted.networks:
            return wanted
        others = [record for record in [*self.machines(), *self.ledger.coming()] if record.name != wanted.name]
        parts = [part for record in others for part in record.definition.networks]
        free = joined(self.living.isa, self.capacity.networks, wanted.name, wanted.networks, parts)
        return replace(wanted, networks=free)

    def _begin(self) -> None:
        """Put in order what a process has left that was killed."""

    # ---- changes

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
        self._kept[record.name] = record

    @contextmanager
    def _change(self, sweep: bool = False) -> Iterator[None]:
        """One change of the ledger, and of contents. Those that nobody needs any more are taken away now and then, or
        with `sweep` at once."""
        self._kept.clear()
        try:
            with self.ledger.change():
                yield
                if self._service is not None:
                    self.ledger.keep(self._service.changes())
                self.objects.settle()
        except BaseException:
            self.objects.undo()
            self.captures.undo()
            self._service = self._wires = None  # what is kept is as it was
            raise
        with suppress(OSError):  # what was done is done
            self.captures.write()
        self.copies.bring(self._kept.values())
        if sweep or self.objects.grown:
            self.objects.sweep(self.ledger.digests().union(*self._coming.values()))

    def _free(self, name: str) -> None:
        if self.ledger.find(name) is not None:
            raise TraplineError(f"there is a machine {name} already", "choose another name, or undefine that one")
