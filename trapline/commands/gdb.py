"""Serve gdb: a guest, bare or under monitors, as a target that goes forwards and backwards.

It takes what `run` takes. gdb starts it by itself, or comes to a port of the loopback address; docs/gdb.md tells what
gdb can do then, and `monitor WORDS` says the words of `trapline debug`. The machine needs words and registers of 32
bits.

examples:
  trapline gdb --script            what to start gdb with, as its `-x FILE`
  trapline gdb os --port 1234      then, in gdb: target remote :1234

without a port, in gdb:
  target remote | trapline gdb os --monitor trap
"""

import argparse
import os

from trapline.debugging.opening import configure as configure_guest
from trapline.options import port

SUMMARY = "serve gdb, forwards and backwards"
STDIN = 0


def configure(parser: argparse.ArgumentParser) -> None:
    configure_guest(parser, several=False)
    parser.add_argument("--port", type=port, metavar="N", help="wait for gdb at a port of 127.0.0.1; 0 is a free one")
    parser.add_argument("--script", action="store_true", help="print where the script is that gdb needs to disassemble")


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError

    if arguments.script:
        return _script(arguments)
    if arguments.json:
        raise UsageError("gdb has a language of its own, and `--json` is none", "leave it away")
    if arguments.port is None and os.isatty(STDIN):
        help = "in gdb: `target remote | trapline gdb GUEST`; or give `--port N` here"
        raise UsageError("stdin is a terminal, and no gdb speaks there", help)
    from trapline.debugging.opening import opened
    from trapline.remote.serving import over_pipe, over_port

    arguments.json = True  # what the guest prints is shown by gdb
    with opened(arguments) as debugger:
        if arguments.port is None:
            over_pipe(debugger)
        else:
            over_port(debugger, arguments.port)
    return 0


def script() -> str:
    """The path of what gdb runs to disassemble."""
    from importlib.resources import files

    return str(files("trapline.remote").joinpath("trapline.gdb"))


def _script(arguments: argparse.Namespace) -> int:
    from trapline.combinations import refuse
    from trapline.output import emit_json

    refuse(arguments, ["guest", "port"], "has nothing to do with where the script is", "leave it away")
    if arguments.json:
        emit_json({"script": script()})
    else:
        print(script())
    return 0
