"""Check your work: the checks that a student may see, each failure with its counterexample."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.options import read

    parser.add_argument("folder", type=read, metavar="DIR", nargs="?", default=".", help="your folder (default: here)")


def run(arguments: argparse.Namespace) -> int:
    from trapline.labs.checking import check_all
    from trapline.labs.folder import student_of
    from trapline.labs.submission import open_submission
    from trapline.labs.told import exit_code, facts, lines
    from trapline.output import emit_json

    lab, student = student_of(arguments.folder)
    results = list(check_all(lab, open_submission(arguments.folder, lab), student))
    if arguments.json:
        emit_json({"lab": lab.name, "student": student, "checks": [facts(result) for result in results]})
    else:
        print("\n".join(lines(lab, results)))
    return exit_code(results)
