"""The whole story in less than 20 seconds: an operating system boots on the bare machine; then it and two other guests
run side by side under a monitor; then bare and monitored runs are compared; then a machine that cannot be virtualized,
and the guest that notices. In a pipe everything is plain text. Exit code 0 if all is as the theory says.
"""

import argparse
from typing import TYPE_CHECKING, Any

from trapline.options import add_engine_option

if TYPE_CHECKING:
    from trapline.demo.acts import Findings

SUMMARY = "the whole story in less than 20 seconds"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true", help="do not slow the live view down for the eye")
    add_engine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from trapline.demo.acts import perform, verdict
    from trapline.demo.story import Story
    from trapline.output import emit_json, engine_in_use

    story = Story(quiet=arguments.json)
    engine = engine_in_use(arguments.engine)
    found = perform(story, arguments.fast, engine)
    if arguments.json:
        emit_json({"good": found.good, "engine": engine, "verdict": verdict(found), **_facts(found)})
    story.verdict(verdict(found))
    return 0 if found.good else 1


def _facts(found: "Findings") -> dict[str, Any]:
    from trapline.reports.exits import statistics_facts

    return {
        "guests": {
            actor.program.name: {
                "status": actor.status,
                "steps": actor.vm.steps,
                "output": actor.output,
                "virtual": actor.virtual,
                "real": actor.real,
                "statistics": statistics_facts(actor.vm.statistics),
            }
            for actor in found.stage.actors
        },
        "equivalent": {name: c.equivalent for name, c in found.comparisons.items()},
        "noticed": not found.variant.equivalent,
    }
