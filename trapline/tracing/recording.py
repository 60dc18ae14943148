"""The trace of a run, as its options ask for it: text, or, if the file's name ends with `.bin`, the records."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from isa.errors import UsageError
from isa.machine import Machine
from isa.machine.records import Recorder, Records, Trace
from isa.machine.trace_format import Blocks, opening
from trapline.reports.lines import LineFile
from trapline.running.launch import Launch
from trapline.running.session import Interruption
from trapline.tracing.choice import choice
from trapline.tracing.header import header_of
from trapline.tracing.options import NOTES
from trapline.tracing.text import LinesAsText

BINARY = ".bin"


@contextmanager
def traced(launched: Launch, arguments: argparse.Namespace, interruption: Interruption) -> Iterator[LineFile]:
    """Inside, the steps that are asked for go to the file. Raises UsageError."""
    machine, of = _machine(launched, arguments.of)
    notes: frozenset[str] = arguments.notes or frozenset()
    rig, registers = launched.rig, "registers" in notes
    header = header_of(rig.isa, launched.image, launched.name, rig.machine.seed, rig.depth, of, registers)
    wanted = choice(arguments, header.labels)
    binary = arguments.trace.endswith(BINARY)
    if binary and notes - {"registers"}:
        raise UsageError(
            "a binary trace needs no notes of mnemonics and source lines",
            f"ask for them when it is read: `trapline trace {arguments.trace} --with {','.join(NOTES[:2])}`",
        )
    with LineFile(arguments.trace, interruption) as file:
        if binary:
            first, check = opening(header.facts())
            file.append(first)
            blocks = Blocks(check)

            def consume(records: Records) -> None:
                if kept := wanted.kept(records):
                    file.append(blocks.before(kept))
                    file.append(kept)
        else:
            text = LinesAsText(header.worded(notes, rig.isa))

            def consume(records: Records) -> None:
                file.append(text.of(wanted.kept(records)))

        recorder = Recorder(consume)
        machine.trace = Trace(recorder, wanted.first, wanted.stop, registers)
        try:
            yield file
        finally:
            machine.trace = None
            recorder.pass_on()
            if binary:
                file.append(blocks.end())


def _machine(launched: Launch, level: int | None) -> tuple[Machine, int]:
    """The machine at a level, 0 being the real one, and the level: usually the guest's own."""
    machines = launched.rig.machine.hosts[::-1]
    if level is None:
        level = len(machines) - 1
    if level >= len(machines):
        raise UsageError(
            f"there is no machine {level} in this run", f"the machines are 0, the real one, to {len(machines) - 1}"
        )
    return machines[level], level
