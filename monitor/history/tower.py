"""A whole tower at a moment: a machine, those that it runs on, and what their monitors count."""

from collections.abc import Iterable
from dataclasses import dataclass

from isa.machine import Exit, Machine
from isa.machine.moment import Moment, shared
from monitor.monitor import VirtualMachine
from monitor.statistics import Accounts

EXIT_BYTES = 400  # what the host takes for one kind of exit, counted


@dataclass(frozen=True, slots=True)
class Account:
    """What is kept of a virtual machine beside its moment: `last_exit` is its dispatcher's."""

    exit: Exit | None
    last_exit: int
    counted: Accounts

    @classmethod
    def take(cls, vm: VirtualMachine, before: "Account | None") -> "Account":
        counted = vm.statistics.mark()
        return cls(vm.exit, vm.dispatcher.last_exit, shared(before.counted, counted) if before else counted)

    def put(self, vm: VirtualMachine) -> None:
        vm.exit, vm.dispatcher.last_exit = self.exit, self.last_exit
        vm.statistics.rewind(self.counted)


@dataclass(frozen=True, slots=True)
class Tower:
    """The machines of a tower as they were, in the order of `machines_of`, their storage apart."""

    moments: tuple[Moment, ...]
    accounts: tuple[Account | None, ...]

    @classmethod
    def take(cls, machines: list[Machine], before: "Tower | None" = None) -> "Tower":
        """What they are now. `before` is another moment of them."""
        moments = before.moments if before else [None] * len(machines)
        accounts = before.accounts if before else [None] * len(machines)
        return cls(
            tuple(map(Moment.take, machines, moments)),
            tuple(
                Account.take(machine, account) if isinstance(machine, VirtualMachine) else None
                for machine, account in zip(machines, accounts, strict=True)
            ),
        )

    def put(self, machines: list[Machine]) -> None:
        """Make them what they were. The one on top comes last: those below may have its generator."""
        for machine, moment, account in reversed(list(zip(machines, self.moments, self.accounts, strict=True))):
            moment.put(machine)
            if account is not None and isinstance(machine, VirtualMachine):
                account.put(machine)

    def size(self, before: "Tower | None" = None) -> int:
        """How many bytes it takes beside that moment, about."""
        moments = before.moments if before else [None] * len(self.moments)
        accounts = before.accounts if before else [None] * len(self.accounts)
        own = sum(moment.size(other) for moment, other in zip(self.moments, moments, strict=True))
        for account, known in zip(self.accounts, accounts, strict=True):
            if account and not (known and account.counted is known.counted):
                own += EXIT_BYTES * len(account.counted.counts)
        return own


def machines_of(guests: Iterable[Machine]) -> list[Machine]:
    """These machines, those that they run on down to the real one, and those that their monitors run beside them."""
    found: dict[int, Machine] = {id(guest): guest for guest in guests}
    hosts = {id(host): host for guest in list(found.values()) for host in guest.hosts}
    found |= hosts
    for host in hosts.values():
        if isinstance(host, VirtualMachine):
            found |= {id(vm): vm for vm in host.monitor.machines}
    return list(found.values())
