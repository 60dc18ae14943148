"""Results of checks in words, and for programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from isa.assembler.image import printable
from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from trapline.labs.checking import Result, Status
from trapline.labs.lab import Lab

BROKEN = 3
LARGEST = 1 << 28  # bytes of a file of records


def lines(lab: Lab, results: Sequence[Result], kept: Mapping[str, str]) -> Iterator[str]:
    """What a student reads: each check, what it earned, and its counterexample; `kept` has the file of it by check."""
    for result in results:
        check = result.check
        head = f"{result.status.value:7}  {result.points:g} of {check.points}  {check.name}"
        yield f"{head}{_tried(result)}{_measure(result)}"
        yield from (f"         {printable(line)}" for line in _reason(result))
        if check.name in kept:
            yield f"         open it: trapline debug --at {quote(kept[check.name])}"
    yield f"{lab.title}: {sum(r.points for r in results):g} of {lab.points} points"


def _tried(result: Result) -> str:
    return f" ({result.passed} of {result.tried} seeds)" if result.tried > 1 else ""


def _measure(result: Result) -> str:
    return "" if result.measure is None else f": {result.measure}"


def _reason(result: Result) -> Iterator[str]:
    failure = result.failure
    if failure is None:
        yield from result.reason.splitlines()
        return
    yield from failure.message.splitlines()
    if failure.input:
        yield f"typed: {failure.input!r}"
    if failure.step is not None:
        yield f"at step {failure.step:,}" + (f": {failure.source}" if failure.source else "")
    for name, (expected, found) in failure.states.items():
        yield f"{name}: {expected} expected, {found} found"


def exit_code(results: Sequence[Result]) -> int:
    """0 all passed, 3 the submission is broken, 1 anything else."""
    if any(result.status is Status.BROKEN for result in results):
        return BROKEN
    return 0 if all(result.status is Status.PASSED for result in results) else 1


def facts(result: Result) -> dict[str, Any]:
    """docs/teaching.md lists the keys."""
    failure = result.failure
    return {
        "name": result.check.name,
        "status": result.status.value,
        "points": result.points,
        "of": result.check.points,
        "tried": result.tried,
        "passed": result.passed,
        "measure": result.measure,
        "reason": failure.message if failure else result.reason,
        "counterexample": {
            "seed": result.seed,
            "step": failure.step,
            "source": failure.source,
            "before": dict(failure.before),
            "states": {name: list(pair) for name, pair in failure.states.items()},
            "input": failure.input,
        }
        if failure
        else None,
    }


def why(record: dict[str, Any]) -> str:
    """What is to be said of a submission in a line: of itself, and of the first check that it has not passed."""
    bad = next((check for check in record["checks"] if check["status"] != Status.PASSED.value), None)
    first = f"{bad['name']}: {bad['reason'].partition(chr(10))[0]}" if bad else ""
    return printable("; ".join(filter(None, [record["reason"], first])))


def records_of(path: str) -> list[dict[str, Any]]:
    """The records in a file of `trapline lab grade --json`. Raises TraplineError for one that is none."""
    try:
        whole = json.loads(read_noted(path, LARGEST)[:LARGEST])
        found = whole["submissions"]
        if not all(isinstance(record, dict) for record in found):
            raise TypeError
    except OSError as error:
        raise TraplineError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise TraplineError(f"{path} has no results", "`trapline lab grade ... --json` prints them") from None
    return list(found)
