"""List the shipped guests, which every command takes by name. Their sources, in `guests/`, are examples of assembly.

examples:
  trapline guests
  trapline guests --json
"""

import argparse

SUMMARY = "list the shipped guests"


def configure(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(arguments: argparse.Namespace) -> int:
    from guests.catalogue import guests
    from trapline.output import emit_json, show

    found = guests()
    if arguments.json:
        facts = ("name", "summary", "machine", "file", "storage", "disk", "input", "prints")
        emit_json({"guests": [{fact: getattr(guest, fact) for fact in facts} for guest in found]})
        return 0
    from rich.table import Table

    table = Table("guest", "machine", "what it does", box=None, pad_edge=False)
    for guest in found:
        table.add_row(guest.name, guest.machine, guest.summary)
    show(table)
    return 0
