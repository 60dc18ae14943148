"""See whether results are as the grader wrote them: FILE is what `trapline lab grade --key KEY --json` printed."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.options import read

    parser.add_argument("file", type=read, metavar="FILE", help="results as JSON")
    parser.add_argument("--key", type=read, metavar="FILE", required=True, help="the instructor's key")


def run(arguments: argparse.Namespace) -> int:
    from trapline.labs.signing import is_genuine, read_key
    from trapline.labs.told import records_of
    from trapline.output import emit_json

    key = read_key(arguments.key)
    records = records_of(arguments.file)
    forged = [record.get("student") for record in records if not is_genuine(record, key)]
    if arguments.json:
        emit_json({"records": len(records), "forged": forged})
    else:
        print(f"{len(records)} records, {len(forged)} not as they were signed" if forged else f"{len(records)} genuine")
        print("".join(f"  {student!a:.80}\n" for student in forged), end="")
    return 1 if forged else 0
