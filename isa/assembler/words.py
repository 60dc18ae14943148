"""The words of a statement: what both passes make of its content. How values fit is `fitting`'s business."""

from typing import assert_never

from isa.assembler.expressions import Expression, Scope, evaluate
from isa.assembler.fitting import fit, fit_word
from isa.assembler.program import Code, Content, Data, Given, Room, Whole
from isa.assembler.syntax import Argument
from isa.assembler.tokens import Fault, Poisoned


class Words:
    """The words of one statement after the other. Whatever is wrong in one is added to `faults`, and counts as 0."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.faults: list[Fault] = []
        self.steps = 0  # of evaluation, so far

    def of(self, content: Content, address: int, scope: Scope) -> list[int]:
        """The words of a statement at `address`. Raises what `scope` raises besides Fault and Poisoned."""
        if isinstance(content, Given):
            return content.words
        if isinstance(content, Code):
            word = content.instruction.match
            for argument in content.arguments:
                word |= self._argument(argument, address, scope)
            return [word]
        if isinstance(content, Data):
            return [self._fitted(value, self._width, scope) for value in content.values]
        match content:
            case Room(count, value):
                return [self._fitted(value, self._width, scope) if value else 0] * count
            case Whole(value, width):
                self._fitted(value, width, scope)
                return []
        assert_never(content)

    def _fitted(self, expression: Expression, width: int, scope: Scope) -> int:
        self.steps += len(expression.code)
        try:
            return fit_word(evaluate(expression, scope), width, expression.tokens)
        except Fault as fault:
            self.faults.append(fault)
        except Poisoned:
            pass
        return 0

    def _argument(self, argument: Argument, address: int, scope: Scope) -> int:
        use, given, tokens = argument
        if isinstance(given, int):
            return use.deposit(given)
        self.steps += len(given.code)
        try:
            return use.deposit(fit(use, evaluate(given, scope), address, tokens))
        except Fault as fault:
            self.faults.append(fault)
        except Poisoned:
            pass
        return 0
