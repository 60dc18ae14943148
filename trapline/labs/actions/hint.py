"""A hint for each check that fails, without the counterexample."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.options import read

    parser.add_argument("folder", type=read, metavar="DIR", nargs="?", default=".", help="your folder (default: here)")


def run(arguments: argparse.Namespace) -> int:
    from trapline.labs.checking import Status, check_all
    from trapline.labs.folder import student_of
    from trapline.labs.submission import open_submission
    from trapline.labs.told import exit_code
    from trapline.output import emit_json

    lab, student = student_of(arguments.folder)
    results = list(check_all(lab, open_submission(arguments.folder, lab), student))
    hints = {r.check.name: r.check.hint for r in results if r.status in (Status.FAILED, Status.BROKEN)}
    if arguments.json:
        emit_json({"lab": lab.name, "hints": hints})
    else:
        print("\n".join(f"{name}: {hint or 'there is none'}" for name, hint in hints.items()) or "nothing fails")
    return exit_code(results)
