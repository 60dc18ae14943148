"""A variant from a number: the same number gives the same text, for ever. `Variant.text` can be pasted into a file."""

from dataclasses import dataclass, field
from random import Random

from isa.description import Isa
from isa.errors import TraplineError
from isa.language import load_text
from proofs.variants import instruction_changes, machine_changes  # noqa: F401  they fill the table
from proofs.variants.changes import CHANGES, chosen
from proofs.variants.draft import Draft
from proofs.variants.shapes import DOWN, FEW, UP, Shape

ATTEMPTS = 40  # texts that the checker may refuse before one must be taken
SHARE = 0.45  # of the variants, in which nothing wrong was meant


@dataclass(frozen=True)
class Variant:
    """`kinds` are the changes made, `meant` whether all were meant to be harmless, `refused` the texts that the checker
    did not take before this one."""

    seed: int
    isa: Isa = field(repr=False)
    text: str = field(repr=False)
    kinds: tuple[str, ...]
    meant: bool
    refused: tuple[str, ...] = field(default=(), repr=False)

    @property
    def focus(self) -> tuple[str, ...]:
        """The instructions that its shape does not have."""
        return tuple(name for name in self.isa.instructions if name.startswith("new"))


def variant(seed: int, shape: Shape | None = None, kind: str = "") -> Variant:
    """The variant of this number; of a shape and with kinds of changes of its own choice if none are given."""
    refused: list[str] = []
    for attempt in range(ATTEMPTS):
        random = Random(f"{seed} {attempt}")
        draft = Draft(shape or _shape(random), random)
        draft.kinds = [kind] if kind else _kinds(random)
        for name in draft.kinds:
            CHANGES[name].apply(draft)
        name = f"variant{seed}"
        text = draft.text(name)
        try:
            isa = load_text(text, name, f"variant {seed}")
        except TraplineError as error:
            refused.append(f"{error}\n{text}")
            continue
        meant = all(CHANGES[name].right for name in draft.kinds)
        return Variant(seed, isa, text, tuple(draft.kinds), meant, tuple(refused))
    raise AssertionError(f"no text of variant {seed} passes the checker: {refused[-1]}")


def _shape(random: Random) -> Shape:
    odds = random.random()
    return DOWN if odds < 0.55 else UP if odds < 0.95 else FEW


def _kinds(random: Random) -> list[str]:
    """The names of the changes: right ones alone, or wrong ones among them."""
    if random.random() < SHARE:
        return chosen(random, True, random.choice((1, 2, 2)))
    names = chosen(random, True, random.choice((0, 0, 1))) + chosen(random, False, random.choice((1, 1, 1, 2)))
    random.shuffle(names)
    return names
