"""Trees: what follows a place of a region, as far as it is known where that is, with both ways of each choice.

A tree goes on past calls, and past returns to where it knows them to lead: a routine that is called in a tree is a part
of it. What several trees come to is in each of them. So most of what is asked at the head of a piece of code is asked
once for many pieces. A loop begins a tree of its own, which has nothing in it of what comes behind the loop.
"""

from collections import Counter
from collections.abc import Iterator

from isa.engines.native.regions import Region
from isa.engines.native.summaries import Summary
from isa.ir.nodes import Const
from isa.passes.ways import leaves

LONGEST = 40  # steps of a way through a tree after which it does not go on
LARGEST = 96  # and instructions of all its ways
COPIES = 2  # times the instructions of a region, after which nothing is in several trees any more


class Trees:
    """The trees of one region, in `heads`: by their first pc, the region's entries first."""

    def __init__(self, region: Region) -> None:
        self.code, self.entries, self.loops = region.code, {*region.entries}, region.loops
        self.heads: dict[int, Summary] = {}
        self._ways = Counter(goal for placed in self.code.values() for goal in placed.goals)
        self._made = 0
        waiting = list(reversed(region.entries))
        while waiting:
            pc = waiting.pop()
            if pc in self.code and pc not in self.heads:
                tree = self.heads[pc] = self._tree(pc)
                waiting += (goal for part in tree.parts() for goal in goals(part) if goal not in part.ways)

    def _tree(self, pc: int) -> Summary:
        self._around = min((loop for loop in self.loops.values() if pc in loop), key=len, default=set(self.code))
        self._size = 0
        tree = Summary()
        self._grow(tree, pc)
        charge = max(len(part.line) for part in tree.parts())
        for part in tree.parts():
            part.charge = charge
        return tree

    def _grow(self, part: Summary, pc: int) -> None:
        """Follow the code from a pc on."""
        following = {pc}
        while len(following) == 1:
            part.follow(self.code[following.pop()])
            self._size, self._made = self._size + 1, self._made + 1
            following = {goal for goal in goals(part) if self._goes_on(part, goal)}
            if len({*leaves(part.target)}) > 1:
                break
        for goal in sorted(following):
            part.ways[goal] = part.child()
            self._grow(part.ways[goal], goal)

    def _goes_on(self, part: Summary, goal: int) -> bool:
        if goal not in self._around or goal in self.loops or any(placed.pc == goal for placed in part.line):
            return False
        if part.line[-1].on == goal and self._ways[goal] == 1 and goal not in self.entries:
            return True
        return len(part.line) < LONGEST and self._size < LARGEST and self._made < COPIES * len(self.code)


def goals(part: Summary) -> Iterator[int]:
    """The known pcs to which a part of a tree leads."""
    return (leaf.value for leaf in leaves(part.target) if isinstance(leaf, Const))
