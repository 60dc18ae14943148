"""Labs: exercises about virtualization that are graded by running, comparing and proving. docs/teaching.md tells an
instructor how to run the course.

exit code: 0 all passed; 1 some failed; 3 the submission cannot be graded as it is; 5 the grader could not do its work.

examples:
  trapline lab list
  trapline lab start 1 mylab --seed alice
  trapline lab check mylab
"""

import argparse
from importlib import import_module

SUMMARY = "exercises for a course, graded by proof and by counterexample"
ACTIONS = {
    "list": "the labs, and what each is about",
    "start": "make a folder with what a lab begins with",
    "check": "check your work as far as you may see",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, summary in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary)
        import_module(f"trapline.labs.actions.{name}").configure(action)


def run(arguments: argparse.Namespace) -> int:
    code: int = import_module(f"trapline.labs.actions.{arguments.action}").run(arguments)
    return code
