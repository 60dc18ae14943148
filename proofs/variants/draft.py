"""A variant while it is made: the parts of a shape, changed, and the text that they come to. Next: `changes.py`."""

from dataclasses import dataclass, field
from random import Random

from proofs.variants.shapes import Shape


@dataclass
class Draft:
    """Begins as the shape itself; changes work on its parts, and `kinds` are their names."""

    shape: Shape
    random: Random
    added: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    refuses: str = ""
    fetch: str = ""
    entry: list[str] = field(default_factory=list)
    prologue: list[str] = field(default_factory=list)
    instructions: int = 0
    assumptions: int = 0

    def __post_init__(self) -> None:
        self.refuses = self.shape.view[1]
        self.fetch = self.same_fetch = f"mem[{self.shape.pc}]"
        self.entry, self.prologue = list(self.shape.entry), list(self.shape.prologue)

    def instruction(self, body: str) -> None:
        """Add an instruction with two registers, `d` and `a`."""
        shape, number = self.shape, self.instructions
        self.added.append(f'add instr new{number} "d, a" {shape.format}({shape.codes[number]}) {{ {body} }}')
        self.instructions += 1

    def state(self, text: str) -> None:
        self.added.append(f"add state {text}")

    def view(self, name: str, refuses: str, place: str) -> None:
        self.added.append(f"add {self._view(name, refuses, place)}")

    def assume(self, condition: str) -> None:
        self.added.append(f'add assume a{self.assumptions} = {condition} "It is so."')
        self.assumptions += 1

    def text(self, name: str) -> str:
        """The machine's file with the variant after it."""
        shape, isa, changed = self.shape, self.shape.isa, []
        if self.refuses != shape.view[1]:
            changed.append(f"override {self._view('mem', self.refuses, shape.view[2])}")
        if self.entry != shape.entry:
            head = f"on trap(cause : {isa.cause.name}, info : bits({isa.info_width}))"
            changed.append(f"override {head} {{\n  " + "\n  ".join(self.entry) + "\n}")
        if self.prologue != shape.prologue or self.fetch != self.same_fetch:
            lines = [*self.prologue, f"execute {self.fetch} else trap {shape.illegal}(insn)"]
            changed.append("override step {\n  " + "\n  ".join(lines) + "\n}")
        made = "\n".join([*changed, *self.added])
        return f'{shape.text}\nvariant {name} of {shape.name} "{"; ".join(self.kinds)}" {{\n{made}\n}}\n'

    def _view(self, name: str, refuses: str, place: str) -> str:
        word = f"bits({self.shape.word})"
        return f"view {name}[va : {word}] : {word} {{ trap {self.shape.view[0]}(va) when {refuses}; return {place} }}"
