"""What is said of containers and virtual machines, and whether the counts confirm it; each with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trapline.bench.contained.counts import KEEPERS, THINGS, Counted
from trapline.bench.contained.systems import CONTAINERS, MACHINES

HARDLY = 1.1  # times as many steps: what is less is hardly noticed
COMPUTING, CALL = list(THINGS)[:2]
Found = Mapping[str, Counted]


@dataclass(frozen=True)
class Saying:
    """What is said, a test of it, and why it is or is not so."""

    says: str
    holds: Callable[[Counted, Counted], bool]
    because: str

    def confirmed(self, found: Found) -> bool:
        return self.holds(found[CONTAINERS.name], found[MACHINES.name])


SAYINGS = (
    Saying(
        "a container starts sooner",
        lambda c, m: c.more < m.more and c.first < m.first,
        "a machine boots a kernel first, and its monitor has read that from the disk before",
    ),
    Saying(
        "more containers fit on a host",
        lambda c, m: c.fit > m.fit,
        "each machine has a kernel and its tables in storage, and all of them are alike",
    ),
    Saying(
        "containers share what they have in common, and machines do not",
        lambda c, m: c.blocks[100] - c.blocks[10] < (m.blocks[100] - m.blocks[10]) / 2,
        "a layer is on the disk once, and a packed machine is whole; on a host of machines (docs/host.md), where equal "
        "blocks are kept once, that is otherwise",
    ),
    Saying(
        "system calls cost less in a container",
        lambda c, m: c.costs[CALL] < m.costs[CALL],
        "in a machine the trap goes to the monitor, which has it go to the kernel, whose privileged instructions are "
        "exits again",
    ),
    Saying(
        "devices cost less in a container",
        lambda c, m: all(c.costs[what] < m.costs[what] for what in list(THINGS)[2:]),
        "the kernel speaks to the device itself; in a machine every word to a port is an exit",
    ),
    Saying(
        f"whoever computes loses {HARDLY - 1:.0%} or more in a machine",
        lambda c, m: m.costs[COMPUTING] >= HARDLY * c.costs[COMPUTING],
        "in between both run on the processor itself; but a tick of the kernel's clock is a dozen exits in a machine",
    ),
    Saying(
        "there is less to be trusted below machines",
        lambda c, m: m.lines < c.lines,
        "it is about as much here; but a monitor is asked for one machine's instructions only, and a kernel for "
        "files, processes and names",
    ),
    Saying(
        "containers keep each other out, as long as the kernel is right",
        lambda c, m: c.spared_checked == m.spared_checked == KEEPERS,
        "every address, handle and number is looked at",
    ),
    Saying(
        "one mistake in the kernel, and all containers are lost",
        lambda c, m: c.spared == 0,
        "whoever takes it has the storage of all",
    ),
    Saying(
        "one mistake in the kernel, and all machines are lost",
        lambda c, m: m.spared == 0,
        "the kernel that is taken is the attacker's own",
    ),
)
