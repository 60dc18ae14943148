"""Serve an editor: the Debug Adapter Protocol, on stdin and stdout or on a port.

The editor says in its `launch` request what to run, with the options of `trapline run`; docs/debug-adapter.md lists
them, and how editors are set up.

examples:
  trapline dap
  trapline dap --port 4711
"""

import argparse
import os

from trapline.options import port

STDIN = 0
SUMMARY = "serve an editor's debugger (Debug Adapter Protocol)"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=port, metavar="N", help="listen on port N of 127.0.0.1; 0 is any that is free, and is told"
    )


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from trapline.adapter.serving import serve_port, serve_stdio

    if arguments.json:
        raise UsageError("an editor has a language of its own, and `--json` is none", "leave it away")
    if arguments.port is None and os.isatty(STDIN):
        help = "let the editor start it, or give `--port N`: docs/debug-adapter.md"
        raise UsageError("stdin is a terminal, and no editor speaks there", help)
    return serve_stdio() if arguments.port is None else serve_port(arguments.port)
