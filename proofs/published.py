"""What is published of the shipped machines, and whether our verdicts agree: theorems, culprits, every instruction.

The publications are data, `published.toml`; nothing in a description says what its verdict is to be. `proofs.reasons`
has the words for classes, `proofs.verification` the verdict that is compared.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from proofs.classification import Verdict
from proofs.reasons import classes
from proofs.solving import Found
from proofs.verification import TIMEOUT, Verification
from proofs.workers import Progress, no_progress

Names = dict[str, tuple[str, ...]]  # published name to instructions of the description


@dataclass(frozen=True)
class Published:
    """What is published of one machine. `responsible` break Theorem 1; `silent` are called sensitive too, but by the
    letter show it only as memory traps. `classes` gives the class of every instruction and of unassigned encodings."""

    machine: str
    theorem1: bool
    theorem3: bool
    source: str
    note: str
    responsible: Names
    silent: Names
    classes: dict[str, str]


@dataclass(frozen=True)
class Agreement:
    """One machine as published and as found; `differences` in words, none if all agrees."""

    published: Published
    theorem1: Found
    theorem3: Found
    differences: tuple[str, ...]

    @property
    def machine(self) -> str:
        return self.published.machine

    @property
    def agrees(self) -> bool:
        return not self.differences


@cache
def published() -> dict[str, Published]:
    """All machines of which something is published, by name."""
    tables = tomllib.loads(files("proofs").joinpath("published.toml").read_text("utf-8"))
    return {machine: _published(machine, tables) for machine in tables}


def agreement(timeout: float = TIMEOUT, workers: int = 2, progress: Progress = no_progress) -> Iterator[Agreement]:
    """Verify every published machine, `timeout` seconds for each, and compare."""
    from isa.catalogue import find
    from proofs.verification import verify

    for name, expected in published().items():
        yield agreed(expected, verify(find(name), timeout, workers, progress))


def agreed(expected: Published, found: Verification) -> Agreement:
    """One machine's verdict held against what is published."""
    differences = [
        *theorem_differences(expected, found.theorem1, found.theorem3),
        *class_differences(expected, [f.verdict for f in found.findings]),
        *(
            f"{name}: published as sensitive, but it may run directly"
            for name in flat(expected.silent)
            if (answer := found.finding(name).exact) is None or answer.fails is not Found.YES
        ),
    ]
    return Agreement(expected, found.theorem1, found.theorem3, tuple(differences))


def theorem_differences(expected: Published, theorem1: Found, theorem3: Found) -> Iterator[str]:
    for number, said, found in ((1, expected.theorem1, theorem1), (3, expected.theorem3, theorem3)):
        if found is not (Found.YES if said else Found.NO):
            yield f"Theorem {number}: published as {'holding' if said else 'failing'}, found {found.value}"


def class_differences(expected: Published, verdicts: list[Verdict]) -> Iterator[str]:
    """Instruction by instruction; and whether exactly those responsible break Theorem 1."""
    for verdict in verdicts:
        said, found = expected.classes.get(verdict.name, "nothing"), ", ".join(classes(verdict))
        if said != found:
            yield f"{verdict.name}: published as {said}, found {found}"
        blamed = verdict.name in flat(expected.responsible)
        if verdict.virtualizable is not (Found.NO if blamed else Found.YES):
            yield f"{verdict.name}: {'' if blamed else 'not '}published as responsible, and keeps Theorem 1: " + (
                verdict.virtualizable.value
            )
    for name in expected.classes.keys() - {v.name for v in verdicts}:
        yield f"{name}: published as {expected.classes[name]}, but the description has none"


def flat(names: Names) -> list[str]:
    """The instructions of the description that published names stand for."""
    return [ours for group in names.values() for ours in group]


# ---- the file


def _published(machine: str, tables: dict[str, Any]) -> Published:
    table = tables[machine]
    blamed = {key: table.get(key, tables.get(table.get("like"), {}).get(key, {})) for key in ("responsible", "silent")}
    return Published(
        machine,
        table["theorem1"],
        table["theorem3"],
        table["source"],
        table.get("note", ""),
        _names(blamed["responsible"]),
        _names(blamed["silent"]),
        _classes(machine, tables),
    )


def _names(table: dict[str, str]) -> Names:
    return {name: tuple(ours.split()) for name, ours in table.items()}


def _classes(machine: str, tables: dict[str, Any]) -> dict[str, str]:
    table = tables[machine]
    found = _classes(table["like"], tables) if "like" in table else {}
    return found | {name: kind for kind, names in table["classes"].items() for name in names.split()}
