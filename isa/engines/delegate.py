"""An engine that has another one do the work; a subclass says what is different."""

from isa.machine.exits import Pause, Trap
from isa.machine.machine import Engine
from isa.machine.records import Trace


class Delegate:
    """See `isa.machine.machine.Engine`; `inner` may be replaced between two steps."""

    def __init__(self, inner: Engine) -> None:
        self.inner = inner

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        return self.inner.execute(limit)

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        return self.inner.deliver(limit)

    def record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]:
        return self.inner.record(limit, deliver, trace)

    def enter(self, trap: Trap) -> None:
        self.inner.enter(trap)

    def reset(self) -> None:
        self.inner.reset()

    def advance(self, steps: int) -> None:
        self.inner.advance(steps)

    def spin_horizon(self) -> int:
        return self.inner.spin_horizon()

    def peek(self) -> int | Trap:
        return self.inner.peek()

    def place(self) -> int | None:
        return self.inner.place()

    def level(self) -> object | None:
        return self.inner.level()
