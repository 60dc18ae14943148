"""Counted loops in native code: all rounds let through at once, then run with nothing to ask.

Each counted loop is there twice: as a block like any other, and without its guards. Who arrives computes how many
rounds there will be, and takes as many of them as the steps suffice for in the second version, if every access of them
is let through. The rest, if there is one, is left to the first.
"""

from collections.abc import Iterator

from isa.engines.native.accesses import Accesses, Sheet
from isa.engines.native.claims import claimed
from isa.engines.native.groups import Group, groups
from isa.engines.native.loops import MOST, Loop, Until, While
from isa.engines.native.registers import LEFT, RegionValues, variable
from isa.engines.native.shapes import Access, Place, Room
from isa.engines.native.summaries import Fetch, Put, as_signed, split
from isa.engines.native.text import USUAL, Value, number
from isa.engines.native.values import Memory
from isa.ir.nodes import Const, Expr
from isa.machine.storage import LINE_SHIFT

LEAST = {False: 4, True: 12}  # rounds that are worth it, by whether the loop stores
NARROW = 32  # bits of numbers of which nothing made here wraps in 64
NEAR, FAR, FARTHEST = 31, 40, 62  # bits of signed and of unsigned ones like that among wider ones, and of what is made
SPARSE = 16  # lines that are looked at for each round, at most


