"""Calls, by their shape: a jump that keeps the address behind it in a register or in storage.

That is read off what an instruction means, so any machine's calls are found, whatever they are called.
"""

from functools import lru_cache
from typing import NamedTuple

from isa.description import Isa
from isa.encoding import Decoder, decoder
from isa.ir.nodes import FALSE, Const, Expr, Send
from isa.passes.normal import merge, specialiser
from isa.passes.ways import apart, leaves, target


class Call(NamedTuple):
    """An instruction that calls: its pc, and the pc to which the routine comes back."""

    pc: int
    back: int


@lru_cache(maxsize=16)
def decoder_of(isa: Isa) -> Decoder:
    return decoder(isa)


@lru_cache(maxsize=1 << 14)
def following(isa: Isa, pc: int) -> int | None:
    """The pc of the instruction behind the one at a pc; None if that is not known beforehand."""
    value = _rewritten(isa, pc, {}, target(merge(isa, isa.prologue).effects, isa.pc))
    return value.value if isinstance(value, Const) else None


@lru_cache(maxsize=1 << 14)
def call_at(isa: Isa, pc: int, word: int) -> Call | None:
    """The call that this word is at this pc; None if it is none."""
    found = decoder_of(isa).decode(word)
    back = following(isa, pc)
    if found is None or back is None:
        return None
    instruction, operands = found
    effects = merge(isa, isa.step(instruction.behaviour)).effects
    params = {**operands, "insn": word}
    goal = _rewritten(isa, pc, params, target(effects, isa.pc))
    if goal is None or [leaf.value if isinstance(leaf, Const) else None for leaf in leaves(goal)] == [back]:
        return None
    rewrite = specialiser(isa, params, {isa.pc: pc})
    kept = [e for e in apart(effects, isa.pc) if not isinstance(e, Send) and rewrite(e.guard) is not FALSE]
    values = [rewrite(e.value) for e in kept]
    return Call(pc, back) if any(isinstance(v, Const) and v.value == back for v in values) else None


@lru_cache(maxsize=1 << 14)
def computed(isa: Isa, pc: int, word: int) -> bool:
    """Whether this word is a jump whose goal is not known beforehand, as returns are."""
    found = decoder_of(isa).decode(word)
    if found is None:
        return False
    effects = merge(isa, isa.step(found[0].behaviour)).effects
    goal = _rewritten(isa, pc, {**found[1], "insn": word}, target(effects, isa.pc))
    return goal is not None and any(not isinstance(leaf, Const) for leaf in leaves(goal))


def _rewritten(isa: Isa, pc: int, params: dict[str, int], value: Expr | None) -> Expr | None:
    return None if value is None else specialiser(isa, params, {isa.pc: pc})(value)
