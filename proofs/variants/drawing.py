"""A variant from a number: the same number gives the same text, for ever. `Variant.text` can be pasted into a file."""

from dataclasses import dataclass, field
from random import Random

from isa.description import Isa
from isa.errors import TraplineError
from isa.language import load_text
from proofs.variants.changes import RIGHT, WRONG
from proofs.variants.draft import Draft
from proofs.variants.shapes import DOWN, UP, Shape, g3

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


def variant(seed: int, shape: Shape | None = None) -> Variant:
    """The variant of this number, of a shape of its own choice if none is given."""
    refused: list[str] = []
    for attempt in range(ATTEMPTS):
        random = Random(f"{seed} {attempt}")
        draft = Draft(shape or _shape(random), random)
        meant = _changed(draft)
        text = draft.text()
        try:
            isa = load_text(text, source=f"variant {seed}")
        except TraplineError as error:
            refused.append(f"{error}\n{text}")
            continue
        return Variant(seed, isa, text, tuple(draft.kinds), meant, tuple(refused))
    raise AssertionError(f"no text of variant {seed} passes the checker: {refused[-1]}")


def _shape(random: Random) -> Shape:
    odds = random.random()
    return DOWN if odds < 0.55 else UP if odds < 0.95 else g3()


def _changed(draft: Draft) -> bool:
    """Change the draft; whether nothing wrong was meant."""
    random = draft.random
    meant = random.random() < SHARE
    names = random.sample(sorted(RIGHT), random.choice((1, 2, 2) if meant else (0, 0, 1)))
    names += [] if meant else random.sample(sorted(WRONG), random.choice((1, 1, 1, 2)))
    random.shuffle(names)
    for name in dict.fromkeys(names):
        (RIGHT.get(name) or WRONG[name])(draft)
        draft.kinds.append(name)
    return meant
