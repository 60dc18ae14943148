"""A region as one native function: registers in SSA values, jumps within it as edges.

It has the signature of a handler (`convention.py`); `end` is how many steps are left, `stop` the entry. It takes no
more steps than that, leaves the registers in the state, and goes on in `rejoin` (`landing.py`) with the pc and the
steps that are left. What else handlers pass on is found there: to keep it here would take registers.

It is left *before* any step that it cannot take to the letter: one that would trap, that overwrites code, that comes
back to itself and changes nothing but time, or for which the steps do not suffice. Others take that step then.

It is made of trees (`trees.py`). At the head of a tree it is asked whether the steps suffice for the longest way
through it; charged is the way that was taken, where it leads out. Whatever is known where a part of a tree begins is
asked there, for the whole part, and leaves there.
"""

from collections.abc import Iterator
from typing import ClassVar

from isa.engines.native.accesses import Accesses, Sheet
from isa.engines.native.convention import ARGUMENTS, END, STOP, record_at, tail_alone
from isa.engines.native.frame import FIELD
from isa.engines.native.groups import known_at_head
from isa.engines.native.loops import Loop, counted, known_before
from isa.engines.native.regions import Region
from isa.engines.native.registers import LEFT, PC, RegionValues, variable
from isa.engines.native.rounds import LEAST, Rounds
from isa.engines.native.shapes import Place, shapes_of
from isa.engines.native.summaries import Check, Event, Fetch, Put, State, Summary
from isa.engines.native.text import METADATA, Value, number
from isa.engines.native.trees import Trees
from isa.engines.native.values import Memory
from isa.ir.nodes import TRUE, Const, Expr
from isa.passes.ways import fork

SIGNATURE = ARGUMENTS.replace("ptr %state", "ptr noalias %state").replace("ptr %cells", "ptr noalias %cells")


