"""Serve editors: the Language Server Protocol over stdin and stdout, for programs (.s) and descriptions (.isa).

It reads what is open in the editor, and what that may include; it writes nothing. docs/editors.md says how Neovim,
Emacs and VS Code start it.

examples:
  trapline lsp
  trapline lsp --isa mine.isa --define LIMIT=9
"""

import argparse

from trapline.combinations import refuse
from trapline.options import add_define_option, name

SUMMARY = "serve editors: diagnostics, hover, completion, rename, verdicts"


def configure(parser: argparse.ArgumentParser) -> None:
    machine = "the machine of programs whose header names none (default: g3)"
    parser.add_argument("--isa", type=name, metavar="MACHINE", help=machine)
    add_define_option(parser)
    parser.add_argument("--stdio", action="store_true", help="what it does anyway; some clients say so")


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from trapline.editing.texts import Settings

    refuse(arguments, ["json"], "is about one result, and a server gives many answers", "leave it away")
    try:
        from trapline.editing.server import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        help = "install it: `pip install 'trapline[editor]'`"
        raise UsageError("the language server needs the package pygls, which is not installed", help) from None
    serve(Settings(arguments.isa, dict(arguments.define or ())))
    return 0
