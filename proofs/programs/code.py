"""The steps of a program whose words are known: what remains of a description's step when the word, the pc and the
control state are numbers. Most of it is gone then, the guards of privileged instructions and of relocation among it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from isa.description import Isa
from isa.encoding import decoder
from isa.ir.nodes import Behaviour, Effect, TrapIf, Write
from isa.machine.time import law_of
from isa.passes.normal import bits_read, bits_written, merge, specialise

Known = tuple[tuple[str, int], ...]  # scalars that are numbers, by name


@dataclass(frozen=True, slots=True)
class Step:
    """What is left of a step. `timely`: it looks at, or sets, what moves by itself; `looks`: its values must be true
    then, since it does not set all of them whatever they were."""

    traps: tuple[TrapIf, ...]
    effects: tuple[Effect, ...]
    timely: bool
    looks: bool = False


class Code:
    """The steps of one machine, each made once."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.time = law_of(isa)
        self.decoder = decoder(isa)
        moved = ((m.place.state, m.place.low + bit) for m in self.time.moving for bit in range(m.place.width))
        self.moving = frozenset(moved)
        self.made: dict[tuple[int, Known], Step] = {}

    def step(self, word: int, known: Known) -> Step:
        """The step of a word, `known` being the numbers among the scalars, the pc with them."""
        key = word, known
        if key not in self.made:
            self.made[key] = self._step(word, known)
        return self.made[key]

    def body(self, word: int) -> tuple[Behaviour, dict[str, int]]:
        """What a word does, and its parameters."""
        found = self.decoder.decode(word)
        return (found[0].behaviour, {**found[1], "insn": word}) if found else (self.isa.unassigned, {"insn": word})

    def _step(self, word: int, known: Known) -> Step:
        body, params = self.body(word)
        fetch = Behaviour(self.isa.fetch.traps)
        quiet = Behaviour(self.isa.prologue.traps, tuple(self._standing(self.isa.prologue.effects)))
        still = self._left(quiet.then(fetch).then(body), params, known)
        touched = bits_read(still.expressions()) | bits_written(still)
        if not touched & self.moving:
            return Step(still.traps, still.effects, False)
        whole = self._left(self.isa.step(body), params, known)
        looks = bits_read(whole.expressions()) & self.moving or not self.moving <= bits_written(whole)
        return Step(whole.traps, whole.effects, True, bool(looks))

    def _left(self, step: Behaviour, params: dict[str, int], known: Known) -> Behaviour:
        return merge(self.isa, specialise(self.isa, step, params, dict(known)))

    def _standing(self, effects: Iterable[Effect]) -> list[Effect]:
        """The effects of the prologue on what does not move by itself."""
        return [e for e in effects if not (isinstance(e, Write) and (e.state, e.low) in self.moving)]
