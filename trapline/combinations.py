"""Options that have no meaning beside each other are refused, with the fix: nothing that a user asks for is ignored.

`given` tells an option that was given from its default; `Usual` marks numbers that nobody asked for.
"""

import argparse
from collections.abc import Iterable

from isa.errors import UsageError


class Usual(int):
    """What an option with a number means when it is left away."""


def given(arguments: argparse.Namespace, name: str) -> bool:
    """Whether the user gave an option."""
    value = getattr(arguments, name, None)
    return value is not None and value is not False and value != [] and not isinstance(value, Usual)


def refuse(arguments: argparse.Namespace, names: Iterable[str], rule: str, help: str) -> None:
    """Raises UsageError for the first of these options that was given."""
    for name in names:
        if given(arguments, name):
            option = "break" if name == "stop_at" else name.replace("_", "-")
            raise UsageError(f"`--{option}` {rule}", help)


def check_run(arguments: argparse.Namespace) -> None:
    """What `trapline run` cannot mean, as far as the options alone can tell."""
    if arguments.resume is not None:
        for name in ("guest", "define", "storage", "queue", "input", "seed"):
            if given(arguments, name):
                raise UsageError(f"a saved machine brings its own {name}", f"do not give both `--resume` and `{name}`")
        help = "record from the beginning, without `--resume`"
        refuse(arguments, ["record"], "begins where a run begins, and a saved machine is under way", help)
    elif arguments.guest is None:
        raise UsageError("what shall be run?", "name a guest, or `--resume` a saved machine")
    if arguments.monitor.depth == 0:
        refuse(arguments, ["exits", "events"], "needs a monitor: a bare machine has no exits", "add `--monitor trap`")


ALONE = (  # options that mean one guest
    *("resume", "storage", "disk", "read_only", "input", "record", "save", "trace", "of", "events", "stop_at", "dump"),
    *("profile", "queue"),
)


def check_beside(arguments: argparse.Namespace) -> None:
    """What several guests cannot have."""
    if arguments.monitor.depth == 0:
        raise UsageError("several guests need a monitor, which gives each a machine", "add `--monitor trap`")
    refuse(arguments, ALONE, "is about one guest, and these are several", "leave it away, or the other guests")


def check_at(arguments: argparse.Namespace) -> None:
    """What a moment of a run cannot be opened with: it has the guest and its machine."""
    names = ["guest", "beside", "isa", "define", "storage", "quantum", "disk", "read_only", "input", "seed", "resume"]
    refuse(arguments, [*names, "queue"], "is part of what is opened", "do not give both it and `--at`")
    if arguments.monitor.depth:
        raise UsageError("`--monitor` is part of what is opened", "do not give both it and `--at`")


def check_both(arguments: argparse.Namespace) -> None:
    """What two machines cannot be shown with."""
    refuse(arguments, ["web", "port"], "shows one machine, and a difference has two", "give `--at` alone, for words")


def check_disk(arguments: argparse.Namespace, disk: bool) -> None:
    """`disk` says whether the machine has one without being told."""
    if not disk and arguments.disk is None:
        rule, help = "is about a disk, and there is none", "attach one, with `--disk FILE`"
        refuse(arguments, ["read_only", "queue"], rule, help)
