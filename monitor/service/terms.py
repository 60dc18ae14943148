"""What a machine is promised."""

from dataclasses import dataclass

from isa.errors import MachineError
from monitor.service.words import PARTS

PERIOD = 100_000  # steps
MOST_WEIGHT, MOST_PERIOD = 1 << 10, 1 << 20
_UNIT = 1 << 20  # of weight 1: what a step adds to its pass


@dataclass(frozen=True, slots=True)
class Terms:
    """`weight` is a machine's share beside the weights of others; `cap` steps are the most that it may have in a
    period, and `reserve` steps what it has in every one; `slot` is its part of a static partition's frame. It runs on
    the processors `pins` only, or on any. Raises MachineError for what no policy can promise."""

    weight: int = 1
    reserve: int = 0
    cap: int | None = None
    period: int = PERIOD
    slot: int = 0
    pins: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        _check("weight", self.weight, 1, MOST_WEIGHT)
        _check("period", self.period, 1, MOST_PERIOD)
        _check("cap", self.most, 1, self.period)
        _check("reservation", self.reserve, 0, self.most)
        _check("slot", self.slot, 0, MOST_PERIOD)

    @property
    def most(self) -> int:
        return self.period if self.cap is None else self.cap

    @property
    def unit(self) -> int:
        """What a step adds to the pass: the less, the greater the weight."""
        return _UNIT // self.weight

    @property
    def share(self) -> int:
        """What is reserved of a processor, in parts, rounded up."""
        return -(-self.reserve * PARTS // self.period)

    def words(self) -> dict[str, int]:
        """As accounts have it."""
        return {
            "unit": self.unit,
            "reserve": self.reserve,
            "share": self.share,
            "cap": self.most,
            "period": self.period,
            "length": self.slot,
        }


def _check(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise MachineError(f"a {what} of {value} cannot be promised", f"give one from {low} to {high:,}")
