"""The meaning of a step by its definition, for tests: no merging, no code, no values kept. The slowest engine there is.

A step reads the state before it. Traps count in program order; if none holds, channel operations happen and then all
writes land, later over earlier, bit by bit. Everything else in `isa/` must agree with this.
"""

from collections.abc import Callable, Mapping
from functools import cache

from isa.encoding import decoder
from isa.ir.nodes import (
    Apply,
    Behaviour,
    Const,
    Effect,
    Element,
    Expr,
    Load,
    Param,
    Read,
    Recv,
    Send,
    SetElement,
    Size,
    Store,
    TrapIf,
    Write,
    nodes,
)
from isa.ir.operators import BOOL, python_meaning
from isa.machine import Machine, Trap


class Evaluation:
    """Values of expressions over a machine's present state."""

    def __init__(self, machine: Machine, params: Mapping[str, int], ahead: int = 0) -> None:
        self.machine, self.params, self.ahead = machine, params, ahead
        self.values: dict[Expr, int] = {}

    def value(self, root: Expr) -> int:
        for node in _in_order(root):
            if node not in self.values:
                self.values[node] = self._node(node)
        return self.values[root]

    def _node(self, node: Expr) -> int:
        machine, values = self.machine, self.values
        match node:
            case Const(width, value):
                return bool(value) if width == BOOL else value
            case Apply():
                return int(_meaning(node)(*[values[a] for a in node.args]))
            case Read(_, state):
                return machine.state.block[machine.state.layout.slots[state].first]
            case Element(_, state, index):
                return machine.state.block[machine.state.layout.slots[state].first + values[index]]
            case Load(_, index):
                return machine.storage.cells[values[index]] if values[index] < machine.storage.size else 0
            case Size():
                return machine.storage.size
            case Param(_, name):
                return self.params[name]
            case Recv(_, channel, index):
                return machine.receive(channel, values[index], self.ahead)
        raise AssertionError(node)

    def trap(self, traps: tuple[TrapIf, ...]) -> Trap | None:
        """The first that holds."""
        for t in traps:
            if self.value(t.guard):
                return Trap(t.cause, self.value(t.info), t.origin, t.view)
        return None

    def perform(self, behaviour: Behaviour) -> Trap | None:
        """The whole behaviour in one atomic step. A word is received even if what would keep it is not written."""
        trap = self.trap(behaviour.traps)
        if trap is None:
            ready = [(e, self._parts(e)) for e in behaviour.effects]
            for effect, parts in ready:
                if self.value(effect.guard):
                    self._do(effect, *parts)
        return trap

    def _parts(self, effect: Effect) -> tuple[int, int]:
        return 0 if isinstance(effect, Write) else self.value(effect.index), self.value(effect.value)

    def _do(self, effect: Effect, index: int, value: int) -> None:
        machine = self.machine
        match effect:
            case Write(_, state, low, expression):
                slot = machine.state.layout.slots[state].first
                mask = ((1 << expression.width) - 1) << low
                machine.state.block[slot] = machine.state.block[slot] & ~mask | value << low
            case SetElement(_, state, _, _):
                machine.state.block[machine.state.layout.slots[state].first + index] = value
            case Store():
                if index < machine.storage.size:
                    machine.storage.write(index, [value])
            case Send(_, channel, _, _):
                machine.send(channel, index, value, self.ahead)


@cache
def _in_order(root: Expr) -> tuple[Expr, ...]:
    return tuple(nodes(root))


@cache
def _meaning(node: Apply) -> Callable[..., int]:
    return python_meaning(node.op, tuple(a.width for a in node.args), node.width, node.low)


def step(machine: Machine, ahead: int = 0) -> Trap | None:
    """One step by the definition; a trap that is returned has changed nothing."""
    isa = machine.isa
    here = Evaluation(machine, {}, ahead)
    trap = here.trap(isa.prologue.traps) or here.trap(isa.fetch.traps)
    if trap is not None:
        return trap
    word = here.value(isa.fetch.word)
    found = decoder_of(isa).decode(word)
    behaviour, operands = (found[0].behaviour, found[1]) if found else (isa.unassigned, {})
    whole = Behaviour((), isa.prologue.effects).then(behaviour)
    return Evaluation(machine, {**operands, "insn": word}, ahead).perform(whole)


decoder_of = cache(decoder)


def run(machine: Machine, budget: int) -> int:
    """Step by the definition until the budget or a halt; returns the steps done. Devices act at every boundary."""
    done = 0
    while done < budget and not machine.halted:
        machine._act()
        trap = step(machine)
        if trap is not None:
            Evaluation(machine, {"cause": trap.cause, "info": trap.info}).perform(machine.isa.entry)
        else:
            machine.retired += 1
        machine.steps += 1
        done += 1
    return done
