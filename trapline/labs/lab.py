"""What a lab is: a folder of `guests/labs/` with a handout, files to begin with, and `lab.toml`.

`lab.toml` says what is handed in, how much it may use, and what is checked; `reading.py` reads it, and docs/teaching.md
describes it.
"""

import os
from dataclasses import dataclass, field

COUNTEREXAMPLES = "counterexamples"  # the folder of them in a student's


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use: steps of a run, words of storage, bytes of each of its files, bytes of output."""

    steps: int
    storage: int
    bytes: int
    output: int


@dataclass(frozen=True, slots=True)
class Check:
    """`kind` names what is done; `needs` are checks without which it makes no sense; `seeds` of them are tried where
    the student can see them, `hidden` more when it is graded. `numbers` are the parameters of its kind, `machine` is
    another one than the lab's."""

    name: str
    kind: str
    points: int
    needs: tuple[str, ...] = ()
    seeds: int = 1
    hidden: int = 0
    steps: int = 0
    file: str = ""
    hint: str = ""
    machine: str = ""
    numbers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lab:
    """`files` are what is handed in; `about` says which part of the paper it is about; `time` how long it takes.
    `made` names what is made for each student (`making.py`), if something is."""

    name: str
    folder: str
    title: str
    about: str
    time: str
    machine: str
    files: tuple[str, ...]
    limits: Limits
    checks: tuple[Check, ...]
    made: str = ""

    @property
    def points(self) -> int:
        return sum(check.points for check in self.checks)

    @property
    def pictures(self) -> list[str]:
        """The paths of the pictures that the handout shows."""
        names = [name for name in os.listdir(self.folder) if name.endswith(".svg")]
        return [os.path.join(self.folder, name) for name in sorted(names)]

    @property
    def handout(self) -> str:
        return os.path.join(self.folder, "handout.md")

    @property
    def starter(self) -> str:
        """The folder of what a student begins with."""
        return os.path.join(self.folder, "starter")

    def check(self, name: str) -> Check:
        return next(check for check in self.checks if check.name == name)
