"""A space of machines: a machine, and *switches*, each of which has several settings. A machine of the space is one
setting of every switch.

    machine = "g3"
    guards = ["rpsw", "stim"]       # a switch for each: with its guard ("on") or without ("off")

    [[switches]]                    # changes as a variant has them, by the name of the setting
    name = "setie"
    [switches.settings]
    traps = ""
    silent = 'override instr setie "e" E(0x8a) "..." { psw.ie <- e when psw.mode == supervisor }'
"""

import os
from dataclasses import dataclass
from itertools import product
from math import prod

from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.files.tables import LARGEST, Table, read_table

MOST = 1 << 16  # machines of a space
ON, OFF = "on", "off"

Settings = tuple[str, ...]  # of every switch, in their order


@dataclass(frozen=True, slots=True)
class Switch:
    """`texts` has the changes of each setting, in the language of variants; a guard has none of its own."""

    name: str
    texts: dict[str, str]
    guard: bool = False


@dataclass(frozen=True, slots=True)
class Space:
    """`machine` is a shipped machine's name, or the path of a description, `PATH[:NAME]`, from the space's folder."""

    path: str
    machine: str
    switches: tuple[Switch, ...]

    @property
    def size(self) -> int:
        return prod(len(switch.texts) for switch in self.switches)

    def all(self) -> "list[Settings]":
        """Every machine of the space; the last switch turns fastest."""
        return list(product(*(switch.texts for switch in self.switches)))


def read_space(path: str) -> Space:
    """The space that a file spans. Raises SourceError for mistakes in it, TraplineError for one that cannot be read or
    is too large."""
    try:
        data = read_noted(path, LARGEST)
    except (OSError, ValueError) as error:
        raise TraplineError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    table = read_table(path, data)
    machine = table.text("machine")
    guards = [Switch(name, {ON: "", OFF: ""}, guard=True) for name in table.texts("guards")]
    space = Space(path, _beside(path, machine), (*guards, *map(_switch, table.tables("switches"))))
    _check(table, space)
    table.finish()
    return space


def _switch(table: Table) -> Switch:
    settings = table.table("settings")
    texts = {name: settings.text(name, "") for name in settings.names()}
    if len(texts) < 2:
        table.wrong("settings", "a switch has at least two settings", 'write `[switches.settings]` and `NAME = "..."`')
    return Switch(table.text("name"), texts or {"": ""})


def _check(table: Table, space: Space) -> None:
    names = [switch.name for switch in space.switches]
    if not names:
        table.wrong("guards", "the space has no switches", 'give `guards = ["INSTRUCTION", ...]`, or `[[switches]]`')
    for name in {name for name in names if names.count(name) > 1}:
        table.wrong("guards", f"two switches are called `{name:.60}`")
    if space.size > MOST:
        table.wrong("guards", f"the space has {space.size:,} machines; {MOST:,} are the most", "leave switches away")


def _beside(path: str, machine: str) -> str:
    """A description of the user's own is looked for from the folder of the space."""
    return os.path.join(os.path.dirname(path), machine) if ".isa" in machine else machine
