"""A variant while it is made: the parts of a shape, changed, and the text that they come to. Next: `changes.py`."""

from dataclasses import dataclass, field
from random import Random

from proofs.variants.shapes import Shape


@dataclass
class Draft:
    """Begins as the shape itself; changes work on its parts, and `kinds` are their names."""

    shape: Shape
    random: Random
    states: list[str] = field(default_factory=list)
    instructions: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    refuses: str = ""
    place: str = ""
    fetch: str = ""
    entry: list[str] = field(default_factory=list)
    prologue: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = self.shape
        self.refuses, self.place, self.fetch = shape.view[1], shape.view[2], f"mem[{shape.pc}]"
        self.entry, self.prologue = list(shape.entry[1]), list(shape.prologue)

    def instruction(self, body: str) -> None:
        """Add an instruction with two registers, `d` and `a`."""
        number = len(self.instructions)
        head = f'{self.shape.add}instr new{number} "d, a" {self.shape.format}({self.shape.codes[number]})'
        self.instructions.append(f"{head} {{ {body} }}")

    def state(self, text: str) -> None:
        self.states.append(f"{self.shape.add}state {text}")

    def view(self, name: str, refuses: str, place: str) -> None:
        self.views.append(self.shape.add + self._view(name, refuses, place))

    def assume(self, condition: str) -> None:
        self.assumptions.append(f'{self.shape.add}assume a{len(self.assumptions)} = {condition} "It is so."')

    def text(self) -> str:
        """The machine as a file."""
        shape = self.shape
        changed = shape.override
        step = "\n  ".join([*self.prologue, f"execute {self.fetch} else trap {shape.illegal}(insn)"])
        parts = [
            *self.states,
            changed + self._view("mem", self.refuses, self.place),
            f"{changed}{shape.entry[0]} {{\n  " + "\n  ".join(self.entry) + "\n}",
            f"{changed}step {{\n  {step}\n}}",
            *self.views,
            *self.instructions,
            *self.assumptions,
        ]
        return shape.open + "\n".join(parts) + "\n}\n"

    def _view(self, name: str, refuses: str, place: str) -> str:
        header = self.shape.view[0].replace("mem", name)
        return f"{header} {{ trap {self.shape.outside}(va) when {refuses}; return {place} }}"
