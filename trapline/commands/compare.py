"""Run a guest bare and monitored on machines of one size, and compare the two at every exit and at the end: state,
storage, device output. On a difference, show the first instruction that differs. Exit code 0 if there is none.

With `--under` the monitor is a program of the machine itself. The two are compared wherever it is about to enter the
guest, and a difference is shown with the lines of the monitor that wrote it.

examples:
  trapline compare os --monitor trap:2
  trapline compare sgdt                  on its own machine, which leaks
  trapline compare sgdt --difference sgdt.json && trapline debug --at sgdt.json
  trapline compare os --under vmm
  trapline compare os --under vmm:2 --monitor trap
"""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from trapline.options import (
    DEFAULT_STEPS,
    add_difference_option,
    add_engine_option,
    add_guest_argument,
    add_monitor_option,
    add_run_options,
    add_under_option,
)

if TYPE_CHECKING:
    from proofs.runs.compare import Setup
    from trapline.running.programs import Program

SUMMARY = "run a guest bare and monitored, and show the first difference"


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser)
    add_run_options(parser)
    add_monitor_option(parser, default="trap")
    parser.set_defaults(monitor=None)  # which is none with `--under`
    add_under_option(parser)
    add_engine_option(parser)
    add_difference_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from proofs.runs.compare import compare
    from trapline.combinations import refuse
    from trapline.debugging.difference import keep
    from trapline.options import monitor_choice
    from trapline.output import emit_json, engine_in_use
    from trapline.reports.comparison import comparison_facts, comparison_lines
    from trapline.running.claims import claim
    from trapline.running.places import check_place
    from trapline.running.programs import find
    from trapline.running.session import counting
    from trapline.running.watching import watched_run

    if arguments.under:
        return _under(arguments)
    help = "`--difference FILE` keeps what `trapline debug --at FILE` opens"
    refuse(arguments, ["save"], "is for monitors that are programs, with `--under`", help)
    arguments.monitor = arguments.monitor or monitor_choice("trap")
    if arguments.monitor.depth == 0:
        raise UsageError("`--monitor none` leaves nothing to compare", "give `--monitor trap`, or another technique")
    program = find(arguments.guest, arguments.isa, arguments.define)
    claim(arguments)
    check_place(arguments.difference)
    engine = engine_in_use(arguments.engine)
    setup = setup_of(arguments, program, engine)
    steps = arguments.steps or DEFAULT_STEPS
    with counting(steps) as progress:
        result = compare(setup, steps, progress.show)
    found = result.divergence
    rests = watched_run(setup, found.step + 1) if found is not None else None
    kept = keep(arguments.difference, setup, program.image, program.name, found)
    if arguments.json:
        facts = {"guest": program.name, "machine": program.isa.name, "engine": engine}
        resting = {"assumptions": rests.facts()} if rests else {}
        emit_json({**facts, **comparison_facts(program, result), "kept": kept, **resting})
    else:
        print("\n".join(comparison_lines(program, result, arguments.monitor.techniques)))
        print("".join(f"  {line}\n" for line in (rests.lines(program.image) if rests else ())), end="")
    return 0 if result.equivalent else 1


def _under(arguments: argparse.Namespace) -> int:
    """Compare with the guest under monitors in assembly."""
    from proofs.under.comparing import compare
    from trapline.output import emit_json, engine_in_use
    from trapline.reports.under import under_facts, under_lines
    from trapline.running.claims import claim
    from trapline.running.places import check_place
    from trapline.running.programs import find
    from trapline.running.session import counting
    from trapline.running.under import case, check_under, save

    check_under(arguments)
    program = find(arguments.guest, arguments.isa, arguments.define)
    claim(arguments)
    check_place(arguments.save)
    engine = engine_in_use(arguments.engine)
    compared, steps = case(arguments, program, engine), arguments.steps or DEFAULT_STEPS
    with counting(steps) as progress:
        result = compare(compared, steps, progress.show)
    kept = save(arguments.save, compared, result)
    if arguments.json:
        facts = {"guest": program.name, "machine": program.isa.name, "engine": engine}
        emit_json({**facts, **under_facts(program, compared, result), "kept": kept})
    else:
        print("\n".join(under_lines(program, compared, result)))
    return 0 if result.equivalent else 1


def setup_of(arguments: argparse.Namespace, program: "Program", engine: str) -> "Setup":
    """What is compared, as the options say; under the monitors of `--monitor`, if there is such an option."""
    from monitor.monitor import QUANTUM
    from proofs.runs.compare import Setup
    from trapline.combinations import check_disk
    from trapline.running.launch import origin_of, recorded_input
    from trapline.running.rig import Outfit, plenty, scratch_disk

    words = arguments.storage or program.storage or plenty(program.isa)
    make_input = recorded_input(arguments.input, program.input, partial(origin_of, program, arguments.seed))
    check_disk(arguments, program.disk > 0)
    make_disk = scratch_disk(program.isa, arguments.disk, program.disk, arguments.read_only)

    def outfit() -> Outfit:
        queue = program.queue or arguments.queue
        return Outfit(make_input(), None, make_disk(), arguments.read_only, arguments.seed, queue)

    return Setup(
        program.isa,
        program.image,
        words,
        ports=lambda: outfit().ports(program.isa),
        monitors=arguments.monitor.techniques if "monitor" in arguments else 1,
        seed=arguments.seed,
        quantum=arguments.quantum or QUANTUM,
        engine=engine,
    )
