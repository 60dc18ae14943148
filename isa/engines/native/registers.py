"""The state of a machine inside a region: every place in a variable, which LLVM makes an SSA value."""

from isa.engines.native.groups import Group
from isa.engines.native.shapes import Access, Place
from isa.engines.native.text import Text, Value
from isa.engines.native.values import Memory, Values
from isa.ir.nodes import Element

LEFT, PC = "%steps", "%goal"  # where the steps that are left, and the pc to leave with, are kept


class RegionValues(Values):
    """Expressions over the variables as they are where each is first asked for; loaded words by the names of their
    parameters. `starts` has where addresses begin that were let through, `noted` those that may be stored to."""

    def __init__(self, text: Text, memory: Memory) -> None:
        super().__init__(text, {}, memory, {})
        self.loaded: dict[str, Value] = {}
        self.starts: list[tuple[Group, Value]] = []
        self.noted: set[Access] = set()

    def read(self, state: str, width: int) -> Value:
        return self.text.load(variable((state, None)), width, width)

    def element(self, state: str, index: Value, node: Element) -> Value:
        return self.text.load(variable((state, int(index.text))), node.width, node.width)

    def param(self, name: str, width: int) -> Value:
        return self.loaded[name]

    def copy(self) -> "RegionValues":
        """What is known here, to go on from elsewhere."""
        copied = RegionValues(self.text, self._memory)
        copied.values, copied.loaded = dict(self.values), dict(self.loaded)
        copied.starts, copied.noted = list(self.starts), set(self.noted)
        return copied


def variable(place: Place) -> str:
    """Where a place is kept."""
    state, cell = place
    return f"%r.{state}" if cell is None else f"%r.{state}.{cell}"
