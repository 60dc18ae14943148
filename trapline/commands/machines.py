"""List the shipped machines, or show one: its state and roles, or its whole manual. With --published, verify those that
are described after real ones, and hold the verdicts against the literature's.

exit code with --published: 0 all agree, 1 some do not, 4 something stayed unknown.

examples:
  trapline machines
  trapline machines g3
  trapline machines g3 --manual
  trapline machines --published
  trapline machines g3 --draw trap -o trap.svg
"""

import argparse
import sys
from typing import Any

from isa.description import Isa
from trapline.combinations import refuse
from trapline.commands.verify import add_limits
from trapline.options import written

PICTURES = ("formats", "status", "trap", "relocation", "virtual")  # a test compares
SUMMARY = "list the machines, or show one of them and its manual"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("machine", metavar="MACHINE", nargs="?", help="show this one only")
    parser.add_argument("--manual", action="store_true", help="the whole manual, as Markdown when not in a terminal")
    parser.add_argument("--draw", choices=PICTURES, help="a picture of it, as SVG: to `--output`, or to stdout")
    parser.add_argument("-o", "--output", type=written, metavar="FILE.svg", help="where the picture is written")
    told = "the published verdicts on real machines beside ours, and whether they agree"
    parser.add_argument("--published", action="store_true", help=told)
    add_limits(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.machines.catalogue import find

    if arguments.published:
        return _published(arguments)
    refuse(arguments, ["timeout", "workers"], "bounds what is verified, and nothing is", "add `--published`")
    if arguments.draw is None:
        refuse(arguments, ["output"], "is for a picture", "add `--draw`")
    if arguments.machine is None:
        return _list(arguments.json, arguments.manual)
    isa = find(arguments.machine)
    if arguments.draw:
        _draw(isa, arguments)
    elif arguments.manual:
        _show_manual(isa, arguments.json)
    else:
        _show(isa, arguments.json)
    return 0


def _draw(isa: Isa, arguments: argparse.Namespace) -> None:
    from isa.files.writing import write_whole
    from trapline.explaining import pictures
    from trapline.output import emit_json
    from trapline.running.claims import claim

    text = str(pictures.PICTURES[arguments.draw](isa))
    if arguments.output:
        claim(arguments)
        write_whole(arguments.output, text.encode())
    elif not arguments.json:
        print(text, end="")
    if arguments.json:
        emit_json({"machine": isa.name, "picture": text})


def _published(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from trapline.reports.agreement import show_published

    if arguments.machine is not None or arguments.manual:
        raise UsageError("--published shows all published machines", "for one of them, `trapline verify MACHINE`")
    return show_published(arguments)


def _list(as_json: bool, manual: bool) -> int:
    from isa.errors import UsageError
    from isa.machines.catalogue import find, shipped
    from trapline.output import emit_json, show

    if manual:
        raise UsageError("--manual needs the name of a machine", "for example `trapline machines g3 --manual`")
    found = [find(name) for name in shipped()]
    if as_json:
        emit_json({"machines": [_summary(isa) for isa in found]})
        return 0
    from rich.table import Table

    table = Table("machine", "of", "bits", "instructions", "what it is", box=None, pad_edge=False)
    for isa in found:
        table.add_row(isa.name, isa.parent or "", str(isa.word), str(len(isa.instructions)), isa.doc)
    show(table)
    return 0


def _summary(isa: Isa) -> dict[str, Any]:
    return {
        "name": isa.name,
        "doc": isa.doc,
        "parent": isa.parent,
        "word_bits": isa.word,
        "instructions": len(isa.instructions),
    }


def _details(isa: Isa) -> dict[str, Any]:
    """The machine for a program: state with roles, causes, and the assembly form of every instruction."""
    return {
        **_summary(isa),
        "state": [
            {
                "name": s.name,
                "kind": s.kind.value,
                "bits": s.width,
                "count": s.count,
                "role": s.role and s.role.value,
                "fields": [
                    {"name": f.name, "low": f.low, "bits": f.width, "role": f.role and f.role.value} for f in s.fields
                ],
                "doc": s.doc,
            }
            for s in isa.states.values()
        ],
        "causes": dict(isa.cause.members),
        "instructions": [
            {"name": i.name, "operands": i.template, "mask": i.mask, "match": i.match, "doc": i.doc}
            for i in isa.instructions.values()
        ],
        "pseudo_instructions": [{"name": p.name, "operands": p.template} for p in isa.pseudos.values()],
    }


def _show(isa: Isa, as_json: bool) -> None:
    from trapline.output import console, emit_json, show

    if as_json:
        emit_json(_details(isa))
        return
    from rich.table import Table

    out = console()
    of = f", a variant of {isa.parent}" if isa.parent else ""
    out.print(f"{isa.name}{of}: {isa.doc}\n")
    state = Table("state", "size", "role", box=None, pad_edge=False)
    for s in isa.states.values():
        size = f"{s.count} x {s.width} bits" if s.count > 1 else f"{s.width} bits"
        state.add_row(s.name, size, f"@{s.role.value}" if s.role else "")
        for f in s.fields:
            state.add_row(f"  {s.name}.{f.name}", f"{f.width} bits", f"@{f.role.value}" if f.role else "")
    show(state)
    out.print(f"\ntraps: {', '.join(isa.cause.members)}")
    out.print(f"instructions ({len(isa.instructions)}): {' '.join(isa.instructions)}")
    if isa.pseudos:
        out.print(f"pseudo-instructions: {' '.join(isa.pseudos)}")


def _show_manual(isa: Isa, as_json: bool) -> None:
    from trapline.explaining.manual import manual
    from trapline.output import console, emit_json

    text = manual(isa)
    if as_json:
        emit_json({"name": isa.name, "manual": text})
    elif sys.stdout.isatty():
        from rich.markdown import Markdown

        console().print(Markdown(text))
    else:
        sys.stdout.write(text)
