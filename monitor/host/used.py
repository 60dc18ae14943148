"""What a machine of a host has used since it was defined. Nothing takes it back: not a reset, and not a revert."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.statistics import Accounts, Decision
from monitor.virtual import Virtual

UNTRAPPED = "no trap"  # the cause of an exit that no trap has caused
_NONE = Accounts({}, {}, 0, 0)


@dataclass(frozen=True, slots=True)
class Used:
    """Steps that ran directly, were interpreted or passed idle, and its exits: decision, cause, how many."""

    direct: int = 0
    interpreted: int = 0
    idle: int = 0
    exits: tuple[tuple[str, str, int], ...] = ()

    def __add__(self, other: "Used") -> "Used":
        exits: Counter[tuple[str, str]] = Counter()
        for decision, cause, count in (*self.exits, *other.exits):
            exits[decision, cause] += count
        steps = (self.direct + other.direct, self.interpreted + other.interpreted, self.idle + other.idle)
        return Used(*steps, tuple((*kind, count) for kind, count in sorted(exits.items())))

    @property
    def counters(self) -> dict[tuple[Decision, str], int]:
        """The exits by decision and cause."""
        return {(Decision(decision), cause): count for decision, cause, count in self.exits}

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        exits = [{"decision": decision, "cause": cause, "count": count} for decision, cause, count in self.exits]
        return {"direct": self.direct, "interpreted": self.interpreted, "idle": self.idle, "exits": exits}

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Used":
        found = [(Decision(one["decision"]).value, one["cause"], int(one["count"])) for one in values["exits"]]
        return cls(int(values["direct"]), int(values["interpreted"]), int(values["idle"]), tuple(found))


NOTHING = Used()


def taken(vm: Virtual) -> Used:
    """What a machine has counted since it was asked the last time."""
    counted, idle = vm.statistics, vm.skipped
    exits = [(decision.value, cause or UNTRAPPED, count) for (decision, cause), count in counted.by_cause().items()]
    found = Used(counted.direct, counted.interpreted, idle, tuple(sorted(exits)))
    counted.rewind(_NONE)
    vm.skipped = 0
    return found
