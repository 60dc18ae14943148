"""Grading: all checks of many submissions, hidden seeds included, each submission in a process of its own.

What comes back is plain data, a *record*, and is signed by whoever has the instructor's key. A submission that kills
its process is graded as one that crashed, and nobody else's marks depend on it.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from isa.errors import TraplineError
from trapline.jobs.job import How, Job, Outcome, Workers
from trapline.jobs.results import Results
from trapline.jobs.running import run
from trapline.labs.archive import SUFFIX, digest_of, is_archive, opened
from trapline.labs.checking import check_all
from trapline.labs.folder import seed_of
from trapline.labs.lab import Lab
from trapline.labs.reading import read_lab
from trapline.labs.signing import signed
from trapline.labs.submission import open_submission
from trapline.labs.told import facts

Record = dict[str, Any]

MOST = 100_000  # submissions of a class
GRADED, BROKEN, CRASHED, UNGRADED = "graded", "broken", "crashed", "not graded"


def submissions(lab: Lab, folders: Iterable[str]) -> list[str]:
    """The folders of submissions: each one given, or if it has none of the lab's files, the folders in it; of archives
    the same. Raises TraplineError for what is neither, or an empty class."""
    found: list[str] = []
    for folder in folders:
        if is_archive(folder):
            found.append(folder)
            continue
        if not os.path.isdir(folder):
            raise TraplineError(f"{folder} is not a folder", "give a student's folder, or one that has many of them")
        inside = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir() or is_archive(entry.path))
        alone = not inside or any(os.path.lexists(os.path.join(folder, name)) for name in lab.files)
        found += [folder] if alone else inside
    if len(found) > MOST:
        raise TraplineError(f"there are {len(found):,} submissions; {MOST:,} are the most", "grade them in parts")
    return list(dict.fromkeys(found))


def grade(
    lab: Lab,
    folders: Sequence[str],
    key: bytes,
    workers: Workers,
    results: Results,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> list[Record]:
    """A signed record for each folder, in their order."""
    jobs = [Job(_key(folder), graded, _asked(lab, folder, key)) for folder in folders]
    outcomes = run(jobs, workers, results, told)
    records = [_record(lab, folder, outcome) for folder, outcome in zip(folders, outcomes, strict=True)]
    _tell_twins(records)
    return [signed(record, key) for record in records]


def _key(folder: str) -> str:
    """The folder's name in characters that every file can hold: another for each, whatever bytes it has."""
    return folder.encode("unicode_escape").decode()


def _text(name: str) -> str:
    """A name of bytes that are no text, as text."""
    return name.encode("utf-8", "backslashreplace").decode()


def _tell_twins(records: list[Record]) -> None:
    """Say who hands in what is another's by its seed. Nobody's marks change."""
    owners: dict[str, list[Record]] = {}
    for record in records:
        if record["seed"]:
            owners.setdefault(record["seed"], []).append(record)
    for found in owners.values():
        for record in found if len(found) > 1 else ():
            others = [other["student"] for other in found if other is not record]
            told = f"its seed is also that of {', '.join(others[:3])}" + (" and others" if others[3:] else "")
            record["reason"] = "; ".join(filter(None, [record["reason"], told]))


def _asked(lab: Lab, folder: str, key: bytes) -> dict[str, str]:
    """What is asked of a submission: what was handed in anew is another question."""
    places = {"lab": os.path.abspath(lab.folder), "folder": os.path.abspath(folder)}
    return {**places, "key": key.hex(), "files": digest_of(folder, lab)}


def graded(asked: dict[str, str]) -> Record:
    """The work of one submission, in a process of its own: what it is worth, or what is broken about it."""
    lab, folder = read_lab(asked["lab"]), asked["folder"]
    if digest_of(folder, lab) != asked["files"]:  # nobody is to blame for what another host does not have
        raise RuntimeError(f"{folder} is not here as it was when it was asked about")
    try:
        with opened(folder) as place:
            record = _graded(lab, place, bytes.fromhex(asked["key"]))
    except TraplineError as error:
        return _broken("", error)
    named = json.dumps(record).replace(place, json.dumps(folder)[1:-1])  # nobody knows where an archive was unpacked
    return dict(json.loads(named))


def _graded(lab: Lab, folder: str, key: bytes) -> Record:
    seed = "" if os.path.islink(folder) else seed_of(folder)
    try:
        submission = open_submission(folder, lab)
    except TraplineError as error:
        return _broken(seed, error)
    checks = [facts(result) for result in check_all(lab, submission, seed, key)]
    return {"status": GRADED, "seed": seed, "reason": "", "checks": checks}


def _broken(seed: str, error: TraplineError) -> Record:
    return {"status": BROKEN, "seed": seed, "reason": error.message, "checks": []}


def _record(lab: Lab, folder: str, outcome: Outcome) -> Record:
    """What is said of a submission, whatever became of it."""
    name = os.path.basename(os.path.abspath(folder))
    name = name.removesuffix(SUFFIX) if is_archive(folder) else name
    head: Record = {"lab": lab.name, "student": _text(name), "folder": _text(folder), "of": lab.points}
    if outcome.how is How.DONE:
        points = round(sum(check["points"] for check in outcome.value["checks"]), 2)
        return {**head, "points": points, **outcome.value}
    crashed = outcome.how in (How.CRASHED, How.OVERDUE)
    told = f"{outcome.reason}, after {outcome.attempts} attempts" if outcome.attempts > 1 else outcome.reason
    status = CRASHED if crashed else UNGRADED
    return head | {"points": 0 if crashed else None, "status": status, "seed": "", "reason": told, "checks": []}


def exit_code(records: Sequence[Record]) -> int:
    """5 if one could not be graded; 0 if all have all points; 3 for a single one that is broken; else 1."""
    if any(record["status"] == UNGRADED for record in records):
        return 5
    if all(record["points"] == record["of"] for record in records):
        return 0
    broken = any(check["status"] == BROKEN for record in records for check in record["checks"])
    return 3 if len(records) == 1 and (broken or records[0]["status"] == BROKEN) else 1
