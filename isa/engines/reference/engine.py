"""The reference engine: Python made from the IR, the oracle for every other engine.

`ReferenceEngine.single` is one step to the letter: prologue, fetch, decode, instruction. `execute` is a loop of it,
with two shortcuts that change nothing but speed: code that has run a few times is translated into blocks
(`isa.engines.reference.blocks`), and the prologue is not asked before its horizon (`isa.machine.time`).
"""

from array import array
from collections.abc import Callable
from typing import Any

from isa.devices import DeviceFailure
from isa.engines.reference.blocks import LONGEST, Line, block_source, compiled_block
from isa.engines.reference.delivery import deliver
from isa.engines.reference.recording import record
from isa.engines.reference.steps import steps_of
from isa.machine.exits import Pause, Trap
from isa.machine.machine import Machine
from isa.machine.records import Trace

Stop = Trap | Pause
Block = tuple[Callable[..., int], int]  # the function and the most steps one pass may take
Context = tuple[int, ...]
Blocks = dict[int, Block | int | None]  # by pc; the heat of code that has none, and None where there can be none

HAPPENED = (Pause.HALT, Pause.ASKED)  # stops after a step; all others are stops before one
HOT = 16  # how often a pc is stepped singly before a block is made there
REWRITTEN = -1000  # the heat of code that changed
MOST_WORDS, MOST_BLOCKS, MOST_CONTEXTS = 1 << 16, 1 << 12, 1 << 8  # bounds of the caches, against hostile programs


