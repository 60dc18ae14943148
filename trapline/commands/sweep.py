"""Verify every machine that a file spans: guards on and off, roles, alternatives of instructions, sizes. Which theorems
hold, with which culprits, and what does a repair cost? docs/sweep.md explains the file.

What machines have in common is asked once, and kept in `--results FILE` as it is answered: a sweep that was ended goes
on where it was.

exit code: 0 everything was decided; 4 a question stayed open; 5 there is no such cluster.

examples:
  trapline sweep guards.toml --csv guards.csv --svg guards.svg
  trapline sweep guards.toml --results guards.db --jobs 4
  trapline sweep guards.toml --cluster tcp://head:8786
"""

import argparse

from trapline.jobs.choice import add_workers_options
from trapline.options import read, updated, written

SUMMARY = "verify every machine of a design space, and what mends each"
OPEN = 4


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("space", type=read, metavar="FILE", help="the file that says what varies")
    add("--results", type=updated, metavar="FILE", help="keep answers in FILE, and take those that are there")
    add("--csv", type=written, metavar="FILE", help="write a row for each machine")
    add("--svg", type=written, metavar="FILE", help="draw which theorems hold, by how many switches are turned")
    add_workers_options(parser, "questions")


def run(arguments: argparse.Namespace) -> int:
    from isa.files.writing import write_whole
    from proofs.terms.solving import Found
    from trapline.jobs.choice import workers
    from trapline.jobs.results import Results
    from trapline.output import emit_json
    from trapline.progress import Counter
    from trapline.running.claims import claim
    from trapline.sweeping.lattice import lattice
    from trapline.sweeping.machines import Machines
    from trapline.sweeping.row import sweep
    from trapline.sweeping.sheet import sheet
    from trapline.sweeping.space import read_space
    from trapline.sweeping.told import facts, lines

    space = read_space(arguments.space)
    machines = Machines(space)
    claim(arguments)
    doers = workers(arguments)
    results = Results(arguments.results or ":memory:")
    with Counter(f"{space.size:,} machines: ", "questions") as counter:
        swept = sweep(machines, doers, results, counter.show)
    results.close()
    if arguments.csv:
        write_whole(arguments.csv, sheet(swept))
    if arguments.svg:
        write_whole(arguments.svg, str(lattice(swept)).encode())
    if arguments.json:
        emit_json(facts(swept))
    else:
        print("\n".join(lines(swept)))
    return OPEN if any(Found.UNKNOWN in row.theorems for row in swept.rows) else 0
