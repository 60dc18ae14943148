"""What is published of the shipped machines, and whether our verdicts agree: theorems, culprits, every instruction.

The publications are data, `published.toml`; nothing in a description says what its verdict is to be. They speak the
letter of the definitions, and so are compared with the verdict by the letter; where the exact one is another, the data
says so, with the reason. `proofs.verdict.reasons` has the words for classes, `proofs.verdict.verification` the verdicts.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from proofs.definitions.classification import Verdict
from proofs.terms.solving import Found
from proofs.terms.workers import Progress, no_progress
from proofs.verdict.reasons import classes
from proofs.verdict.verification import TIMEOUT, Theorems, Verification

Names = dict[str, tuple[str, ...]]  # published name to instructions of the description


@dataclass(frozen=True)
class Published:
    """What is published of one machine. `responsible` break Theorem 1; `silent` are called sensitive too, but by the
    letter show it only as memory traps. `classes` gives the class of every instruction and of unassigned encodings.
    `exact` are Theorems 1 and 3 as the exact question has them; `why` says why, if that is another answer."""

    machine: str
    theorem1: bool
    theorem3: bool
    source: str
    note: str
    responsible: Names
    silent: Names
    classes: dict[str, str]
    exact: tuple[bool, bool]
    why: str = ""


@dataclass(frozen=True)
class Agreement:
    """One machine as published and as found, by the letter and exactly; `differences` in words, none if all agrees."""

    published: Published
    letter: Theorems
    exact: Theorems
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
    from isa.machines.catalogue import find
    from proofs.verdict.verification import verify

    for name, expected in published().items():
        yield agreed(expected, verify(find(name), timeout, workers, progress))


def agreed(expected: Published, found: Verification) -> Agreement:
    """One machine's verdict held against what is published."""
    differences = [
        *theorem_differences((expected.theorem1, expected.theorem3), found.letter, "published as"),
        *theorem_differences(expected.exact, found.exactly, "by the exact question expected as"),
        *class_differences(expected, [f.verdict for f in found.findings]),
        *(
            f"{name}: published as sensitive, but it may run directly"
            for name in flat(expected.silent)
            if (answer := found.finding(name).exact) is None or answer.fails is not Found.YES
        ),
    ]
    return Agreement(expected, found.letter, found.exactly, tuple(differences))


def theorem_differences(expected: tuple[bool, bool], found: Theorems, where: str) -> Iterator[str]:
    """What is expected of Theorems 1 and 3, and not found."""
    for number, said, answer in zip((1, 3), expected, (found.theorem1, found.theorem3), strict=True):
        if answer is not (Found.YES if said else Found.NO):
            yield f"Theorem {number}: {where} {'holding' if said else 'failing'}, found {answer.value}"


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
    exact = table.get("exact", {})
    return Published(
        machine,
        table["theorem1"],
        table["theorem3"],
        table["source"],
        table.get("note", ""),
        _names(blamed["responsible"]),
        _names(blamed["silent"]),
        _classes(machine, tables),
        (exact.get("theorem1", table["theorem1"]), exact.get("theorem3", table["theorem3"])),
        exact.get("why", ""),
    )


def _names(table: dict[str, str]) -> Names:
    return {name: tuple(ours.split()) for name, ours in table.items()}


def _classes(machine: str, tables: dict[str, Any]) -> dict[str, str]:
    table = tables[machine]
    found = _classes(table["like"], tables) if "like" in table else {}
    return found | {name: kind for kind, names in table["classes"].items() for name in names.split()}
