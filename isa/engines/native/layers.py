"""Layers: what lets native code run one machine on another, given as data.

Whoever runs machines on machines describes in IR what is loaded into the machine below, what is taken back from it,
and what must not have happened to it. From that the native code of a layer is made (`isa.engines.native.layer_code`);
nothing here knows who that is, or why.
"""

from typing import Protocol

from isa.classes import dataclass
from isa.engines.native.frame import Code, Frame
from isa.engines.native.options import Options
from isa.engines.reference.engine import Stop
from isa.files import cache
from isa.ir.nodes import TRUE, Behaviour, Expr, Write
from isa.machine.identity import behaviours_digest
from isa.machine.machine import Machine


@dataclass(frozen=True, slots=True)
class Layer:
    """IR over a composite state: names that begin with `upper` are states of the machine that is run, those that begin
    with `lower` of the one below it.

    `resume` loads the lower machine before it runs, and `save` takes back from it. `breach` is asked in between. The
    parameters are `offset` and `size`, where the upper machine's storage lies in the lower one's, in words; and for
    `breach` also `steps` (64 bits), the length of the run. `advance`, over `steps` and the upper machine's states under
    their own names, is what the run's time does to these in the end. Where `direct` does not hold of the upper
    machine's state, it runs alone, and not on the lower one; if that is so in every state, all the rest is empty.
    """

    upper: str
    lower: str
    resume: Behaviour
    save: Behaviour
    advance: Behaviour
    breach: Expr
    direct: Expr
    sudden: bool  # any instruction may change `direct`: then the machine runs alone a step at a time

    @property
    def digest(self) -> str:
        """A hexadecimal digest of all of it."""
        asked = Behaviour((), (Write(TRUE, "breach", 0, self.breach), Write(TRUE, "direct", 0, self.direct)))
        behaviours = behaviours_digest(self.resume, self.save, self.advance, asked)
        return cache.digest(self.upper, self.lower, behaviours, str(self.sudden))


class Bare(Protocol):
    """A machine alone in native code, for whoever has it run so and counts its steps: `begin` before, and afterwards
    `passed`, which tells how many steps there were, and `attend` with what native code came back for. `answer` takes
    the step that it left to Python, after so many others that the machine has not counted yet."""

    frame: Frame

    @property
    def slice(self) -> int: ...  # how many steps it should take before Python looks after it
    def begin(self) -> None: ...
    def passed(self) -> int: ...
    def answer(self, done: int) -> Stop | None: ...
    def attend(self, code: Code | None) -> None: ...


class Level(Protocol):
    """One machine of those that run on each other in native code: the real one, or one with a layer.

    Before native code is entered, the machine above calls `begin`, and afterwards `finish`, which counts what happened,
    and if `code` says that native code came back for this machine or one below, sees to that. It returns how many steps
    that took (the machine has counted them), and what they ended with, as `ReferenceEngine.execute` does; None:
    nothing, and native code can go on.
    """

    frame: Frame
    options: Options

    @property
    def slice(self) -> int: ...  # how many steps it should take before `finish` is called
    def bare(self, machine: Machine) -> "Bare": ...  # another machine alone, on the engine of the real one
    def begin(self) -> None: ...
    def finish(self, code: Code | None) -> tuple[int, Stop | None]: ...
