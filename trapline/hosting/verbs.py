"""The verbs as commands: the arguments of each, and what it does with a host. A new verb is one line of `VERBS`."""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from isa.errors import UsageError
from trapline.options import Read, count, natural, read

if TYPE_CHECKING:
    from monitor.host import Host, Record

STEPS = 1_000_000  # that `run` gives to each machine, if nothing is said

Configure = Callable[[argparse.ArgumentParser], object]


@dataclass(frozen=True, slots=True)
class Command:
    """`configure` adds what it is told besides the host's folder; `perform` gives the machines that it was about."""

    summary: str
    configure: Configure
    perform: "Callable[[Host, argparse.Namespace], list[Record]]"

    def words(self, arguments: argparse.Namespace) -> list[str]:
        """The arguments in words again, for the process that serves a host; files by their whole names."""
        parser = argparse.ArgumentParser(add_help=False)
        self.configure(parser)
        behind = [action for action in parser._actions if not action.option_strings]
        options = [action for action in parser._actions if action.option_strings]
        first = [word for action in options for word in _words(action, getattr(arguments, action.dest))]
        rest = [word for action in behind for word in _words(action, getattr(arguments, action.dest))]
        return [*first, "--", *rest] if rest else first


def _words(action: argparse.Action, value: object) -> list[str]:
    if action.option_strings:
        if value == action.default:
            return []
        return [action.option_strings[-1], *([] if action.nargs == 0 else [str(value)])]
    values = value if isinstance(value, list) else [value]
    return [_word(item) for item in values]


def _word(value: object) -> str:
    if isinstance(value, Read):
        return os.path.abspath(value)
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _each(summary: str, verb: str) -> Command:
    """A verb that a host's method of the same name does to each of the machines that are named."""

    def perform(host: "Host", arguments: argparse.Namespace) -> "list[Record]":
        return [getattr(host, verb)(name) for name in arguments.names]

    return Command(summary, lambda parser: parser.add_argument("names", metavar="NAME", nargs="+", type=str), perform)


def _all(summary: str, verb: str) -> Command:
    """The same, of a verb that can only be done to all together where machines are in one (docs/host.md)."""

    def configure(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("names", metavar="NAME", nargs="+", type=str)
        parser.add_argument("--together", action="store_true", help="with all that are in one machine with it")

    def perform(host: "Host", arguments: argparse.Namespace) -> "list[Record]":
        return [getattr(host, verb)(name, arguments.together) for name in arguments.names]

    return Command(summary, configure, perform)


def _named(summary: str, verb: str, second: str, kind: Callable[[str], object] = str) -> Command:
    """A verb about one machine and something else."""

    def configure(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", type=str)
        parser.add_argument("other", metavar=second, type=kind)

    def perform(host: "Host", arguments: argparse.Namespace) -> "list[Record]":
        return [getattr(host, verb)(arguments.name, arguments.other)]

    return Command(summary, configure, perform)


def _define(host: "Host", arguments: argparse.Namespace) -> "list[Record]":
    from trapline.hosting.defining import define

    return [define(host, path) for path in arguments.files]


def _files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=read, help="what a machine is (docs/host.md)")


def _keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", type=str)
    help = "`a`, `Return`, `Shift_L:1`, `=text`, `120,80` (docs/screens.md)"
    parser.add_argument("keys", metavar="KEY", nargs="+", type=str, help=help)


def _press(host: "Host", arguments: argparse.Namespace) -> "list[Record]":
    from monitor.screens.words import events

    return [host.press(arguments.name, events(arguments.keys))]


def _pooled(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", choices=("take", "leave", "list"), help="a desktop, or look who has one")
    parser.add_argument("image", metavar="NAME", type=str, help="the machine that they are clones of")
    parser.add_argument("users", metavar="USER", nargs="*", type=str)
    parser.add_argument("--keep", action="store_true", help="what is left, for when the user comes again")


def _pool(host: "Host", arguments: argparse.Namespace) -> "list[Record]":
    from monitor.host.pool import Pool

    pool = Pool(host, arguments.image)
    if arguments.do == "list":
        return pool.taken()
    if not arguments.users:
        raise UsageError(f"who is to {arguments.do} a desktop?", "give a USER")
    if arguments.do == "take":
        return [pool.take(user) for user in arguments.users]
    return [pool.leave(user, arguments.keep) for user in arguments.users]


def _undefined(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="NAME", nargs="+", type=str)
    parser.add_argument("--all", action="store_true", help="its snapshots too, and what was saved of it")


def _undefine(host: "Host", arguments: argparse.Namespace) -> "list[Record]":
    return [host.undefine(name, arguments.all) for name in arguments.names]


def _captured(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", type=str)
    parser.add_argument("--off", action="store_true", help="no more")


def _steps(parser: argparse.ArgumentParser) -> None:
    help = f"steps for each machine that runs, or of the clock of a host with a policy (default: {STEPS})"
    parser.add_argument("--steps", type=natural, metavar="N", default=STEPS, help=help)


def typed(text: str) -> bytes:
    """Characters as a console has them, one byte each."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("a console takes characters of one byte each") from None


VERBS: dict[str, Command] = {
    "define": Command("make a machine of a file", _files, _define),
    "start": _each("boot a machine", "start"),
    "run": Command("give steps to the machines that run", _steps, lambda host, a: host.run(a.steps)),
    "pause": _all("give it no steps", "pause"),
    "resume": _all("give it steps again", "resume"),
    "stop": _each("ask the guest to end", "stop"),
    "kill": _all("switch it off, or throw away what was saved of it", "kill"),
    "reset": _all("boot it anew without asking", "reset"),
    "send": _named("type characters on its console", "send", "TEXT", typed),
    "press": Command("press keys, and use the pointer", _keys, _press),
    "save": _all("switch it off, to go on from there later", "save"),
    "restore": _all("go on from where it was saved", "restore"),
    "snapshot": _named("keep what it is now, disks too, under a name", "snapshot", "SNAPSHOT"),
    "revert": _named("be again what was kept", "revert", "SNAPSHOT"),
    "forget": _named("remove a snapshot", "forget", "SNAPSHOT"),
    "clone": _named("copy a machine", "clone", "NEW"),
    "pool": Command("desktops for users, clones of one machine (docs/screens.md)", _pooled, _pool),
    "resize": _named("give it so many words from its next start on", "resize", "WORDS", count),
    "cancel": _each("have it stay that is on its way to another host", "cancel"),
    "capture": Command(
        "have the frames at its port in a file, NAME.pcapng", _captured, lambda host, a: [host.capture(a.name, a.off)]
    ),
    "undefine": Command("forget a machine", _undefined, _undefine),
}
