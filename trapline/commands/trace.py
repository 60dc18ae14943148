"""Read a binary trace, written by `trapline run --trace FILE.bin`, as the text that the run could have written.

Lines can be chosen by step, pc and traps, and have mnemonics and source lines. A file that is damaged or truncated is
shown up to there, and then the exit code is 3.

examples:
  trapline run os --trace os.bin
  trapline trace os.bin --traps-only --with source
  trapline trace os.bin --from 1000 --to 1020 --with mnemonic
"""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trapline.options import name, read
from trapline.tracing.options import add_choice_options

if TYPE_CHECKING:
    from isa.description import Isa
    from isa.machine.records import Records
    from isa.machine.trace import TraceLine
    from isa.machine.wording import Wording
    from trapline.tracing.header import Header

SUMMARY = "read a binary trace, choose of it, and show it as text"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=read, metavar="FILE", help="a file that `trapline run --trace FILE.bin` wrote")
    add_choice_options(parser)
    parser.add_argument(
        "--isa", type=name, metavar="MACHINE", help="the description that was run, for mnemonics (default: by its name)"
    )


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from isa.machine.trace_format import TraceFile
    from trapline.tracing.choice import choice
    from trapline.tracing.header import header_from

    notes: frozenset[str] = arguments.notes or frozenset()
    with open(arguments.file, "rb") as opened:
        file = TraceFile(opened, arguments.file)
        header = header_from(file.header, arguments.file)
        wanted = choice(arguments, header.labels)
        if "registers" in notes and not header.registers:
            raise UsageError("this trace was recorded without registers", "run again, with `--with registers`")
        isa = _isa(header, arguments.isa) if "mnemonic" in notes else None
        wording = header.worded(notes, isa)
        shown = map(wanted.kept, file.blocks())
        return _as_json(header, wording, shown) if arguments.json else _as_text(wording, shown)


def _isa(header: "Header", asked: str | None) -> "Isa":
    from isa.machines.catalogue import find
    from trapline.tracing.header import described

    return described(header, find(asked or header.machine))


def _as_text(wording: "Wording", blocks: "Iterable[Records]") -> int:
    from trapline.tracing.text import LinesAsText

    text = LinesAsText(wording)
    for records in blocks:
        sys.stdout.write(text.of(records).decode("ascii"))
    return 0


def _as_json(header: "Header", wording: "Wording", blocks: "Iterable[Records]") -> int:
    """One object, written as the lines come. A fault of the file stands in it behind them."""
    from isa.errors import TraplineError
    from isa.machine.trace import lines_of
    from trapline.output import error_parts

    sys.stdout.write(json.dumps(header.summary())[:-1] + ', "lines": [')
    between, fault = "\n", None
    try:
        for records in blocks:
            for line in lines_of(records):
                sys.stdout.write(between + json.dumps(_facts(line, wording)))
                between = ",\n"
    except TraplineError as error:
        fault = error
        print(error.render(), file=sys.stderr)
    print("\n]}" if fault is None else f'\n], "error": {json.dumps(error_parts(fault))}}}')
    return 0 if fault is None else fault.exit_code


def _facts(line: "TraceLine", wording: "Wording") -> dict[str, Any]:
    """A line for programs; what there is nothing of is left out."""
    facts: dict[str, Any] = {"step": line.step, "pc": line.pc, "word": line.word, "place": line.place}
    if line.trap is not None:
        facts["trap"] = {"cause": wording.causes.get(line.trap.cause, line.trap.cause), "info": line.trap.info}
    for key, pairs in (("sent", line.sent), ("received", line.received)):
        if pairs:
            facts[key] = [{"port": port, "word": word} for port, word in pairs]
    if wording.slots and line.changed:
        facts["changed"] = {wording.slots[slot]: value for slot, value in line.changed if slot < len(wording.slots)}
    if wording.mnemonic is not None and line.word is not None:
        facts["mnemonic"] = wording.mnemonic(line.word, line.pc)
    if wording.source is not None and line.place is not None:
        facts["source"] = wording.source(line.place)
    return facts
