"""Make questions about machines that a seed draws, with answers that are proved."""

import argparse

DIFFICULTIES = (1, 2, 3)
MOST = 1000
KNOWN = ("text", "html", "gift", "qti")


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.options import natural, written

    add = parser.add_argument
    add("--count", type=natural, metavar="N", default=10, help="how many questions (default: 10)")
    add("--seed", type=str, metavar="S", default="", help="the same seed gives the same questions")
    help = "1 is plain, 2 has conditions, 3 looks like what it is not (default: 2)"
    add("--difficulty", type=int, choices=DIFFICULTIES, default=2, help=help)
    add("--format", choices=KNOWN, default="text", help="for people or for a learning platform (default: text)")
    add("-o", "--output", type=written, metavar="FILE", help="write to FILE (default: to stdout)")


def run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from isa.errors import TraplineError, UsageError
    from isa.files.writing import write_whole
    from trapline.labs.questions.asking import questions
    from trapline.labs.questions.formats.catalogue import FORMATS
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.running.claims import claim

    if not 1 <= arguments.count <= MOST:
        raise UsageError(f"`--count` must be from 1 to {MOST:,}, not {arguments.count:,}")
    if arguments.format == "qti" and not arguments.output and not arguments.json:
        raise UsageError("a package of QTI is no text", "give `-o FILE.zip`")
    claim(arguments)
    asked = []
    with Counter("quiz: ", "questions") as counter:
        for question in questions(arguments.count, arguments.seed, arguments.difficulty):
            asked.append(question)
            counter.show(len(asked), arguments.count)
    if arguments.output:
        try:
            write_whole(arguments.output, FORMATS[arguments.format](asked))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise TraplineError(f"cannot write {arguments.output}: {reason}") from None
    if arguments.json:
        emit_json({"seed": arguments.seed, "questions": [asdict(question) for question in asked]})
    elif not arguments.output:
        print(FORMATS[arguments.format](asked).decode(), end="")
    return 0