class Translation:
    """One region. `widths` has the places it uses, `changed` those that it changes. `kind` tells code of a subclass,
    which may write accesses and counted loops in its own way."""

    kind: ClassVar[str] = ""
    accesses_of: ClassVar[type[Accesses]] = Accesses
    rounds_of: ClassVar[type[Rounds]] = Rounds

    def __init__(self, region: Region) -> None:
        self.region = region
        self.plan = shapes_of(region.isa).plan
        self.slots = self.plan.layout.slots
        self.text = Sheet()
        self.trees = Trees(region).heads
        parts = [part for tree in self.trees.values() for part in tree.parts()]
        self.changed = list(dict.fromkeys(place for part in parts for state in part.states() for place in state))
        self.widths = {place: self.slots[place[0]].width for place in self.changed}
        for part in parts:
            self.widths.update((place, node.width) for place, node in part.reads().items())
        self._outside: dict[int, str] = {}
        self._again: tuple[int, str] | None = None  # a counted loop, and where it goes on without being counted again

    def function(self, name: str) -> str:
        self._enter()
        for pc, tree in self.trees.items():
            self.text.block(label(pc))
            loop = self._counted(pc, tree)
            if loop is not None:
                self._again = pc, f"{label(pc)}.again"
                rounds = self.rounds_of(self.text, self.accesses, loop, self._again[1], self._label(loop.exit.value))
                done = rounds.write(self.memory)
                self._took(tree, done)
                rounds.go(done)
                self.text.block(self._again[1])
            self._part(tree, RegionValues(self.text, self.memory))
            self._again = None
        self.text.write_later()
        self._leave()
        return self.text.define(f"define preserve_nonecc i64 @{name}({SIGNATURE})")

    # ---- in and out

    def _enter(self) -> None:
        text = self.text
        for kept, width in ((LEFT, 64), (PC, 64), *((variable(p), w) for p, w in self.widths.items())):
            text.emit(f"{kept} = alloca i{width}")
        text.store(LEFT, END)
        text.lines.append(f"  %lines = load ptr, ptr {text.at('%frame', FIELD['lines'])}")
        for place, width in self.widths.items():
            text.store(variable(place), text.load(self._slot(place), width), width)
        self.accesses = self.accesses_of(text, self.plan.cell_bits)
        self.memory = Memory("%cells", self.accesses.size, self.plan.cell_bits)
        values = RegionValues(text, self.memory)
        self.accesses.prepare(self.trees.values(), values)
        first, *others = self.region.entries
        cases = " ".join(f"i64 {n}, label %{label(pc)}" for n, pc in enumerate(others, 1))
        way = text.load(text.at(record_at(text, STOP), 3), 64)
        text.emit(f"switch {way.typed}, label %{label(first)} [ {cases} ]")

    def _leave(self) -> None:
        text = self.text
        text.block("leave")
        for place in self.changed:
            text.store(self._slot(place), text.load(variable(place), self.widths[place], self.widths[place]))
        rejoin = text.pointer(text.at("%frame", FIELD["rejoin"]))
        tail_alone(text, rejoin, text.load(PC, 64), text.load(LEFT, 64))

    def _out(self, pc: Value) -> None:
        """Leave with this pc."""
        self.text.store(PC, self.text.zext(pc, 64))
        self.text.jump("leave")

    def _slot(self, place: Place) -> str:
        return self.text.at("%state", self.slots[place[0]].first + (place[1] or 0))

    # ---- trees

    def _counted(self, pc: int, tree: Summary) -> Loop | None:
        """The tree as a counted loop, if it is one and worth it."""
        if tree.ways:
            return None
        known = {} if pc in self.region.entries else known_before(self.trees, pc)
        loop = counted(pc, tree, known)
        few = loop is not None and loop.rounds is not None and loop.rounds < LEAST[loop.stores]
        return None if few else loop

    def _part(self, part: Summary, values: RegionValues) -> None:
        """A part of a tree, and those that follow it."""
        text, known = self.text, values.copy()
        away = text.later("away", lambda: self._before(part, part.first, part.before, known))
        if part.first == 0:
            self._suffice(part, away)
        self.accesses.at_head(part, values, away)
        self._took(part, number(64, 1))
        admitted = -1
        for event in part.events:
            if isinstance(event, Put) and event.number != admitted:
                admitted = event.number
                self._admit(part, [e for e in part.events if isinstance(e, Put) and e.number == admitted], values)
            self._event(part, event, values)
        for node in _decisions(part.target):
            values.value(node)
        if not part.ways:
            self._settle(part, values)
        self._jump(part, part.target, values)

    def _settle(self, part: Summary, values: RegionValues) -> None:
        """Write what has changed to the variables, and charge the steps from the tree's head to the end of a part."""
        for place, value in [(place, values.value(node)) for place, node in part.state.items()]:
            self.text.store(variable(place), value, value.width)
        self._charge(part, len(part.line))

    def _suffice(self, tree: Summary, away: str) -> None:
        """Go `away` unless there are steps enough for a tree."""
        text = self.text
        text.guard(text.compare("slt", text.load(LEFT, 64), number(64, self._needed(tree))), away)

    def _charge(self, part: Summary, taken: int) -> None:
        """Charge whoever leaves a tree after so many steps."""
        self.text.store(LEFT, self.text.sub(self.text.load(LEFT, 64), number(64, self._charged(part, taken))))

    @staticmethod
    def _needed(tree: Summary) -> int:
        """For how many steps there must be enough where a tree begins."""
        return tree.charge

    @staticmethod
    def _charged(part: Summary, taken: int) -> int:
        """What is charged to who leaves a tree after so many steps."""
        return taken

    def _took(self, part: Summary, times: Value) -> None:
        """A part of a tree is taken so many times: for `counted`."""

    def _left_out(self, part: Summary, number_: int) -> None:
        """The last time, it is left before one of its steps."""

    def _event(self, part: Summary, event: Event, values: RegionValues) -> None:
        text, accesses = self.text, self.accesses
        match event:
            case Check(_, _, condition):
                text.guard(values.value(condition), self._middle(part, event, values))
            case Fetch(_, _, param, access):
                if access.sure and not known_at_head(event):
                    text.guard(accesses.refused(access, values), self._middle(part, event, values))
                values.loaded[param.name] = accesses.load(access, values, param.width)
            case Put(_, _, guard, access, value):
                word, on = values.value(value), text.label("on")
                if guard is not TRUE:
                    then = text.label("then")
                    text.branch(values.value(guard), then, on)
                    text.block(then)
                accesses.store(access, values, word)
                if guard is not TRUE:
                    text.jump(on)
                    text.block(on)

    def _admit(self, part: Summary, puts: list[Put], values: RegionValues) -> None:
        """Let all stores of one instruction through before the first of them is done."""
        text, accesses = self.text, self.accesses
        for put in puts:
            if known_at_head(put):
                continue
            index, away, on = accesses.index(put.access, values), self._middle(part, put, values), text.label("on")
            if put.guard is not TRUE:
                then = text.label("then")
                text.branch(values.value(put.guard), then, on)
                text.block(then)
            text.guard(accesses.refused(put.access, values), away)
            accesses.note(index, away)
            if put.guard is not TRUE:
                text.jump(on)
                text.block(on)

    def _middle(self, part: Summary, event: Event, values: RegionValues) -> str:
        """Where to leave before an instruction inside a part."""
        known = values.copy()

        def write() -> None:
            self._left_out(part, event.number)
            self._before(part, event.number, event.state, known)

        return self.text.later("middle", write)

    def _before(self, part: Summary, taken: int, state: State, values: RegionValues) -> None:
        """Leave a tree after so many steps, with the state there."""
        for place, value in [(place, values.value(node)) for place, node in state.items()]:
            self.text.store(variable(place), value, value.width)
        self._charge(part, taken)
        self._out(number(64, part.line[taken].pc))

    # ---- jumps

    def _jump(self, part: Summary, target: Expr, values: RegionValues) -> None:
        """Go where the pc says; what it depends on has its values."""
        text, found = self.text, fork(target)
        if found is not None:
            condition, then, otherwise = found
            to, other = self._way(part, then, values), self._way(part, otherwise, values)
            text.branch(values.value(condition), to, other)
            return
        if part.ways:
            self._settle(part, values)
        if isinstance(target, Const):
            text.jump(self._label(target.value))
            return
        going = values.value(target)
        cases = " ".join(f"{number(going.width, e).typed}, label %{label(e)}" for e in self.region.returns)
        elsewhere = text.later("elsewhere", lambda: self._out(going))
        text.emit(f"switch {going.typed}, label %{elsewhere} [ {cases} ]")

    def _way(self, part: Summary, target: Expr, values: RegionValues) -> str:
        """Where one of several ways out of a part leads."""
        if isinstance(target, Const) and not part.ways:
            return self._label(target.value)
        known = values.copy()
        if isinstance(target, Const) and target.value in part.ways:
            return self.text.later("part", lambda: self._part(part.ways[target.value], known))
        return self.text.later("way", lambda: self._jump(part, target, known))

    def _label(self, pc: int) -> str:
        """Where a pc is, in the region or outside."""
        if self._again is not None and self._again[0] == pc:
            return self._again[1]
        if pc in self.trees:
            return label(pc)
        if pc not in self._outside:
            self._outside[pc] = self.text.later("done", lambda: self._out(number(64, pc)))
        return self._outside[pc]


def source(region: Region, name: str, translation: type[Translation] = Translation) -> str:
    """The LLVM text of a region, as a function of that name."""
    return "\n".join([translation(region).function(name), METADATA])


def label(pc: int) -> str:
    """Where the block at a pc begins."""
    return f"pc.{pc:x}"


def _decisions(target: Expr) -> Iterator[Expr]:
    """What a jump depends on: its conditions, and where it goes."""
    found = fork(target)
    if found is None:
        yield target
        return
    condition, then, otherwise = found
    yield condition
    yield from _decisions(then)
    yield from _decisions(otherwise)
