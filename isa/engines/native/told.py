"""A layer that also writes down each exit, in order: `layered` with a few lines more, in a module of its own.

A record has what happened (an `Outcome`, or `ENTERED`: a trap was delivered, or the mode may have changed), its cause,
the step as this machine's frame counts it since Python last asked, and the mode. Where there is no room for more of
them, native code returns.
"""

from collections.abc import Iterator
from functools import lru_cache
from struct import Struct

from isa.description import Isa, Role
from isa.engines.native.exact import Body
from isa.engines.native.exits import NOTHING
from isa.engines.native.frame import Frame, address
from isa.engines.native.layer_code import LayerCode
from isa.engines.native.layered import Layered
from isa.engines.native.layers import Layer
from isa.engines.native.text import Value, number
from isa.machine.storage import lazy

ENTERED = 0
RECORD = Struct("<QQQQ")
ROOM, MARGIN = 1 << 12, 8  # records; those for which there must be room before a run of the machine below


class ToldLayered(Layered):
    def _full(self, text: Body) -> Value:
        return text.or_(super()._full(text), text.compare("uge", text.field("log"), text.field("log_end")))

    def _count(self, text: Body, *kind: Value) -> None:
        super()._count(text, *kind)
        self._tell(text, *kind[:2])

    def _entered(self, text: Body) -> None:
        self._tell(text, number(64, ENTERED), number(64, NOTHING))

    def _moded(self, text: Body) -> None:
        self._entered(text)

    def _tell(self, text: Body, what: Value, cause: Value) -> None:
        at, step = text.address("log"), text.add(text.field("steps"), text.field("ran"))
        for n, value in enumerate((what, cause, step, self._mode(text))):
            text.store(text.at(at, n), value)
        text.set("log", text.add(text.field("log"), number(64, RECORD.size)))

    def _mode(self, text: Body) -> Value:
        if len(self.isa.roles[Role.MODE]) != 1:
            return number(64, 0)
        place = self.isa.the(Role.MODE)
        slot = self.plan.layout.slots[place.state].first
        whole = text.load(text.at(text.address("state"), slot), 64)
        return text.and_(text.lshr(whole, number(64, place.low)), number(64, (1 << place.width) - 1))


class ToldCode(LayerCode):
    layered = ToldLayered


@lru_cache(maxsize=64)
def told_code(isa: Isa, layer: Layer) -> ToldCode:
    """The native code of a layer that tells, made or loaded once."""
    return ToldCode(isa, layer)


class Log:
    """The records of the machine that has this frame."""

    def __init__(self, frame: Frame) -> None:
        self._frame, self._memory = frame, lazy(RECORD.size * ROOM)
        self._first = address(self._memory)
        frame["log_end"] = self._first + RECORD.size * (ROOM - MARGIN)
        frame["log"] = self._first

    def take(self) -> Iterator[tuple[int, ...]]:
        """(what, cause or NOTHING, step, mode) of each since the last call."""
        used, self._frame["log"] = self._frame["log"] - self._first, self._first
        return RECORD.iter_unpack(bytes(self._memory[:used]))
