"""List the labs."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(arguments: argparse.Namespace) -> int:
    from trapline.labs.reading import find, names
    from trapline.output import emit_json, show

    labs = [find(name) for name in names()]
    if arguments.json:
        facts = ("name", "title", "about", "time", "machine", "points", "files")
        emit_json({"labs": [{fact: getattr(lab, fact) for fact in facts} for lab in labs]})
        return 0
    from rich.table import Table

    table = Table("lab", "title", "points", "time", "about", box=None, pad_edge=False)
    for lab in labs:
        table.add_row(lab.name, lab.title, str(lab.points), lab.time, lab.about)
    show(table)
    return 0
