"""Labs: exercises about virtualization that are graded by running, comparing and proving. docs/teaching.md tells an
instructor how to run the course.

exit code: 0 all passed; 1 some failed; 3 the submission cannot be graded as it is; 5 the grader could not do its work.

examples:
  trapline lab list
  trapline lab start 1 mylab --seed alice
  trapline lab check mylab
  trapline lab quiz --count 20 --seed midterm --format gift -o midterm.gift
  trapline lab grade 1 submissions --key course.key --csv marks.csv
"""

import argparse
from importlib import import_module

SUMMARY = "exercises for a course, graded by proof and by counterexample"
ACTIONS = {
    "list": "the labs, and what each is about",
    "start": "make a folder with what a lab begins with",
    "check": "check your work as far as you may see",
    "hint": "a hint for each check that fails",
    "grade": "grade submissions, hidden seeds included",
    "quiz": "make questions, with answers that are proved",
    "key": "make an instructor's key",
    "verify": "see whether results are as the grader signed them",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, summary in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary, formatter_class=parser.formatter_class)
        import_module(f"trapline.labs.actions.{name}").configure(action)
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    code: int = import_module(f"trapline.labs.actions.{arguments.action}").run(arguments)
    return code
