"""What is wrong in the texts of the page, at its place: what the command line would say, as editors are told it."""

import os
from typing import Any

from trapline.editing.answers import Problem, Severity, place_of
from trapline.editing.texts import Settings
from trapline.editing.workspace import Workspace

DESCRIPTION = ".isa"
PROGRAM = ".s"


def problems(files: dict[str, str], machine: str = "") -> list[dict[str, Any]]:
    """Of each program and description, `machine` being that of programs that name none; lines and columns count from
    1, and `end` is behind the last."""
    workspace, here = Workspace(Settings(machine or None)), os.getcwd()
    for name, text in files.items():
        if name.endswith((DESCRIPTION, PROGRAM)):
            workspace.open(os.path.join(here, name), text, name.endswith(DESCRIPTION))
    found = workspace.problems().items()
    return [_facts(os.path.relpath(path, here), problem) for path, listed in found for problem in listed]


def _facts(file: str, problem: Problem) -> dict[str, Any]:
    place, diagnostic = place_of(problem.diagnostic.span), problem.diagnostic
    return {
        "file": file,
        "line": place.line + 1,
        "column": place.column + 1,
        "end": place.end + 1,
        "severity": "error" if problem.severity is Severity.ERROR else "warning",
        "message": diagnostic.message.replace(f"{os.getcwd()}/", ""),
        "help": diagnostic.help,
    }
