"""Every column of the operator table, run on the same operands: Python, native code, the solver's terms.

`disagreements` compiles all its cases as functions of one module, so a thousand of them take a second.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import llvmlite.binding as llvm

from isa.engines.native.text import METADATA, Text, number
from isa.ir.operators import BOOL, OPERATORS, python_meaning

try:
    import z3

    from proofs.terms.symbolic import smt_meaning
except ImportError:  # the solver's column is then nobody's concern
    z3 = None


@dataclass(frozen=True)
class Case:
    """An operator at some widths, with rows of operands. `constant` operands are written into the code."""

    op: str
    widths: tuple[int, ...]
    width: int
    low: int
    rows: tuple[tuple[int, ...], ...]
    constant: tuple[bool, ...] = (False, False, False)  # by operand

    def python(self, row: tuple[int, ...]) -> int:
        values = [bool(v) if w == BOOL else v for w, v in zip(self.widths, row, strict=True)]
        return int(python_meaning(self.op, self.widths, self.width, self.low)(*values))

    def solver(self, row: tuple[int, ...]) -> int:
        terms = [
            z3.BoolVal(bool(v)) if w == BOOL else z3.BitVecVal(v, w) for w, v in zip(self.widths, row, strict=True)
        ]
        value = z3.simplify(smt_meaning(self.op, self.widths, self.width, self.low)(*terms))
        return int(z3.is_true(value)) if z3.is_bool(value) else value.as_long()

    def text(self, name: str) -> str:
        """A function from i64 operands at `in` to i64 results at `out`: of one row, or of all if some are constant."""
        text = Text()
        for at, row in enumerate(self.rows if any(self.constant) else self.rows[:1]):
            operands = []
            for place, (width, value) in enumerate(zip(self.widths, row, strict=True)):
                slot = text.at("%in", at * len(row) + place)
                fixed = self.constant[place]
                operands.append(number(width, value) if fixed else text.load(slot, width))
            text.store(text.at("%out", at), text.apply(self.op, tuple(operands), self.width, self.low))
        text.emit("ret void")
        return text.define(f"define void @{name}(ptr %in, ptr %out)")

    def run(self, address: int) -> list[int]:
        """The results of all rows by the compiled function."""
        function = _FUNCTION(address)
        results = (ctypes.c_uint64 * len(self.rows))()
        operands = (ctypes.c_uint64 * (len(self.rows) * len(self.widths)))(*[v for row in self.rows for v in row])
        for row in range(1 if any(self.constant) else len(self.rows)):
            function(ctypes.byref(operands, 8 * row * len(self.widths)), ctypes.byref(results, 8 * row))
        return list(results)


def disagreements(cases: Sequence[Case], passes: bool = False, solver: bool = False) -> Iterator[str]:
    """Where the columns differ, in words. Checks on the way that no result leaves its width."""
    for case, results in zip(cases, native(cases, passes), strict=True):
        for row, found in zip(case.rows, results, strict=True):
            expected = case.python(row)
            if found != expected:
                yield f"{case.op}{row} at {case.widths} to {case.width}: native {found:#x}, Python {expected:#x}"
            if solver and z3 and (term := case.solver(row)) != expected:
                yield f"{case.op}{row} at {case.widths} to {case.width}: solver {term:#x}, Python {expected:#x}"


def native(cases: Sequence[Case], passes: bool) -> list[list[int]]:
    """The results of every row of every case by native code."""
    module = llvm.parse_assembly("\n".join(case.text(f"f{i}") for i, case in enumerate(cases)) + METADATA)
    module.verify()
    target = _target()
    if passes:
        builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
        builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, target)  # which owns both now
    engine.finalize_object()
    return [case.run(engine.get_function_address(f"f{i}")) for i, case in enumerate(cases)]


_FUNCTION: Callable[..., Callable[..., None]] = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


def _target() -> llvm.TargetMachine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(opt=0)


# ---- which operators at which widths


def shapes(op: str, width: int, other: int, low: int = 0) -> list[tuple[tuple[int, ...], int]]:
    """Operand widths that the operator accepts around these two, and the width of its result."""
    arity = OPERATORS[op].arity
    candidates = {(width,) * arity, (width, other)[:arity], (BOOL,) * arity, (BOOL, width, width)[:arity]}
    found = []
    for widths in sorted(candidates):
        typed = OPERATORS[op].typing(widths) if len(widths) == arity else -1
        if typed is None:  # the caller states it
            stated = min(other, widths[0] - low) if op == "slice" else max(widths[0], other)
            typed = stated if stated >= 1 else -1
        if BOOL <= typed <= 64:
            found.append((widths, typed))
    return found


def corners(width: int) -> list[int]:
    """Values where something happens."""
    if width == BOOL:
        return [0, 1]
    top = (1 << width) - 1
    return sorted({0, 1, top, top >> 1, (top >> 1) + 1, top - 1, min(width, top), min(width - 1, top), min(64, top)})


def all_values(width: int) -> list[int]:
    return list(range(2 if width == BOOL else 1 << width))


def table(op: str, pairs: Sequence[tuple[int, int]], values: Callable[[int], list[int]]) -> list[Case]:
    """The operator at these widths, on every combination of values; once more, on fewer, with all operands but
    the first constant."""
    made = []
    for width, other in pairs:
        lows = range(0, width, max(1, width // 4)) if op == "slice" else (0,)
        for low, (widths, result) in [(at, shape) for at in lows for shape in shapes(op, width, other, at)]:
            rows = tuple(product(*(values(w) for w in widths)))
            made.append(Case(op, widths, result, low, rows))
            if len(widths) > 1:
                some = tuple(row for row in rows if row[0] in values(widths[0])[-2:])
                made.append(Case(op, widths, result, low, some, (False, *[True] * (len(widths) - 1))))
    return list(dict.fromkeys(made))
