"""Check your work: the checks that a student may see, each failure with its counterexample, which is kept in the
folder, for `trapline debug --at`."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.options import read

    parser.add_argument("folder", type=read, metavar="DIR", nargs="?", default=".", help="your folder (default: here)")


def run(arguments: argparse.Namespace) -> int:
    from trapline.labs.checking import check_all
    from trapline.labs.counterexamples import keep
    from trapline.labs.folder import student_of
    from trapline.labs.submission import open_submission
    from trapline.labs.told import exit_code, facts, lines
    from trapline.output import emit_json

    lab, student = student_of(arguments.folder)
    results = list(check_all(lab, open_submission(arguments.folder, lab), student))
    kept = keep(arguments.folder, results)
    if arguments.json:
        checks = [facts(result) | {"at": kept.get(result.check.name)} for result in results]
        emit_json({"lab": lab.name, "student": student, "checks": checks})
    else:
        print("\n".join(lines(lab, results, kept)))
    return exit_code(results)