class ReferenceEngine:
    """Runs one machine. Stateless but for caches: everything that matters is in the machine's state and storage."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.isa, self.state, self.storage = machine.isa, machine.state, machine.storage
        self.size = self.storage.size
        self.lines, self.touch = self.storage.lines, self.storage.touch
        self.loads: Any = self.storage.cells  # what instructions read, once they are fetched
        self.stores: Any = self.storage.cells  # what they and the trap entry write
        self.done = 0  # steps of the present `execute` before the one under way: devices want to know the time
        self.place_of_word: int | None = None  # where the last word lies that was fetched for a step
        self._asked = False
        self.steps = steps_of(self.isa)
        self.translator = self.steps.translator
        self._decoded = self.steps.decoded
        self._contexts: dict[Context, Blocks] = {}
        self._in_block: dict[int, list[tuple[Blocks, int]]] = {}
        self._block_count = 0
        self._listens = False  # to stores into code
        slots = self.steps.layout.slots
        self._pc = slots[self.isa.pc].first
        self._index = self.steps.fetch_index
        self._translates = self.translator.possible and self.steps.time is not None
        self._heeded: tuple[set[int], set[int]] | None = None  # the breakpoints that no block passes

    # ---- what compiled steps ask of `e`

    def recv(self, channel: str, index: int) -> int:
        self._asked = True
        return self.machine.receive(channel, index, self.done)

    def send(self, channel: str, index: int, word: int) -> None:
        self._asked = True
        self.machine.send(channel, index, word, self.done)

    def unknown(self, serial: int, width: int) -> int:
        return self.machine.random.getrandbits(width)

    # ---- running

    def execute(self, limit: int) -> tuple[int, Stop]:
        """Run at most `limit` steps (at least 1) without a device event between them.

        Returns how many ran and why it stopped; a trap or spin is the step that did not run. `left` steps may run
        before the prologue must be asked; `lag` steps have run in blocks that the counters do not show yet.
        """
        s, m, pc, steps, machine = self.state.block, self.storage.cells, self._pc, self.steps, self.machine
        context = steps.context(s)
        if context is None:
            return 0, Pause.HALT
        breaking = machine.breakpoints or machine.break_places
        if breaking or self._heeded:
            self._heed()
        if limit <= LONGEST or not self._translates:
            return self._execute_singly(limit)
        done = lag = left = 0
        blocks = self._contexts.get(context) or self._context()
        while done < limit:
            if breaking and done and machine.at_breakpoint():
                break
            entry = blocks.get(s[pc], 0)
            if left <= 0 and entry is not None:
                if lag:
                    steps.advance(s, m, self, lag)
                    lag = 0
                left = min(limit - done, steps.horizon(s, m, self))
            if isinstance(entry, tuple):
                run, longest = entry
                if longest <= left:
                    ran = run(s, m, self.lines, self.touch, left)
                    if ran:
                        done, lag, left = done + ran, lag + ran, left - ran
                        continue
            elif entry is not None and left > LONGEST and self._warm(blocks, s[pc], entry):
                continue
            if lag:
                steps.advance(s, m, self, lag)
                lag = 0
            self.done = done
            stop = self.single()
            if stop is not None:
                return done + (stop.__class__ is Pause and stop in HAPPENED), stop
            done, left = done + 1, left - 1
            if machine.attentive and not self._was_plain:
                break
            if not self._was_quiet:
                left, blocks = 0, self._context()
        if lag:
            steps.advance(s, m, self, lag)
        return done, Pause.LIMIT

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        """As `execute`, but traps are delivered, one step each, and it goes on after them."""
        return deliver(self, self.machine, limit)

    def record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Stop]:
        """As `deliver` or `execute`, with records of the steps. To the letter, without shortcuts."""
        return record(self, limit, deliver, trace)

    def _execute_singly(self, limit: int) -> tuple[int, Stop]:
        single, machine, breaking = self.single, self.machine, self.machine.breaking
        attentive = machine.attentive
        for self.done in range(limit):
            if breaking and self.done and machine.at_breakpoint():
                return self.done, Pause.LIMIT
            stop = single()
            if stop is not None:
                return self.done + (stop.__class__ is Pause and stop in HAPPENED), stop
            if attentive and not self._was_plain:
                return self.done + 1, Pause.LIMIT
        return limit, Pause.LIMIT

    def single(self) -> Stop | None:
        """One step to the letter. Returns what kept it from happening (a trap, a spin, a failed device), or what came
        of it (`HAPPENED`), or None."""
        s, m = self.state.block, self.storage.cells
        word = self.steps.begin(s, m, self)
        if word.__class__ is Trap:
            return word
        decoded = self._decoded.get(word) or self.steps.decode(word)
        step, operands, spin, self._was_plain, self._was_quiet, self.last = decoded
        if spin is not None and spin(s, m, self, *operands):
            return Pause.SPIN
        try:
            trap: Trap | None = step(s, self.loads, self, *operands)
        except DeviceFailure as failure:
            self.machine.stopped_by = failure.message
            return Pause.DEVICE
        if trap is not None:
            return trap
        return None if self._was_quiet else self._after()

    def _after(self) -> Stop | None:
        """What a step that was not quiet leads to."""
        asked, self._asked = self._asked, False
        return Pause.HALT if self.machine.halted else Pause.ASKED if asked else None

    def peek(self) -> int | Trap:
        """The word that the next step would fetch, or the trap that its fetch would raise."""
        word: int | Trap = self.steps.fetch(self.state.block, self.storage.cells, self)
        return word

    def place(self) -> int | None:
        """Where in storage the next step's word lies; None if its fetch would trap or is not a plain access."""
        index: int | None = self.steps.place(self.state.block, self.storage.cells, self)
        return index

    def spin_horizon(self) -> int:
        """After how many steps the instruction that spins here would do something else, or the prologue would trap."""
        s, m = self.state.block, self.storage.cells
        word = self.steps.fetch(s, m, self)
        decoded = self._decoded.get(word) or self.steps.decode(word)
        horizon: int = self.steps.spin_horizon(decoded.name)(s, m, self, *decoded.operands)
        return horizon

    def advance(self, steps: int) -> None:
        """Move the counters by that many untrapped steps."""
        self.steps.advance(self.state.block, self.storage.cells, self, steps)

    def enter(self, trap: Trap) -> None:
        """Perform `on trap`."""
        self.steps.entry(self.state.block, self.storage.cells, self, trap.cause, trap.info)

    def reset(self) -> None:
        """Perform `on reset`."""
        self.steps.reset(self.state.block, self.storage.cells, self)

    def level(self) -> object | None:
        """This machine for native code that runs others on it (see `isa.engines.native.layers`); None if there is no
        native code for it."""
        return None

    # ---- translating

    def _context(self) -> Blocks:
        """The blocks (and heat counts) of the present context."""
        key = self.steps.context(self.state.block)
        found = self._contexts.get(key)
        if found is None:
            if len(self._contexts) >= MOST_CONTEXTS:
                self._forget_all()
                self._contexts.clear()
            found = self._contexts[key] = {}
        return found

    def _warm(self, blocks: Blocks, pc: int, heat: int) -> bool:
        """Count a visit to code that has no block; True if it now has one."""
        if len(blocks) >= MOST_WORDS or self._block_count >= MOST_BLOCKS:
            self._forget_all()
        elif heat + 1 < HOT:
            blocks[pc] = heat + 1
        else:
            block = self._translate(blocks, pc)
            blocks[pc] = block
            return block is not None
        return False

    def _translate(self, blocks: Blocks, pc: int) -> Block | None:
        """A block from this pc on in the present context, or None if nothing there can be in one."""
        lines = self._lines(pc)
        if not lines:
            return None
        if not self._listens:
            self._listens = True
            self.storage.on_code_write(self._forget)
        self._block_count += 1
        for line in lines:
            word = self.storage.mark_code(line.index)
            self._in_block.setdefault(word, []).append((blocks, pc))
        return compiled_block(block_source(self.translator, self.steps.layout, lines, self.size)), len(lines)

    def _lines(self, pc: int) -> list[Line]:
        """The instructions from `pc` on that can stand in one block."""
        lines: list[Line] = []
        assert self._index is not None
        block, m = array("Q", self.state.block), self.storage.cells
        known = self.translator.known(self.state)
        last = (1 << self.isa.states[self.isa.pc].width) - 1
        while len(lines) < LONGEST and pc <= last:
            block[self._pc] = pc
            word, index = self.steps.fetch(block, m, self), self._index(block, m, self)
            found = None if word.__class__ is Trap or index >= self.size else self.steps.decoder.decode(word)
            if self.machine.breaking and (pc in self.machine.breakpoints or index in self.machine.break_places):
                break
            line = found and self.translator.line(pc, index, found[0], {**found[1], "insn": word}, known, self.size)
            if not line:
                break
            lines.append(line)
            if line.follow is None or any(line.follow == earlier.pc for earlier in lines):
                break
            pc = line.follow
        return lines

    def _heed(self) -> None:
        """Begin anew with blocks if there are other breakpoints than before: none passes one."""
        machine = self.machine
        now = (machine.breakpoints, machine.break_places) if machine.breaking else None
        if now != self._heeded:
            self._heeded = now and (set(machine.breakpoints), set(machine.break_places))
            self._forget_all()

    def _forget(self, word: int) -> None:
        """A word of code was overwritten: its blocks are gone, and not made again soon."""
        for blocks, pc in self._in_block.pop(word, ()):
            blocks[pc] = REWRITTEN

    def _forget_all(self) -> None:
        for blocks in self._contexts.values():
            blocks.clear()
        self._in_block.clear()
        self._block_count = 0