class Rounds:
    """Writes one loop's second version. `slow` is where the first is, `out` where the loop goes afterwards."""

    def __init__(self, text: Sheet, accesses: Accesses, loop: Loop, slow: str, out: str) -> None:
        self.text, self.accesses, self.loop, self.slow, self.out = text, accesses, loop, slow, out
        self.events = [e for e in loop.made.events if isinstance(e, Fetch | Put)]
        self._starts: dict[tuple[Room, Expr], tuple[Value, int]] = {}

    def write(self, memory: Memory) -> Value:
        """All of it, from the loop's head on up to where it is done: how many rounds there were. `go` follows."""
        text = self.text
        self.values = RegionValues(text, memory)
        left = text.load(LEFT, 64)
        self._all = wanted = self._wanted()
        rounds = self._granted(wanted, left)
        self._let_through(rounds)
        again, done = text.label("again"), text.label("done")
        top = text.label("top")
        straight = {place: self.values.value(node) for place, node in self._straight()}
        moves = {place: self.values.value(self.loop.steps[place]) for place in straight}
        starts = [(e, self._start(e.access), self._wide(self.loop.step(e.access.address), True)) for e in self.events]
        text.jump(top)
        text.block(top)
        text.jump(again)
        text.block(again)
        serial = Value(64, text.named(f"phi i64 [ 0, %{top} ], [ %{again}.next, %{again} ]"))
        inside = RegionValues(text, memory)
        for place, node in self._straight():
            moved = text.mul(text.trunc(serial, node.width), moves[place])
            inside.values[node] = text.add(straight[place], moved)
        for event, start, by in starts:
            index = text.add(start, text.mul(serial, by))
            if isinstance(event, Fetch):
                inside.loaded[event.param.name] = self.accesses.load_at(index, event.param.width)
            else:
                self.accesses.store_at(index, inside.value(event.value))
        carried = [(p, v) for p, v in self.loop.made.state.items() if p not in self.loop.steps]
        for place, value in [(place, inside.value(value)) for place, value in carried]:
            text.store(variable(place), value, value.width)
        text.emit(f"%{again}.next = add nuw nsw i64 {serial.text}, 1")
        text.branch(text.compare("eq", Value(64, f"%{again}.next"), rounds), done, again)
        text.block(done)
        for place, start in straight.items():
            moved = text.add(start, text.mul(text.trunc(rounds, start.width), moves[place]))
            text.store(variable(place), moved, moved.width)
        text.store(LEFT, text.sub(left, text.mul(rounds, number(64, len(self.loop.made.line)))))
        return rounds

    def go(self, rounds: Value) -> None:
        """Go on after so many of them."""
        if rounds is self._all:
            self.text.jump(self.out)
        else:
            self.text.branch(self.text.compare("eq", rounds, self._all), self.out, self.slow)

    def _straight(self) -> Iterator[tuple[Place, Expr]]:
        """The straight places, and how they are read. All of them change."""
        reads = self.loop.made.reads()
        return ((place, reads[place]) for place in self.loop.steps)

    def _wide(self, expr: Expr, signed: bool = False) -> Value:
        """A value in 64 bits, if it is small: of up to 32 bits each one is."""
        if isinstance(expr, Const):
            value = number(64, as_signed(expr) if signed else expr.value)
        else:
            narrow = self.values.value(expr)
            value = self.text.sext(narrow, 64) if signed else self.text.zext(narrow, 64)
        if expr.width > NARROW:
            self._small(value, signed)
        return value

    def _small(self, value: Value, signed: bool) -> None:
        """Only the first version will do for a large number."""
        if signed:
            value = self.text.add(value, number(64, 1 << NEAR))
        self._unless(self.text.compare("uge", value, number(64, 1 << (NEAR + 1 if signed else FAR))))

    def _unless(self, condition: Value) -> None:
        """Only the first version will do if the condition holds."""
        self.text.guard(condition, self.slow)

    # ---- how many

    def _wanted(self) -> Value:
        """How many rounds there are."""
        known, test = self.loop.rounds, self.loop.test
        if known is not None:
            return number(64, known)
        behind = self._until(test) if isinstance(test, Until) else self._while(test)
        return self.text.add(behind, number(64, 1))

    def _until(self, test: Until) -> Value:
        """After how many rounds the value is 0."""
        text, start = self.text, self.values.value(test.value)
        distance = text.zext(start if test.step < 0 else text.sub(text.zero(start), start), 64)
        if start.width > NARROW:
            self._small(distance, False)
        by = number(64, abs(test.step))
        if by.text == "1":
            return distance
        self._unless(text.compare("ne", text.urem(distance, by), number(64, 0)))
        return text.udiv(distance, by)

    def _while(self, test: While) -> Value:
        """After how many rounds the low one has reached the high one."""
        text, zero, one = self.text, number(64, 0), number(64, 1)
        low, high = self._wide(test.low, test.signed), self._wide(test.high, test.signed)
        up, down = self._wide(test.low_step, True), self._wide(test.high_step, True)
        speed = text.sub(up, down)
        self._unless(text.compare("sle", speed, zero))
        distance = text.sub(high, low)
        if test.equal:
            distance = text.add(distance, one)
        rounds = text.udiv(text.sub(text.add(distance, speed), one), speed)
        rounds = text.select(text.compare("sgt", distance, zero), rounds, zero)
        moving, by = (low, up) if down.text == "0" else (high, down)
        self._within(text.add(moving, text.mul(rounds, by)), test)
        return rounds

    def _within(self, last: Value, test: While) -> None:
        """What is compared must not have wrapped before the end."""
        bits = min(test.low.width, FARTHEST) - test.signed
        self._unless(self.text.compare("sge", last, number(64, 1 << bits)))
        self._unless(self.text.compare("slt", last, number(64, -(1 << bits) if test.signed else 0)))

    def _granted(self, wanted: Value, left: Value) -> Value:
        """How many of them the steps suffice for, mostly all; all or none if their number is a constant."""
        text, length = self.text, len(self.loop.made.line)
        if self.loop.rounds is not None:
            self._unless(text.compare("ult", left, number(64, length * self.loop.rounds)))
            return wanted
        every, part, granted = text.label("every"), text.label("part"), text.label("granted")
        text.jump(every)
        text.block(every)
        suffices = text.compare("ule", text.mul(wanted, number(64, length)), left)
        suffices = text.and_(suffices, text.compare("ule", wanted, number(64, MOST)))
        text.branch(suffices, granted, part, USUAL)
        text.block(part)
        most = text.udiv(left, number(64, length))
        most = text.select(text.compare("ult", most, number(64, MOST)), most, number(64, MOST))
        text.jump(granted)
        text.block(granted)
        rounds = text.phi(64, (wanted, every), (most, part))
        self._unless(text.compare("ult", rounds, number(64, LEAST[self.loop.stores])))
        return rounds

    # ---- what they access

    def _let_through(self, rounds: Value) -> None:
        """Ask for all rounds what a block asks for one."""
        text, before = self.text, self.text.sub(rounds, number(64, 1))
        for group in groups(e.access for e in self.events):
            first, by = self._wide(group.first), self._wide(self.loop.step(group.first), True)
            last = text.add(first, text.mul(before, by))
            self._unless(self.accesses.outside(group.room, first, group.span))
            if by.text != "0":
                self._unless(self.accesses.outside(group.room, last, group.span))
            root, offset = split(group.first)
            self._starts[group.room, root] = text.add(self.accesses.origin(group.room), first), offset
        for group in groups(e.access for e in self.events if isinstance(e, Put)):
            self._claim(group, before)

    def _start(self, access: Access) -> Value:
        """The place in storage of an access in the first round."""
        root, offset = split(access.address)
        start, first = self._starts[access.room, root]
        return self.text.add(start, number(64, offset - first)) if offset != first else start

    def _claim(self, group: Group, before: Value) -> None:
        """Note that all these words will be written, if no code was made of them."""
        text, step = self.text, self.loop.step(group.first)
        by, span = self._wide(step, True), number(64, group.span)
        first = self._start(Access(group.room, group.first, True))
        last = text.add(first, text.mul(before, by))
        falls = text.compare("slt", by, number(64, 0))
        low, high = text.select(falls, last, first), text.add(text.select(falls, first, last), span)
        stride = abs(as_signed(step)) if isinstance(step, Const) else None
        if stride is None or stride > SPARSE << LINE_SHIFT:
            lines = text.lshr(text.sub(high, low), number(64, LINE_SHIFT))
            self._unless(text.compare("ugt", lines, text.mul(before, number(64, SPARSE))))
        dense = stride is not None and max(stride, group.span) <= 1 << LINE_SHIFT
        self._unless(text.is_zero(claimed(text, low, high, dense)))
