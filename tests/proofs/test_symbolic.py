"""The symbolic reading against the Python one, operator by operator and instruction by instruction."""

from random import Random

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from isa.description import Isa, Kind
from isa.engines.choice import REFERENCE, bare
from isa.engines.reference.steps import steps_of
from isa.ir.nodes import Behaviour, Recv, Send, nodes
from isa.ir.operators import BOOL, OPERATORS, python_meaning
from isa.machine import Machine, Storage, Trap
from isa.machine.state import MachineState
from isa.machines.catalogue import find
from proofs.terms.symbolic import Memory, SymbolicState, arbitrary, attempt, smt_meaning, sum_fact

pytestmark = pytest.mark.every(2)


def term(width: int, value: int) -> z3.ExprRef:
    return z3.BoolVal(bool(value)) if width == BOOL else z3.BitVecVal(value, width)


def number(value: z3.ExprRef) -> int:
    value = z3.simplify(value)
    return int(z3.is_true(value)) if z3.is_bool(value) else value.as_long()


@pytest.mark.parametrize("name", sorted(OPERATORS))
@given(data=st.data())
def test_python_and_solver_agree_on_every_operator(name: str, data: st.DataObject) -> None:
    operator = OPERATORS[name]
    width = data.draw(st.integers(1, 32))
    choices = [(width,) * operator.arity]
    choices += [(width, data.draw(st.integers(1, 32)))] if operator.arity == 2 else []
    choices += [(BOOL,) * operator.arity, (BOOL, width, width)]
    typed = [(w, operator.typing(w)) for w in choices if len(w) == operator.arity]
    widths, result = data.draw(st.sampled_from([(w, r) for w, r in typed if r is None or 0 <= r <= 64]))
    low = 0
    if result is None and name == "slice":
        low = data.draw(st.integers(0, widths[0] - 1))
        result = data.draw(st.integers(1, widths[0] - low))
    elif result is None:
        result = data.draw(st.integers(widths[0], 64))
    values = [_value(data, w) for w in widths]
    pairs = list(zip(widths, values, strict=True))
    python = python_meaning(name, widths, result, low)(*(bool(v) if w == BOOL else v for w, v in pairs))
    solver = smt_meaning(name, widths, result, low)(*(term(w, v) for w, v in pairs))
    assert number(solver) == int(python)


def _value(data: st.DataObject, width: int) -> int:
    if width == BOOL:
        return data.draw(st.integers(0, 1))
    top = (1 << width) - 1
    corners = st.sampled_from([0, 1, top, top >> 1, (top >> 1) + 1, min(width, top), min(width - 1, top)])
    return data.draw(corners | st.integers(0, top))


def concrete(machine: Machine) -> SymbolicState:
    """The machine's state as terms: every cell a literal."""
    isa, block, slots = machine.isa, machine.state.block, machine.state.layout.slots
    free = arbitrary(isa)
    scalars = {s.name: z3.BitVecVal(block[slots[s.name].first], s.width) for s in isa.scalars()}
    files = {}
    for file in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        first = slots[file.name].first
        files[file.name] = literal(block[first : first + file.count].tolist(), file.width)
    storage = literal(machine.storage.cells.tolist(), isa.word)
    size = z3.BitVecVal(machine.storage.size, isa.word)
    return SymbolicState(isa, scalars, files, storage, size, free.received)


def literal(values: list[int], width: int) -> Memory:
    def cell(index: z3.ExprRef) -> z3.ExprRef:
        at = number(index)
        return z3.BitVecVal(values[at] if at < len(values) else 0, width)

    return Memory(cell)


@pytest.fixture(scope="module")
def g3() -> Isa:
    return find("g3")


@given(seed=st.integers(0, 1 << 30))
def test_an_instruction_does_the_same_in_both_readings(g3: Isa, seed: int) -> None:
    random = Random(seed)
    machine = bare(g3, Storage(g3.word, 64), engine=REFERENCE)
    names = [n for n, i in g3.instructions.items() if not _uses_channel(i.behaviour)]
    instruction = g3.instructions[random.choice(names)]
    _scatter(machine, random)
    values = {u.name: random.getrandbits(u.operand.width) for u in instruction.uses}
    word = random.getrandbits(32)
    params = {u.name: z3.BitVecVal(values[u.name], u.operand.width) for u in instruction.uses}
    params["insn"] = z3.BitVecVal(word, g3.word)
    behaviour = Behaviour((), g3.prologue.effects).then(instruction.behaviour)
    run = attempt(behaviour, concrete(machine), params)
    step = steps_of(g3).instruction(instruction.name)
    trap = step(machine.state.block, machine.storage.cells, machine.engine, *values.values(), word)
    assert number(run.trapped) == isinstance(trap, Trap)
    if isinstance(trap, Trap):
        assert (number(run.cause), number(run.info), number(run.memory)) == (trap.cause, trap.info, bool(trap.view))
        return
    assert {n: number(v) for n, v in run.state.scalars.items()} == _scalars(machine.state)
    assert [number(run.state.arrays["x"].read(z3.BitVecVal(i, 4))) for i in range(16)] == machine.state["x"]
    assert [number(run.state.storage.read(z3.BitVecVal(i, 32))) for i in range(64)] == machine.storage.read(0, 64)


def _uses_channel(behaviour: Behaviour) -> bool:
    sends = any(isinstance(e, Send) for e in behaviour.effects)
    return sends or any(isinstance(n, Recv) for n in nodes(*behaviour.expressions()))


def _scatter(machine: Machine, random: Random) -> None:
    near = [0, 1, 2, 20, 62, 63, 64, 65, (1 << 32) - 1, 1 << 31]
    for state in machine.isa.scalars():
        machine.state[state.name] = random.choice([*near, random.getrandbits(32)])
    machine.state["x"] = [0] + [random.choice([*near, random.getrandbits(32)]) for _ in range(15)]
    machine.storage.write(0, [random.getrandbits(32) for _ in range(64)])


def _scalars(state: MachineState) -> dict[str, int]:
    return {s.name: state.block[state.layout.slots[s.name].first] for s in state.layout.isa.scalars()}


@pytest.mark.parametrize("width", [4, 16, 32])
def test_the_fact_about_sums_is_valid(width: int) -> None:
    solver = z3.SolverFor("QF_BV")
    solver.add(z3.Not(sum_fact(*z3.BitVecs("base address size", width))))
    assert solver.check() == z3.unsat
