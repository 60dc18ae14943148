"""What a machine of a host has used since it was defined. Nothing takes it back: not a reset, and not a revert."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from operator import add
from typing import Any

from monitor.statistics import Accounts, Decision
from monitor.virtual import Virtual

UNTRAPPED = "no trap"  # the cause of an exit that no trap has caused
_NONE = Accounts({}, 0, 0)


@dataclass(frozen=True, slots=True)
class Passed:
    """Blocks that a machine has read from its disk and written there; frames that it has received and sent, their
    octets, and those that were dropped on the way to it and from it."""

    read: int = 0
    written: int = 0
    received: int = 0
    received_octets: int = 0
    received_dropped: int = 0
    sent: int = 0
    sent_octets: int = 0
    sent_dropped: int = 0

    def __add__(self, other: "Passed") -> "Passed":
        return Passed(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class Used:
    """Steps that ran directly, were interpreted or passed idle, its exits (decision, cause, how many), and what has
    passed its disk and its card."""

    direct: int = 0
    interpreted: int = 0
    idle: int = 0
    exits: tuple[tuple[str, str, int], ...] = ()
    passed: Passed = Passed()

    def __add__(self, other: "Used") -> "Used":
        exits: Counter[tuple[str, str]] = Counter()
        for decision, cause, count in (*self.exits, *other.exits):
            exits[decision, cause] += count
        steps = (self.direct + other.direct, self.interpreted + other.interpreted, self.idle + other.idle)
        found = tuple((*kind, count) for kind, count in sorted(exits.items()))
        return Used(*steps, found, self.passed + other.passed)

    @property
    def counters(self) -> dict[tuple[Decision, str], int]:
        """The exits by decision and cause."""
        return {(Decision(decision), cause): count for decision, cause, count in self.exits}

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        exits = [{"decision": decision, "cause": cause, "count": count} for decision, cause, count in self.exits]
        steps = {"direct": self.direct, "interpreted": self.interpreted, "idle": self.idle}
        return {**steps, "exits": exits, "passed": asdict(self.passed)}

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Used":
        found = [(Decision(one["decision"]).value, one["cause"], int(one["count"])) for one in values["exits"]]
        passed = Passed(**{key: int(count) for key, count in values.get("passed", {}).items()})
        return cls(int(values["direct"]), int(values["interpreted"]), int(values["idle"]), tuple(found), passed)


NOTHING = Used()


def taken(vm: Virtual, passed: Passed) -> Used:
    """What a machine has counted since it was asked the last time, and what has passed its devices."""
    counted, idle = vm.statistics, vm.skipped
    exits = [(decision.value, cause or UNTRAPPED, count) for (decision, cause), count in counted.by_cause().items()]
    found = Used(counted.direct, counted.interpreted, idle, tuple(sorted(exits)), passed)
    counted.rewind(_NONE)
    vm.skipped = 0
    return found
