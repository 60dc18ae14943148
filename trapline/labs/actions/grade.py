"""Grade submissions, hidden seeds included: students' folders, the same as .zip files, or a folder of many of them.
With `--key` the hidden seeds are nobody else's, and every record is signed (`trapline lab verify`)."""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trapline.labs.lab import Lab


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.jobs.choice import add_workers_options
    from trapline.options import read, updated, written

    parser.add_argument("lab", type=str, metavar="LAB", help="a lab's name or number, or its folder")
    parser.add_argument(
        "folders", type=read, metavar="DIR", nargs="+", help="a student's folder, one as a .zip, or many"
    )
    add = parser.add_argument
    add("--key", type=read, metavar="FILE", help="the instructor's key (`trapline lab key FILE`)")
    add_workers_options(parser, "submissions")
    add("--resume", type=updated, metavar="FILE", help="keep results in FILE, and go on where an earlier run was")
    add("--junit", type=written, metavar="FILE", help="write the results as JUnit XML")
    add("--gradescope", type=written, metavar="FILE", help="write the one submission's results.json for Gradescope")
    add("--csv", type=written, metavar="FILE", help="write a row for each submission")
    add("--html", type=written, metavar="DIR", help="write a page for each student into DIR")


def run(arguments: argparse.Namespace) -> int:
    from trapline.jobs.choice import workers
    from trapline.jobs.results import Results
    from trapline.labs.grading import exit_code, grade, submissions
    from trapline.labs.reading import find
    from trapline.labs.signing import read_key
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.running.claims import claim

    lab, key = find(arguments.lab), read_key(arguments.key)
    folders = submissions(lab, arguments.folders)
    claim(arguments)
    _check(arguments, folders)
    doers = workers(arguments)
    results = Results(arguments.resume or ":memory:")
    with Counter(f"{lab.name}: ", "submissions") as counter:
        records = grade(lab, folders, key, doers, results, counter.show)
    results.close()
    if arguments.json:
        emit_json({"lab": lab.name, "signed": bool(key), "submissions": records})
    else:
        print("\n".join(_lines(records, bool(key))))
    _write(arguments, lab, records)  # last: what cannot be written takes nothing away
    return exit_code(records)


def _check(arguments: argparse.Namespace, folders: list[str]) -> None:
    """Nothing is written where a student's work is."""
    from isa.errors import UsageError
    from trapline.running.claims import inside

    count = len(folders)
    for name in ("resume", "junit", "gradescope", "csv", "html"):
        path = getattr(arguments, name)
        if path and any(inside(path, folder) for folder in folders):
            raise UsageError(f"`--{name} {path}` is in the folder of a submission", "give another place")
    if arguments.gradescope and count != 1:
        raise UsageError(f"`--gradescope` is for one submission, and there are {count}", "use `--csv` for a class")


def _write(arguments: argparse.Namespace, lab: "Lab", records: list[dict[str, Any]]) -> None:
    """The files that were asked for, each whole or not at all."""
    import os

    from isa.files.writing import write_whole
    from trapline.jobs.results import Unkept
    from trapline.labs.formats.gradescope import gradescope
    from trapline.labs.formats.junit import junit
    from trapline.labs.formats.page import page, page_names
    from trapline.labs.formats.sheet import sheet

    try:
        if arguments.junit:
            write_whole(arguments.junit, junit(records))
        if arguments.csv:
            write_whole(arguments.csv, sheet(lab, records))
        if arguments.gradescope:
            write_whole(arguments.gradescope, gradescope(records[0]))
        if arguments.html:
            os.makedirs(arguments.html, exist_ok=True)
            for record, name in zip(records, page_names(records), strict=True):
                write_whole(os.path.join(arguments.html, name), page(record))
    except OSError as error:
        raise Unkept(
            f"cannot write what was asked for: {error}", "make room, and grade again: see `--resume`"
        ) from None


def _lines(records: list[dict[str, Any]], is_signed: bool) -> list[str]:
    from trapline.labs.told import why

    lines = []
    for record in records:
        points = "-" if record["points"] is None else f"{record['points']:g}"
        reason = f": {why(record)}" if why(record) else ""
        lines.append(f"{points:>6} of {record['of']}  {record['status']:10}  {str(record['student'])!a:.80}{reason}")
    if not is_signed:
        lines.append("not signed, and hidden seeds are anybody's: give `--key FILE` (`trapline lab key FILE`)")
    return lines
